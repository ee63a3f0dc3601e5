"""The spool: admitted readings on disk, the only fork of the way. `store` and `rules` read it.

A record of its segments (`ingest.segments`) is one group commit: the readings that arrived
together, as a MessagePack list of `Reading`. Invariant 1: what `append` has returned for is on
disk, fsynced.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ingest.cursor import Cursor, cursors
from ingest.segments import (
    START,
    Position,
    SegmentReader,
    SegmentWriter,
    numbers,
    path_of,
    size_of,
)
from telemetry.model import Reading

__all__ = ["START", "Cursor", "Portion", "Position", "Spool", "SpoolFullError", "SpoolReader"]

MIB = 1024 * 1024
ROLL_BYTES = 64 * MIB
KEEP_BYTES = 256 * MIB
MAX_BYTES = 8192 * MIB
READ_LIMIT = 5_000
"""Readings of one `SpoolReader.read`, more or less a group."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Reading]).decode


class SpoolFullError(Exception):
    """The spool has reached its cap: nothing was appended; its readers must move on first."""


class Spool:
    """The writer. `readers` are those without whom nothing is removed, started or not.

    Segments that every reader has passed are removed, but `keep_bytes` are kept for replays. At
    `max_bytes`, give or take a group, `append` refuses: ingest then stops reading from the
    broker, and nothing is dropped.
    """

    def __init__(
        self,
        folder: Path,
        *,
        roll_bytes: int = ROLL_BYTES,
        keep_bytes: int = KEEP_BYTES,
        max_bytes: int = MAX_BYTES,
        readers: Iterable[str] = ("store",),
    ) -> None:
        # Only closed segments can be removed: they must be the greater part of the cap.
        roll_bytes = min(roll_bytes, max_bytes // 4)
        self._folder = folder
        self._keep_bytes = keep_bytes
        self._max_bytes = max_bytes
        self._max_older_bytes = max_bytes - roll_bytes
        self._readers = tuple(readers)
        self._writer = SegmentWriter(folder, roll_bytes)
        self._older = {number: size_of(folder, number) for number in numbers(folder)}
        self._older_bytes = sum(self._older.values())

    @property
    def position(self) -> Position:
        """Behind the last reading."""
        return self._writer.position

    @property
    def bytes(self) -> int:
        return self._older_bytes + self._writer.position.offset

    def append(self, readings: Sequence[Reading]) -> Position:
        """Put one group on disk; return the place behind it.

        Raises `SpoolFullError`, or `OSError` where the disk does not take it; nothing was
        appended then, and the same call may be tried again.
        """
        if self._full:
            raise SpoolFullError(
                f"the spool holds {self.bytes // MIB} MiB and may hold {self._max_bytes // MIB}: "
                f"a reader is behind ({', '.join(self._behind())})"
            )
        before = self._writer.position
        after = self._writer.append(_encode(readings))
        if after.segment != before.segment:
            self._older[before.segment] = before.offset
            self._older_bytes += before.offset
        return after

    def retain(self, needed: int) -> int:
        """Remove segments before `needed` that every reader has passed; return their bytes."""
        known = cursors(self._folder)
        for reader in self._readers:
            known.setdefault(reader, START)
        first_needed = min([needed, *(position.segment for position in known.values())])
        removed = 0
        for number, size in list(self._older.items()):
            spare = self.bytes - size >= self._keep_bytes or self._full
            if number >= first_needed or not spare:
                break
            path_of(self._folder, number).unlink(missing_ok=True)
            del self._older[number]
            self._older_bytes -= size
            removed += size
        return removed

    def close(self) -> None:
        self._writer.close()

    @property
    def _full(self) -> bool:
        return self._older_bytes >= self._max_older_bytes

    def _behind(self) -> list[str]:
        known = cursors(self._folder)
        present = self.position.segment
        names = {*self._readers, *known}
        return sorted(n for n in names if known.get(n, START).segment < present)


class Portion(NamedTuple):
    """Readings, and the place behind them, from where to go on."""

    readings: list[Reading]
    position: Position


class SpoolReader:
    """Reads the spool from any position, best on from the last one, while it grows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments = SegmentReader(folder)
        self._ahead: deque[Portion] = deque()  # read from the disk, not yet returned
        self._position = START
        self._damaged = 0
        self._damage = ""

    @property
    def damaged(self) -> int:
        """Places that could not be read and were skipped; `damage` tells of the last one."""
        return self._damaged + self._segments.damaged

    @property
    def damage(self) -> str:
        return self._segments.damage or self._damage

    def read(self, position: Position | None, limit: int = READ_LIMIT) -> Portion:
        """The readings behind `position` (None: from the start), whole groups of them, about
        `limit`; none where the reader has caught up."""
        position = position or START
        if position != self._position:
            self._go_to(position)
        readings: list[Reading] = []
        while len(readings) < limit and (self._ahead or self._fill()):
            group, self._position = self._ahead.popleft()
            readings += group
        return Portion(readings, self._position)

    def bytes_behind(self, position: Position) -> int:
        """Bytes of the spool behind `position`."""
        there = (n for n in numbers(self._folder) if n >= position.segment)
        total = sum(size_of(self._folder, number) for number in there)
        return max(0, total - position.offset)

    def close(self) -> None:
        self._segments.close()

    def _go_to(self, position: Position) -> None:
        self._damaged, self._damage = self.damaged, self.damage
        self._segments.close()
        self._segments = SegmentReader(self._folder, position)
        self._ahead.clear()
        self._position = position

    def _fill(self) -> bool:
        """Decode the next records from the disk; False where there are none yet."""
        for payload, end in self._segments.read():
            try:
                group = _decode(payload)
            except msgspec.MsgspecError as error:
                self._damaged += 1
                self._damage = f"a record before {end} holds no readings: {error}"
                group = []
            self._ahead.append(Portion(group, end))
        return bool(self._ahead)
