"""Dead letters: kept with their reason, found again, bounded, and what goes is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.deadletter import DeadLetter, DeadLetters, counts, entries, entries_after
from ingest.segments import numbers, path_of
from telemetry.errors import Reason

UNKNOWN, RANGE = Reason.UNKNOWN_DEVICE, Reason.OUT_OF_RANGE


def letter(seq: int, reason: Reason = RANGE, device: str = "pressure-1") -> DeadLetter:
    topic = f"kenh/1/{device}/up/telemetry"
    return DeadLetter(1000 + seq, topic, device, reason, "too high", b"\xff\x00{", seq, 4)


def test_letters_are_found_by_reason_device_and_time(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path)
    letters.append([letter(1), letter(2, UNKNOWN)])
    letters.append([letter(3, device="pressure-2")])
    letters.close()
    assert [one.seq for one in entries(tmp_path)] == [1, 2, 3]
    assert list(entries(tmp_path, reason=UNKNOWN)) == [letter(2, UNKNOWN)]
    assert [one.seq for one in entries(tmp_path, device="pressure-2")] == [3]
    assert [one.seq for one in entries(tmp_path, since=1002)] == [2, 3]
    assert counts(tmp_path).by_reason == {RANGE: 2, UNKNOWN: 1}
    assert counts(tmp_path).removed == 0


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert list(entries(tmp_path / "none")) == []
    assert counts(tmp_path / "none").by_reason == {}


def test_those_behind_a_place(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path)
    start = letters.position
    place = letters.append([letter(1)])
    letters.append([letter(2)])
    assert [one.seq for one in entries_after(tmp_path, place)] == [2]
    assert [one.seq for one in entries_after(tmp_path, start)] == [1, 2]
    letters.close()


def test_the_oldest_go_and_stay_counted(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, max_bytes=16_000)
    for seq in range(200):
        letters.append([letter(seq)])
        letters.shrink()
        assert letters.bytes <= 16_000 + 1_200
    kept = [one.seq for one in entries(tmp_path)]
    assert kept == list(range(200 - len(kept), 200))
    assert letters.removed == 200 - len(kept) > 50
    letters.close()
    again = DeadLetters(tmp_path, max_bytes=16_000)
    assert again.removed == counts(tmp_path).removed == letters.removed
    assert sum(counts(tmp_path).by_reason.values()) == len(kept)
    again.close()


@pytest.mark.parametrize("unlinked", [False, True])
def test_a_crash_while_the_oldest_go(tmp_path: Path, unlinked: bool) -> None:
    """Between the count and the removal: neither counted twice nor left behind."""
    letters = DeadLetters(tmp_path, max_bytes=16_000)
    for seq in range(150):
        letters.append([letter(seq)])
    oldest = path_of(tmp_path, numbers(tmp_path)[0])
    data = oldest.read_bytes()
    letters.shrink()
    removed = letters.removed
    letters.close()
    if not unlinked:
        oldest.write_bytes(data)
    again = DeadLetters(tmp_path, max_bytes=16_000)
    assert not oldest.exists()
    assert again.removed == removed
    assert removed + len(list(entries(tmp_path))) == 150
    again.close()
