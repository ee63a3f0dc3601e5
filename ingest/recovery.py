"""What ingest knew before it ended: a snapshot of the tracks, and what came after it on disk.

The snapshot names the places in the spool and in the dead letters up to which it holds; what
lies behind them is read again at the start.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog

from ingest.deadletter import DeadLetter, entries_after
from ingest.durable import write_durably
from ingest.segments import START, Position
from ingest.sequence import Track, Tracks, stamp_of, stamp_of_names
from ingest.spool import SpoolReader
from telemetry.model import NO_SEQ, Flag, Reading

FILE = "sequence.snapshot"

log = structlog.get_logger("ingest")


class _Snapshot(msgspec.Struct):
    spool: Position
    dead: Position
    tracks: bytes


def save(spool: Path, tracks: Tracks, at: Position, dead: Position) -> None:
    """Keep the tracks as of these places of the spool and of the dead letters."""
    snapshot = _Snapshot(at, dead, tracks.encode())
    write_durably(spool / FILE, msgspec.msgpack.encode(snapshot))


def recover(spool: Path, dead_letters: Path) -> Tracks:
    """The tracks of everything that is on disk."""
    snapshot, tracks = _load(spool / FILE)
    reader = SpoolReader(spool)
    portion = reader.read(snapshot.spool)
    while portion.readings:
        for reading in portion.readings:
            _count_stored(tracks.of(reading.device), reading)
        portion = reader.read(portion.position)
    reader.close()
    for letter in entries_after(dead_letters, snapshot.dead):
        _count_refused(tracks.of(letter.device), letter)
    return tracks


def _load(path: Path) -> tuple[_Snapshot, Tracks]:
    try:
        snapshot = msgspec.msgpack.decode(path.read_bytes(), type=_Snapshot)
        return snapshot, Tracks.decode(snapshot.tracks)
    except FileNotFoundError:
        pass
    except msgspec.MsgspecError as error:
        log.warning("no readable snapshot: all is read again", file=path.name, why=str(error))
    return _Snapshot(START, START, b""), Tracks()


def _count_stored(track: Track, reading: Reading) -> None:
    track.stored += 1
    if reading.boot != NO_SEQ and reading.seq != NO_SEQ:
        track.take(reading.boot, reading.seq)
    elif reading.seq != NO_SEQ:
        known = not reading.flags & Flag.RECEIVE_TIME
        track.take_without_boot(reading.seq, stamp_of(reading.ts, reading.seq) if known else None)
    else:
        track.take_stamp(stamp_of_names(reading.ts, reading.values))


def _count_refused(track: Track, letter: DeadLetter) -> None:
    track.dead_lettered += 1
    if letter.has_identity:
        track.take_refused(letter.boot, letter.seq)
    else:
        track.take_print(letter.payload)
