"""The spool: groups of readings, its cap, what it forgets, and its readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.cursor import Cursor, cursors
from ingest.segments import SegmentWriter, numbers
from ingest.spool import START, Position, Spool, SpoolFullError, SpoolReader
from telemetry.model import Reading
from tests.unit.ingest.making import reading


def filled(folder: Path, count: int, **limits: int) -> Spool:
    spool = Spool(folder, **limits)  # type: ignore[arg-type]
    for seq in range(count):
        spool.append([reading(seq)])
    return spool


def seqs(readings: list[Reading]) -> list[int]:
    return [one.seq for one in readings]


def test_readings_come_back_as_they_were(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    groups = [[reading(1), reading(2, values={"flow": 1e-7, "level": -0.0})], [reading(3)]]
    for group in groups:
        spool.append(group)
    reader = SpoolReader(tmp_path)
    found, position = reader.read(None)
    assert found == [one for group in groups for one in group]
    assert position == spool.position
    assert reader.read(position) == ([], position)
    spool.close()
    reader.close()


def test_a_portion_is_whole_groups(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for first in range(0, 9, 3):
        spool.append([reading(first), reading(first + 1), reading(first + 2)])
    reader = SpoolReader(tmp_path)
    found, position = reader.read(None, limit=4)
    assert seqs(found) == [0, 1, 2, 3, 4, 5]
    found, position = reader.read(position, limit=1)
    assert seqs(found) == [6, 7, 8]
    spool.append([reading(9)])
    assert seqs(reader.read(position, limit=1).readings) == [9]
    assert seqs(reader.read(START, limit=1).readings) == [0, 1, 2]  # and back again
    spool.close()
    reader.close()


def test_a_reader_knows_how_far_it_is_behind(tmp_path: Path) -> None:
    spool = filled(tmp_path, 20, roll_bytes=300)
    reader = SpoolReader(tmp_path)
    assert reader.bytes_behind(START) == spool.bytes
    half = reader.read(None, limit=10).position
    assert 0 < reader.bytes_behind(half) < spool.bytes
    assert reader.bytes_behind(spool.position) == 0
    spool.close()
    reader.close()


def test_a_record_that_holds_no_readings_is_counted_and_passed(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, 1 << 20)
    writer.append(b"\x93not readings")
    writer.close()
    spool = filled(tmp_path, 1)
    reader = SpoolReader(tmp_path)
    assert seqs(reader.read(None).readings) == [0]
    assert reader.damaged == 1
    assert "holds no readings" in reader.damage
    spool.close()
    reader.close()


def test_cursors_are_durable_and_named(tmp_path: Path) -> None:
    store = Cursor(tmp_path, "store")
    assert store.load() == START
    store.save(Position(3, 17))
    Cursor(tmp_path, "rules").save(Position(2, 5))
    assert Cursor(tmp_path, "store").load() == Position(3, 17)
    assert cursors(tmp_path) == {"store": Position(3, 17), "rules": Position(2, 5)}


def test_nothing_is_removed_before_every_reader_has_passed(tmp_path: Path) -> None:
    spool = filled(tmp_path, 30, roll_bytes=300, keep_bytes=0)
    last = spool.position.segment
    assert last > 5
    assert spool.retain(last) == 0  # the store has not begun
    Cursor(tmp_path, "store").save(Position(5, 0))
    Cursor(tmp_path, "rules").save(Position(3, 100))
    assert spool.retain(last) > 0
    assert numbers(tmp_path)[0] == 3
    Cursor(tmp_path, "rules").save(Position(last, 0))
    spool.retain(4)  # the snapshot's own need
    assert numbers(tmp_path)[0] == 4
    spool.retain(last)
    assert numbers(tmp_path)[0] == 5
    spool.close()


def test_what_a_replay_may_want_is_kept(tmp_path: Path) -> None:
    spool = filled(tmp_path, 30, roll_bytes=300, keep_bytes=1000)
    Cursor(tmp_path, "store").save(spool.position)
    spool.retain(spool.position.segment)
    assert 1000 <= spool.bytes < 1500
    assert spool.bytes == sum(path.stat().st_size for path in tmp_path.glob("SEGMENT-*"))
    spool.close()


@pytest.mark.parametrize("roll", [300, 1 << 20])
def test_at_its_cap_it_pushes_back_and_goes_on_when_there_is_room(
    tmp_path: Path, roll: int
) -> None:
    spool = Spool(tmp_path, roll_bytes=roll, max_bytes=2000)
    reader = SpoolReader(tmp_path)
    position = None
    appended = 0
    found: list[int] = []
    for _ in range(5):
        with pytest.raises(SpoolFullError, match=r"a reader is behind \(store\)"):  # noqa: PT012
            while appended < 1000:
                spool.append([reading(appended)])
                appended += 1
        assert 1000 < spool.bytes <= 2200
        readings, position = reader.read(position, 10_000)
        found += seqs(readings)
        Cursor(tmp_path, "store").save(position)
        spool.retain(spool.position.segment)
    assert found == list(range(appended))
    spool.close()
    reader.close()


def test_a_group_larger_than_the_cap_does_not_block_it_for_ever(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=2000)
    for _ in range(3):
        place = spool.append([reading(seq) for seq in range(100)])
        spool.append([reading(100)])
        Cursor(tmp_path, "store").save(spool.position)
        spool.retain(spool.position.segment)
    assert place.segment < spool.position.segment
    spool.close()


def test_the_size_survives_a_restart(tmp_path: Path) -> None:
    spool = filled(tmp_path, 10, roll_bytes=300)
    size = spool.bytes
    spool.close()
    again = Spool(tmp_path, roll_bytes=300)
    assert again.bytes == size
    again.close()
