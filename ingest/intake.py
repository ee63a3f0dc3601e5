"""What becomes of messages: readings for the spool, dead letters, or duplicates. No I/O.

Whatever a message holds, it becomes one of these: no exception leaves here, for one device's
garbage must stop nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import structlog
from msgspec.structs import replace

from ingest.admit import Clocks, Refusal, admit
from ingest.deadletter import DeadLetter
from ingest.mqtt import Publish
from ingest.sequence import NS_IN_MS, Track, Tracks, stamp_of, stamp_of_names
from registry.directory import Home
from telemetry.decode import decode_json
from telemetry.errors import Reason, Undecodable
from telemetry.model import NO_SEQ, BadSample, Flag, Reading, Sample
from telemetry.topics import parse_up

MAX_SENDERS = 200_000

log = structlog.get_logger("ingest")

# What nearly every message is; `decode_json` knows everything else, and gives reasons.
_usual = msgspec.json.Decoder(Sample).decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Homes(Protocol):
    """Where a device belongs; None where the registry does not know it."""

    def get(self, device: str) -> Home | None: ...


class Sender:
    """What a topic stands for, looked up once."""

    __slots__ = ("device", "home", "topic", "track")

    def __init__(self, topic: str, device: str, home: Home | None, track: Track) -> None:
        self.topic = topic
        self.device = device
        self.home = home
        self.track = track


@dataclass
class Intaken:
    """What a batch, received at `now` (ms since 1970), has become.

    `touched`: whose progress has to be told, by device and boot. `spooled`: the readings are on
    disk, though the letters may not be.
    """

    now: int
    readings: list[Reading] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    touched: dict[tuple[str, int], Track] = field(default_factory=dict)
    duplicates: int = 0
    spooled: bool = False

    def drop_duplicate(self, track: Track) -> None:
        track.duplicates += 1
        self.duplicates += 1

    def refuse(
        self, sender: Sender, refusal: Refusal, payload: bytes, seq: int | None, boot: int | None
    ) -> None:
        sender.track.dead_lettered += 1
        self.letters.append(
            DeadLetter(
                self.now,
                sender.topic,
                sender.device,
                refusal.reason,
                refusal.detail,
                payload,
                NO_SEQ if seq is None else seq,
                NO_SEQ if boot is None else boot,
            )
        )


class Intake:
    """Decodes and admits, and knows what was there before."""

    def __init__(self, tracks: Tracks, homes: Homes, clocks: Clocks) -> None:
        self._tracks = tracks
        self._homes = homes
        self._clocks = clocks
        self._senders: dict[bytes, Sender] = {}

    def forget_homes(self) -> None:
        """Look every device up again: the registry has changed."""
        self._senders.clear()

    def has_unknown(self, messages: Iterable[Publish]) -> bool:
        """Whether one comes from a device that the registry, as it was last seen, lacks."""
        senders = self._senders
        for message in messages:
            sender = senders.get(message.topic) or self._look_up(message.topic)
            if sender.home is None:
                return True
        return False

    def sort(self, messages: Iterable[Publish], now: int) -> Intaken:
        """Decide about every message, received at `now` (ms since 1970)."""
        out = Intaken(now)
        senders = self._senders
        for message in messages:
            sender = senders.get(message.topic) or self._look_up(message.topic)
            try:
                self._sort_message(message, sender, out)
            except Exception as error:
                log.exception("a message could not be handled", topic=sender.topic)
                refusal = Refusal(Reason.UNDECODABLE, f"an error of ours: {error!r}")
                out.refuse(sender, refusal, message.payload, None, None)
        return out

    def _look_up(self, topic: bytes) -> Sender:
        text = topic.decode(errors="backslashreplace")
        parsed = parse_up(text)
        device = parsed[0] if parsed else ""
        home = self._homes.get(device) if device else None
        if len(self._senders) >= MAX_SENDERS:
            self._senders.clear()
        sender = self._senders[topic] = Sender(text, device, home, self._tracks.of(device))
        return sender

    def _sort_message(self, message: Publish, sender: Sender, out: Intaken) -> None:
        if not sender.device:
            refusal = Refusal(Reason.BAD_TOPIC, "no device can have this id")
            self._refuse_whole(message, sender, refusal, None, None, out)
            return
        samples: list[Sample] | list[Sample | BadSample]
        try:
            samples = [_usual(message.payload)]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            try:
                samples = decode_json(message.payload)
            except Undecodable as error:
                refusal = Refusal(error.reason, error.detail)
                self._refuse_whole(message, sender, refusal, error.seq, error.boot, out)
                return
        if not samples:
            refusal = Refusal(Reason.NO_VALUES, "a list without readings")
            self._refuse_whole(message, sender, refusal, None, None, out)
        track = sender.track
        for index, sample in enumerate(samples):
            seq, boot = sample.seq, sample.boot
            if seq is not None and boot is not None:
                out.touched[sender.device, boot] = track
                oldest = None if isinstance(sample, BadSample) else sample.oldest
                if not track.take(boot, seq, oldest):
                    out.drop_duplicate(track)
                    continue
                outcome = admit(sample, sender.home, out.now, self._clocks)
            else:
                found = self._admit_uncounted(sample, message, index, sender, out)
                if found is None:
                    out.drop_duplicate(track)
                    continue
                outcome = found
            if isinstance(outcome, Refusal):
                payload = _part(message.payload, index)
                out.refuse(sender, outcome, payload, seq, boot)
            else:
                track.stored += 1
                out.readings.append(outcome)

    def _refuse_whole(
        self,
        message: Publish,
        sender: Sender,
        refusal: Refusal,
        seq: int | None,
        boot: int | None,
        out: Intaken,
    ) -> None:
        """Refuse a message of which no reading could be made out; it counts as one."""
        track = sender.track
        if seq is not None and boot is not None:
            out.touched[sender.device, boot] = track
            new = track.take(boot, seq)
        else:
            new = _is_new(message.payload, message, track)
        if new:
            out.refuse(sender, refusal, message.payload, seq, boot)
        else:
            out.drop_duplicate(track)

    def _admit_uncounted(
        self,
        sample: Sample | BadSample,
        message: Publish,
        index: int,
        sender: Sender,
        out: Intaken,
    ) -> Reading | Refusal | None:
        """Admit a sample without a boot or a sequence number; None where it is a duplicate."""
        track = sender.track
        outcome = admit(sample, sender.home, out.now, self._clocks)
        seq = sample.seq
        if seq is not None:
            out.touched[sender.device, NO_SEQ] = track
        if isinstance(outcome, Refusal):
            if not _is_new(_part(message.payload, index), message, track):
                return None
            if seq is not None:
                track.take_without_boot(seq, None)
            return outcome
        if outcome.flags & Flag.RECEIVE_TIME:
            if seq is not None:
                track.take_without_boot(seq, None)
            return _kept_apart(_at_free_time(outcome, track), track)
        if seq is not None:
            new = track.take_without_boot(seq, stamp_of(outcome.ts, seq))
            return outcome if new else None
        new = track.take_stamp(stamp_of_names(outcome.ts, outcome.values))
        return _kept_apart(outcome, track) if new else None


def _is_new(payload: bytes, message: Publish, track: Track) -> bool:
    """Whether a refused payload without an identity comes for the first time.

    A device may well send the same garbage twice: only what the broker itself marks as sent
    before can be a repetition.
    """
    return track.take_print(payload) or not (message.dup or message.retain)


def _kept_apart(reading: Reading, track: Track) -> Reading:
    """The reading with a time stamp of its own in InfluxDB, where another one with other
    quantities has the same millisecond: one reading is one point."""
    if reading.seq != NO_SEQ:
        return reading
    stamp = stamp_of_names(reading.ts, reading.values)
    if not track.shares_millisecond(stamp):
        return reading
    return replace(reading, apart=stamp % NS_IN_MS or 1)


def _at_free_time(reading: Reading, track: Track) -> Reading:
    """The reading at a time of its own: the receive time is no identity, and what comes twice
    within a millisecond may well be two readings."""
    while not track.take_stamp(stamp_of_names(reading.ts, reading.values)):
        reading = replace(reading, ts=reading.ts + 1)
    return reading


def _part(payload: bytes, index: int) -> bytes:
    """The bytes of one reading of a message: of an array its element, else all of it."""
    try:
        return bytes(_split(payload)[index])
    except (msgspec.MsgspecError, IndexError):
        return payload
