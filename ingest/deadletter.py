"""Dead letters: what was refused, with its reason and its bytes, on disk. Nothing just vanishes.

The segments of `ingest.segments`; a record is a MessagePack list of `DeadLetter`. The folder is
bounded: above `max_bytes` its oldest segment is removed, and how many letters went with it stays
counted in `removed.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import structlog

from ingest.durable import write_durably
from ingest.segments import (
    START,
    Position,
    SegmentReader,
    SegmentWriter,
    numbers,
    path_of,
    size_of,
)
from telemetry.errors import Reason
from telemetry.model import NO_SEQ

MIB = 1024 * 1024
MAX_BYTES = 256 * MIB
SEGMENTS = 16
"""In how many steps the oldest letters go: a segment is this part of the bound."""

_REMOVED = "removed.json"


class DeadLetter(msgspec.Struct, frozen=True):
    """One refused message (`payload` is all of it) or one refused reading of a message
    (`payload` is its JSON). `received` is ms since 1970; `device` is "" where it is unknown."""

    received: int
    topic: str
    device: str
    reason: Reason
    detail: str
    payload: bytes
    seq: int = NO_SEQ
    boot: int = NO_SEQ

    @property
    def has_identity(self) -> bool:
        """Whether a repetition of it can be told by its boot and sequence number."""
        return self.seq != NO_SEQ and self.boot != NO_SEQ


class Removed(msgspec.Struct, frozen=True):
    """What had to go so that the folder stays bounded: up to which segment, how many letters."""

    segment: int = 0
    letters: int = 0


class Counts(msgspec.Struct, frozen=True):
    """How many letters a folder holds for each reason, and how many have been removed."""

    by_reason: dict[Reason, int]
    removed: int


log = structlog.get_logger("deadletter")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[DeadLetter]).decode


class DeadLetters:
    """The one writer of a folder of dead letters."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._writer = SegmentWriter(folder, max(1, max_bytes // SEGMENTS))
        self._removed = _removed(folder)
        self._sizes = {number: size_of(folder, number) for number in numbers(folder)}
        self._drop_through(self._removed.segment)  # a crash came before the file was removed

    @property
    def position(self) -> Position:
        """Behind the last letter."""
        return self._writer.position

    @property
    def removed(self) -> int:
        """Letters that had to go because of the bound, ever."""
        return self._removed.letters

    @property
    def bytes(self) -> int:
        return sum(self._sizes.values())

    def append(self, letters: Sequence[DeadLetter]) -> Position:
        """Put letters on disk; return the place behind them.

        Raises `OSError` where the disk does not take them; nothing was appended then.
        """
        end = self._writer.append(_encode(letters))
        self._sizes[end.segment] = end.offset
        return end

    def shrink(self) -> None:
        """Remove the oldest segments above the bound. Raises `OSError`; it may be tried again."""
        excess = self.bytes - self._max_bytes
        oldest = 0
        letters = self._removed.letters
        for number, size in self._sizes.items():
            if excess <= 0 or number >= self.position.segment:
                break
            letters += sum(1 for _ in _letters(self._folder, number, number))
            excess -= size
            oldest = number
        if oldest:
            # Counted before it goes: a crash between the two must not lose the count.
            self._removed = Removed(oldest, letters)
            write_durably(self._folder / _REMOVED, msgspec.json.encode(self._removed))
            self._drop_through(oldest)

    def close(self) -> None:
        self._writer.close()

    def _drop_through(self, last: int) -> None:
        for number in [n for n in self._sizes if n <= last]:
            path_of(self._folder, number).unlink(missing_ok=True)
            del self._sizes[number]


def entries(
    folder: Path,
    reason: Reason | None = None,
    device: str | None = None,
    since: int | None = None,
) -> Iterator[DeadLetter]:
    """The letters of a folder, oldest first: of one reason, of one device, received since (ms)."""
    for letter in _letters(folder):
        if (
            (reason is None or letter.reason == reason)
            and (device is None or letter.device == device)
            and (since is None or letter.received >= since)
        ):
            yield letter


def entries_after(folder: Path, position: Position) -> Iterator[DeadLetter]:
    """The letters behind a position."""
    return _letters(folder, position.segment, offset=position.offset)


def counts(folder: Path) -> Counts:
    """How many letters a folder holds, and how many it held."""
    by_reason = Counter(letter.reason for letter in _letters(folder))
    return Counts(dict(by_reason), _removed(folder).letters)


def _letters(
    folder: Path, first: int = 0, last: int | None = None, offset: int = 0
) -> Iterator[DeadLetter]:
    reader = SegmentReader(folder, Position(first, offset) if first else START)
    try:
        while records := reader.read():
            for payload, end in records:
                if last is not None and end.segment > last:
                    return
                try:
                    yield from _decode(payload)
                except msgspec.MsgspecError as error:
                    log.warning("a record holds no dead letters", before=end, why=str(error))
    finally:
        reader.close()


def _removed(folder: Path) -> Removed:
    try:
        return msgspec.json.decode((folder / _REMOVED).read_bytes(), type=Removed)
    except FileNotFoundError:
        return Removed()
