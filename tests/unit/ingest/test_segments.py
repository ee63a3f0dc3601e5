"""Segments: what was appended is read again, in order, whole, whatever a crash left behind."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ingest.segments import (
    START,
    FolderInUseError,
    Position,
    SegmentReader,
    SegmentWriter,
    numbers,
    path_of,
)

HEADER = 8


def written(folder: Path, payloads: list[bytes], roll: int = 1 << 20) -> None:
    writer = SegmentWriter(folder, roll)
    for payload in payloads:
        writer.append(payload)
    writer.close()


def everything(folder: Path, position: Position = START) -> list[bytes]:
    reader = SegmentReader(folder, position)
    try:
        return all_of(reader)
    finally:
        reader.close()


def all_of(reader: SegmentReader, limit: int = 100) -> list[bytes]:
    found = []
    while records := reader.read(limit):
        found += [record.payload for record in records]
    return found


def test_what_was_appended_is_read(tmp_path: Path) -> None:
    payloads = [b"x" * size for size in (1, 10, 200, 5000, 3)]
    written(tmp_path, payloads, roll=250)
    assert len(numbers(tmp_path)) == 2
    assert everything(tmp_path) == payloads


def test_a_folder_that_is_not_there_yet_has_nothing(tmp_path: Path) -> None:
    reader = SegmentReader(tmp_path / "later")
    assert reader.read() == []
    written(tmp_path / "later", [b"now"])
    assert all_of(reader) == [b"now"]
    reader.close()


def test_reading_goes_on_at_any_position(tmp_path: Path) -> None:
    payloads = [bytes((n,)) * (n + 1) for n in range(9)]
    written(tmp_path, payloads, roll=40)
    reader = SegmentReader(tmp_path)
    places = [(START, payloads)]
    count = 0
    while records := reader.read(1):
        for record in records:
            count += 1
            places.append((record.end, payloads[count:]))
    reader.close()
    assert count == len(payloads)
    for position, left in places:
        assert everything(tmp_path, position) == left


def test_a_reader_follows_a_writer(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, roll_bytes=30)
    reader = SegmentReader(tmp_path)
    for number in range(20):
        payload = b"%d" % number * 5
        writer.append(payload)
        assert all_of(reader) == [payload]
        assert reader.position == writer.position
        assert reader.read() == []
    writer.close()
    reader.close()
    assert reader.damaged == 0


def test_every_cut_of_the_last_records(tmp_path: Path) -> None:
    """After a crash anywhere in the last records: what is whole is there, the rest is cut."""
    payloads = [b"first", b"second one", b"the third of them"]
    written(tmp_path / "whole", payloads)
    data = path_of(tmp_path / "whole", 1).read_bytes()
    ends = [HEADER + 5, HEADER + 5 + HEADER + 10, len(data)]
    for cut in range(len(data) + 1):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        path_of(folder, 1).write_bytes(data[:cut])
        kept = [p for p, end in zip(payloads, ends, strict=True) if end <= cut]

        reader = SegmentReader(folder)
        assert all_of(reader) == kept  # a torn tail waits
        assert reader.damaged == 0

        written(folder, [b"after the crash"])
        assert all_of(reader) == [b"after the crash"]
        assert reader.damaged == 0  # the writer has cut the tail: nothing was damaged
        reader.close()
        assert everything(folder) == [*kept, b"after the crash"]


def test_a_tail_of_zeros_is_cut(tmp_path: Path) -> None:
    """A power cut can leave a file that is longer than what was written."""
    written(tmp_path, [b"good"])
    with path_of(tmp_path, 1).open("ab") as segment:
        segment.write(bytes(4096))
    assert everything(tmp_path) == [b"good"]
    written(tmp_path, [b"next"])
    assert path_of(tmp_path, 1).stat().st_size == HEADER + 4
    assert everything(tmp_path) == [b"good", b"next"]


@pytest.mark.parametrize("place", [HEADER, HEADER + 3, 4, 5])
def test_a_damaged_record_costs_only_itself(tmp_path: Path, place: int) -> None:
    written(tmp_path, [b"one", b"other", b"third"])
    damage(path_of(tmp_path, 1), HEADER + 3 + place)
    reader = SegmentReader(tmp_path)
    assert all_of(reader) == [b"one", b"third"]
    assert reader.damaged == 1
    assert "SEGMENT-000000000001.log at 11" in reader.damage
    reader.close()
    written(tmp_path, [b"fourth"])  # and the writer does not cut what lies behind it
    assert everything(tmp_path) == [b"one", b"third", b"fourth"]


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_damaged_length_costs_the_rest_of_its_segment(tmp_path: Path, place: int) -> None:
    writer = SegmentWriter(tmp_path, roll_bytes=30)
    for payload in (b"one", b"other", b"third", b"next segment"):
        writer.append(payload)
    damage(path_of(tmp_path, 1), HEADER + 3 + place)
    reader = SegmentReader(tmp_path)
    assert all_of(reader) == [b"one", b"next segment"]
    assert reader.damaged == 1
    assert "26 unreadable bytes" in reader.damage
    reader.close()
    writer.close()


def test_damage_at_the_end_waits_for_a_newer_segment(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, roll_bytes=1 << 20)
    writer.append(b"good")
    writer.append(b"to be damaged")
    damage(path_of(tmp_path, 1), HEADER + 4 + HEADER)
    reader = SegmentReader(tmp_path)
    assert all_of(reader) == [b"good"]
    assert reader.damaged == 0
    writer.close()
    reader.close()


def test_a_removed_segment_is_noted(tmp_path: Path) -> None:
    written(tmp_path, [b"a" * 50, b"b" * 50, b"c" * 50], roll=10)
    path_of(tmp_path, 1).unlink()
    reader = SegmentReader(tmp_path, Position(1, 20))
    assert all_of(reader) == [b"b" * 50, b"c" * 50]
    assert reader.damaged == 1
    reader.close()


def test_from_the_start_means_from_what_is_left(tmp_path: Path) -> None:
    written(tmp_path, [b"a" * 50, b"b" * 50], roll=10)
    path_of(tmp_path, 1).unlink()
    reader = SegmentReader(tmp_path)
    assert all_of(reader) == [b"b" * 50]
    assert reader.damaged == 0
    reader.close()


def test_a_position_of_another_life_begins_anew(tmp_path: Path) -> None:
    written(tmp_path, [b"a", b"b"])
    reader = SegmentReader(tmp_path, Position(57, 12))
    assert all_of(reader) == [b"a", b"b"]
    assert reader.damaged == 1
    reader.close()


def test_a_new_writer_begins_a_new_segment(tmp_path: Path) -> None:
    """A reader may have seen a record that a power cut then took: its place stays empty."""
    written(tmp_path, [b"one", b"lost in the power cut"])
    reader = SegmentReader(tmp_path)
    assert len(all_of(reader)) == 2
    with path_of(tmp_path, 1).open("r+b") as segment:
        segment.truncate(HEADER + 3)
    written(tmp_path, [b"written after it, and longer than what was lost"])
    assert all_of(reader) == [b"written after it, and longer than what was lost"]
    reader.close()


def test_a_place_where_nothing_was_written_yet_waits(tmp_path: Path) -> None:
    """A snapshot taken at a writer's start names the segment that it will begin."""
    written(tmp_path, [b"old"])
    writer = SegmentWriter(tmp_path, 100)
    reader = SegmentReader(tmp_path, writer.position)
    assert reader.read() == []
    writer.append(b"new")
    assert all_of(reader) == [b"new"]
    assert reader.damaged == 0
    writer.close()
    reader.close()


def test_one_writer_a_folder(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, 100)
    with pytest.raises(FolderInUseError, match="another process"):
        SegmentWriter(tmp_path, 100)
    writer.close()
    SegmentWriter(tmp_path, 100).close()


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The kernel takes no file larger than this: a real disk that is full at a real byte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [1, HEADER, HEADER + 1, 40])
def test_a_full_disk_appends_nothing_and_may_be_tried_again(tmp_path: Path, room: int) -> None:
    writer = SegmentWriter(tmp_path, 1 << 20)
    place = writer.append(b"before")
    reader = SegmentReader(tmp_path)
    assert all_of(reader) == [b"before"]
    with file_size_limit(place.offset + room):
        for _ in range(2):
            with pytest.raises(OSError, match="File too large"):
                writer.append(b"while it is full: " * 5)
            assert writer.position == place
            assert reader.read() == []
    writer.append(b"after")
    assert all_of(reader) == [b"after"]
    assert everything(tmp_path) == [b"before", b"after"]
    writer.close()
    reader.close()


def damage(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x5A
    path.write_bytes(data)


class Model(RuleBasedStateMachine):
    """Against a list: appends, crashes with a torn tail, readers that stop and go on."""

    root: Path

    @initialize()
    def begin(self) -> None:
        self.folder = self.root / "segments"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.expected: list[bytes] = []
        self.writer = SegmentWriter(self.folder, roll_bytes=120)
        self.reader = SegmentReader(self.folder)
        self.seen: list[bytes] = []

    @rule(payload=st.binary(min_size=1, max_size=90))
    def append(self, payload: bytes) -> None:
        self.writer.append(payload)
        self.expected.append(payload)

    @rule(torn=st.binary(max_size=30))
    def crash(self, torn: bytes) -> None:
        self.writer.close()
        there = numbers(self.folder)
        if there:
            with path_of(self.folder, there[-1]).open("ab") as segment:
                # The beginning of a record that promises more than is there.
                segment.write((b"\xff\x00\x00\x00" + torn)[: len(torn)])
        self.writer = SegmentWriter(self.folder, roll_bytes=120)

    @rule(limit=st.integers(1, 300))
    def read(self, limit: int) -> None:
        self.seen += [record.payload for record in self.reader.read(limit)]

    @precondition(lambda self: self.seen)
    @rule()
    def reader_restarts(self) -> None:
        position = self.reader.position
        self.reader.close()
        self.reader = SegmentReader(self.folder, position)

    @invariant()
    def seen_is_a_beginning(self) -> None:
        assert self.seen == self.expected[: len(self.seen)]
        assert self.reader.damaged == 0

    def teardown(self) -> None:
        if not hasattr(self, "writer"):
            return
        self.seen += all_of(self.reader)
        self.writer.close()
        self.reader.close()
        assert self.seen == self.expected
        assert everything(self.folder) == self.expected


def test_against_a_model(tmp_path: Path) -> None:
    Model.root = tmp_path
    run_state_machine_as_test(
        Model,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
