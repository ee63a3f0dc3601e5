"""Append-only segments: a writer whose records are on disk when it returns, and a reader.

A folder holds `SEGMENT-000000000001.log` and so on; a segment is a row of records; a record is
its payload's length and CRC-32 (both u32, little-endian) and the payload, which is never empty.
One process writes a folder, any number read it while it grows.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import msgspec

from ingest.durable import sync_folder, write_at

MAX_RECORD = 64 * 1024 * 1024
"""Bytes of a payload: a length above it is damage, not a record."""

READ_BYTES = 1024 * 1024

_HEADER = struct.Struct("<II")
_NAME = "SEGMENT-{:012d}.log"
_NUMBER = re.compile(r"SEGMENT-(\d{12})\.log")


class Position(msgspec.Struct, frozen=True, order=True):
    """A place between two records: the segment's number and the offset in it, in bytes."""

    segment: int = 0
    offset: int = 0


START = Position()
"""Before the first record that a folder still has."""


class Record(NamedTuple):
    """One record's payload, and the place behind it."""

    payload: bytes
    end: Position


class FolderInUseError(Exception):
    """Another process writes this folder."""


def path_of(folder: Path, number: int) -> Path:
    return folder / _NAME.format(number)


def numbers(folder: Path) -> list[int]:
    """The segments of a folder, oldest first; none where there is no folder yet."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names alone: it is asked at every poll
    except FileNotFoundError:
        return []
    return sorted(int(found[1]) for name in names if (found := _NUMBER.fullmatch(name)))


def size_of(folder: Path, number: int) -> int:
    """Bytes of a segment; 0 where it has just been removed."""
    try:
        return path_of(folder, number).stat().st_size
    except FileNotFoundError:
        return 0


class SegmentWriter:
    """The one writer of a folder. Raises `FolderInUseError` where there is one already.

    It never continues a segment of an earlier life: a reader that has seen a record which a
    crash then took away must not find other bytes at its place.
    """

    def __init__(self, folder: Path, roll_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._roll_bytes = roll_bytes
        self._lock = _lock(folder)
        found = numbers(folder)
        if found:
            _cut_torn_tail(path_of(folder, found[-1]))
        self._number = found[-1] + 1 if found else 1
        self._handle: int | None = None
        self._size = 0
        self._half_written = False

    @property
    def position(self) -> Position:
        """Behind the last record."""
        return Position(self._number, self._size)

    def append(self, payload: bytes) -> Position:
        """Put one record on disk; return the place behind it.

        Raises `OSError` where the disk does not take it: nothing was appended then, and the
        same call may be tried again.
        """
        if self._handle is not None and self._size >= self._roll_bytes:
            self._leave_segment()
            self._number += 1
            self._size = 0
        if self._handle is None:
            self._handle = self._new_segment()
        if self._half_written:
            os.ftruncate(self._handle, self._size)
        record = _HEADER.pack(len(payload), crc32(payload)) + payload
        self._half_written = True
        try:
            write_at(self._handle, record, self._size)
            os.fdatasync(self._handle)
        except OSError:
            with suppress(OSError):  # else the next attempt cuts it
                os.ftruncate(self._handle, self._size)
            raise
        self._half_written = False
        self._size += len(record)
        return self.position

    def close(self) -> None:
        self._leave_segment()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _new_segment(self) -> int:
        handle = os.open(
            path_of(self._folder, self._number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
        )
        try:
            sync_folder(self._folder)
        except OSError:
            os.close(handle)
            raise
        return handle

    def _leave_segment(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class SegmentReader:
    """Follows a folder from a position; returns only records that are whole and unharmed.

    `damaged` counts the places where something was unreadable and had to be skipped,
    `damage` says what and where the last one was.
    """

    def __init__(self, folder: Path, position: Position = START) -> None:
        self._folder = folder
        self._segment = position.segment
        self._offset = position.offset
        self._handle: int | None = None
        self.damaged = 0
        self.damage = ""

    @property
    def position(self) -> Position:
        return Position(self._segment, self._offset)

    def read(self, limit: int = READ_BYTES) -> list[Record]:
        """The next records, about `limit` bytes of them; none where the writer has to go on."""
        while True:
            records = self._here(limit)
            if records:
                return records
            newer = self._newer()
            if newer is None:
                return []
            # What the writer appended here before it began the newer segment.
            records = self._here(limit)
            if records:
                return records
            self._leave_for(newer)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _here(self, limit: int) -> list[Record]:
        """Whole records at the position, in its segment."""
        if self._handle is None:
            self._handle = self._open()
        if self._handle is None:
            return []
        data = _read(self._handle, self._offset, limit)
        view = memoryview(data)
        found: list[Record] = []
        at = 0
        while (size := _record(view, at)) is not None:
            if size < 0:  # damaged, but its length led to a good one
                size = -size
                self._note(f"a damaged record of {size} bytes", self._offset + at)
            else:
                payload = data[at + _HEADER.size : at + size]
                found.append(Record(payload, Position(self._segment, self._offset + at + size)))
            at += size
        self._offset += at
        return found

    def _open(self) -> int | None:
        """Open the segment of the position, or the first one that is still there."""
        there = numbers(self._folder)
        if not there:
            return None
        upcoming = Position(there[-1] + 1)  # where a writer that has just started will begin
        if self._segment > there[-1] and self.position != upcoming:
            # The folder was begun anew: to wait for this segment would be to wait for ever.
            self._note("the position is ahead of every segment", self._offset)
            self._segment = self._offset = 0
        number = next((n for n in there if n >= self._segment), None)
        if number is None:
            return None
        if number != self._segment:
            if self._segment:
                self._note("the segment was removed before it was read", self._offset)
            self._segment, self._offset = number, 0
        try:
            return os.open(path_of(self._folder, number), os.O_RDONLY)
        except FileNotFoundError:  # removed a moment ago: the next look finds the one behind it
            return None

    def _newer(self) -> int | None:
        """The segment behind the present one."""
        return next((n for n in numbers(self._folder) if n > self._segment), None)

    def _leave_for(self, newer: int) -> None:
        if self._handle is not None:
            left = os.fstat(self._handle).st_size - self._offset
            if left > 0:
                self._note(f"{left} unreadable bytes at the segment's end", self._offset)
        self.close()
        self._segment, self._offset = newer, 0

    def _note(self, what: str, offset: int) -> None:
        self.damaged += 1
        self.damage = f"{path_of(self._folder, self._segment).name} at {offset}: {what}, skipped"


def _read(handle: int, offset: int, limit: int) -> bytes:
    """What stands at `offset`: about `limit` bytes, more where the first record needs them."""
    limit += _HEADER.size
    data = os.pread(handle, limit, offset)
    if len(data) < limit:
        return data
    size = _whole(memoryview(data), 0)
    if size is not None and _sound(data, 0, size):
        return data
    length = int(_HEADER.unpack_from(data)[0])
    # `limit` more for the next record, which decides whether this one is damaged.
    return os.pread(handle, min(length, MAX_RECORD) + 2 * limit, offset)


def _record(view: memoryview, at: int) -> int | None:
    """Bytes of the record at `at`, header included; None where none is whole.

    Negative where it is damaged and the next one proves that its length is right.
    """
    size = _whole(view, at)
    if size is None:
        return None
    if _sound(view, at, size):
        return size
    behind = at + size
    following = _whole(view, behind)
    if following is not None and _sound(view, behind, following):
        return -size
    return None


def _whole(view: memoryview, at: int) -> int | None:
    """Bytes of a record that is there to its end, sound or not."""
    if len(view) - at < _HEADER.size:
        return None
    length = int(_HEADER.unpack_from(view, at)[0])
    size = _HEADER.size + length
    return size if 0 < length <= MAX_RECORD and len(view) - at >= size else None


def _sound(view: memoryview | bytes, at: int, size: int) -> bool:
    checksum = int(_HEADER.unpack_from(view, at)[1])
    return crc32(view[at + _HEADER.size : at + size]) == checksum


def _cut_torn_tail(path: Path) -> None:
    """Cut what a crash left behind the last whole record."""
    with path.open("r+b") as segment:
        view = memoryview(segment.read())
        end = 0
        while (size := _record(view, end)) is not None:
            end += abs(size)
        if end < len(view):
            segment.truncate(end)
            segment.flush()
            os.fsync(segment.fileno())


def _lock(folder: Path) -> int | None:
    """Keep others from writing `folder`; the kernel lets go of it when this process ends."""
    handle = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise FolderInUseError(
            f"{folder}: another process writes it; stop it, or give this one its own --state"
        ) from None
    return handle
