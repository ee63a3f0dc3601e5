"""A device as the firmware will be: it keeps every batch until the platform has stored it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from device_fw.encoder import encode_batch
from simulators.misbehaving import garble
from simulators.mqtt import Link
from simulators.outbox import Batch, Outbox
from simulators.packets import Login, Message
from simulators.replay import Claim, Source
from simulators.series import is_out_of_range
from telemetry.topics import down, up

FIRMWARE = "simulator"


@dataclass(frozen=True)
class Connection:
    """The broker, and each device's password. `tls` for a listener that wants it."""

    host: str
    port: int
    passwords: Mapping[str, str] = field(repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Patience:
    """How long a device waits for what, in seconds, and how much it takes at once, in readings."""

    batch_s: float = 2.0
    resend_s: float = 10.0
    reconnect_s: float = 0.5
    reconnect_max_s: float = 8.0
    batch_readings: int = 50
    outbox_readings: int = 50_000


class Stored(msgspec.Struct):
    """The payload of `down/stored`: all up to `seq` of `boot` is on disk."""

    boot: int
    seq: int


_stored = msgspec.json.Decoder(Stored).decode


def wall_clock() -> int:
    """Now, in ms since 1970."""
    return time.time_ns() // 1_000_000


class Device:
    """One MQTT client: makes readings, sends them in order, sends again what stays unanswered."""

    def __init__(
        self,
        device: str,
        kind: str | None,
        boot: int,
        source: Source,
        connection: Connection,
        patience: Patience,
    ) -> None:
        self.device = device
        self.kind = kind
        self.boot = boot
        self.source = source
        self.outbox = Outbox(patience.outbox_readings, round(patience.resend_s * 1000))
        self.connected = False
        self.last_error = ""
        self.out_of_range = 0
        self._connection = connection
        self._patience = patience
        self._producing = True
        self._collect_at = 0
        self._changed = asyncio.Event()
        self._random = random.Random(device)  # noqa: S311 - spreads reconnects, no secret

    @property
    def drained(self) -> bool:
        """Whether everything it ever made is acknowledged, and nothing new will come."""
        return not self.outbox.waiting and (not self._producing or self.source.ended)

    def stop_producing(self) -> None:
        """Make no more readings; what is made is still sent."""
        self._producing = False
        self._changed.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until `stop` is set; then leave in order."""
        pause = self._patience.reconnect_s
        while not stop.is_set():
            try:
                link = await self._open()
            except (OSError, TimeoutError) as error:
                self.last_error = str(error) or "the broker does not answer"
                await _set_within(stop, pause * self._random.uniform(0.5, 1.0))
                pause = min(pause * 2, self._patience.reconnect_max_s)
                continue
            pause = self._patience.reconnect_s
            self.connected, self.last_error = True, ""
            try:
                await self._serve(link, stop)
            finally:
                self.connected = False
                await self._leave(link)
            if not stop.is_set():
                await _set_within(stop, pause * self._random.uniform(0.5, 1.0))

    async def _open(self) -> Link:
        password = self._connection.passwords[self.device]
        will = (up(self.device, "state"), msgspec.json.encode({"online": False}))
        link = await Link.open(
            self._connection.host,
            self._connection.port,
            Login(self.device, password, will),
            self._take_message,
            self._changed.set,
            tls=self._connection.tls,
        )
        link.subscribe(down(self.device, "#"))
        self._say_state(link, online=True)
        self.outbox.rewind()
        return link

    async def _serve(self, link: Link, stop: asyncio.Event) -> None:
        while link.alive and not stop.is_set():
            now = wall_clock()
            if now >= self._collect_at:
                self._collect(now)
            overdue = self.outbox.overdue_at()
            if overdue is not None and overdue <= now:
                self.outbox.rewind()
            while link.has_room and (batch := self.outbox.next()) is not None:
                payload = payload_of(batch, self.boot, self.outbox.oldest)
                link.publish(up(self.device, "telemetry"), payload)
                self.outbox.was_sent(batch, now)
            await _set_within(self._changed, self._seconds_until_next(wall_clock()))
            self._changed.clear()

    async def _leave(self, link: Link) -> None:
        if link.alive:
            self._say_state(link, online=False)
        await link.close()

    def wake(self) -> None:
        """Look again at what there is to do: the stop was set."""
        self._changed.set()

    def _say_state(self, link: Link, *, online: bool) -> None:
        state = {"online": online, "fw": FIRMWARE, "boot": self.boot, "reset": "power"}
        link.publish(up(self.device, "state"), msgspec.json.encode(state), retain=True)

    def _collect(self, now: int) -> None:
        """Put what was measured since the last time into messages.

        Nothing is measured while nobody asks: what fell due while the device was offline comes
        with the times at which it fell due, as from a device that stored it.
        """
        self._collect_at = now + round(self._patience.batch_s * 1000)
        if not self._producing:
            return
        claims = self.source.due(now)
        self.out_of_range += sum(is_out_of_range(claim.values, self.kind) for claim in claims)
        for message in messages(claims, self._patience.batch_readings):
            self.outbox.add(message)
        if self.source.ended:
            self._producing = False

    def _take_message(self, message: Message) -> None:
        if message.topic != down(self.device, "stored"):
            return
        with contextlib.suppress(msgspec.DecodeError):  # a device ignores what it cannot read
            stored = _stored(message.payload)
            if stored.boot == self.boot:
                self.outbox.stored(stored.seq, wall_clock())
                self._changed.set()

    def _seconds_until_next(self, now: int) -> float:
        moments = [self._collect_at if self._producing else now + 60_000]
        if (overdue := self.outbox.overdue_at()) is not None:
            moments.append(overdue)
        return max(0.0, (min(moments) - now) / 1000)


def payload_of(batch: Batch, boot: int, oldest: int) -> bytes:
    """The message of a batch; `oldest` is the lowest sequence number still kept."""
    readings = [
        (claim.ts, batch.first + index, boot, claim.q, claim.values)
        for index, claim in enumerate(batch.claims)
    ]
    payload = encode_batch(readings, oldest)
    return garble(payload) if batch.claims[0].garbled else payload


def messages(claims: Sequence[Claim], limit: int) -> list[list[Claim]]:
    """Cut readings into messages of at most `limit`; a garbled one goes alone, for a message
    that nobody can read counts as one reading."""
    cut: list[list[Claim]] = []
    alone = True
    for claim in claims:
        if alone or claim.garbled or len(cut[-1]) >= limit:
            cut.append([])
        cut[-1].append(claim)
        alone = claim.garbled
    return cut


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
