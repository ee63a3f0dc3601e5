"""Sequence numbers: no reading twice, none lost, and never more claimed than is there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.sequence import (
    MAX_BOOTS,
    MAX_EDGES,
    MAX_STAMPS,
    Track,
    Tracks,
    Window,
    stamp_of,
    stamp_of_names,
)
from telemetry.model import NO_SEQ


@given(st.lists(st.integers(0, 25), min_size=1, max_size=60))
def test_a_window_is_a_set_of_numbers(seqs: list[int]) -> None:
    window = Window(1, seqs[0], [seqs[0], seqs[0] + 1])
    seen = {seqs[0]}
    for seq in seqs[1:]:
        assert window.take(seq) is (seq not in seen)
        seen.add(seq)
        assert {n for n in range(27) if window.has(n)} == seen
        assert window.edges == sorted(set(window.edges))
        last = seqs[0]
        while last + 1 in seen:
            last += 1
        assert window.stored_up_to() == last
        low, high = min(seen), max(seen)
        assert window.missing() == high - low + 1 - len(seen)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=400, unique=True))
def test_a_window_is_bounded_and_never_claims_what_it_did_not_see(seqs: list[int]) -> None:
    window = Window(1, seqs[0], [seqs[0], seqs[0] + 1])
    for seq in seqs[1:]:
        window.take(seq)
        assert len(window.edges) <= MAX_EDGES
        assert window.has(seqs[0])
    assert all(window.has(n) is False for n in range(10_001) if n not in set(seqs))


def test_in_order() -> None:
    track = Track()
    assert all(track.take(4, seq) for seq in range(17, 30))
    assert track.stored_up_to(4) == 29
    assert not track.take(4, 20)
    assert track.missing() == 0


def test_a_gap_holds_the_answer_back_until_it_is_filled() -> None:
    track = Track()
    for seq in (0, 1, 5, 6):
        track.take(1, seq)
    assert track.stored_up_to(1) == 1
    assert track.missing() == 3
    for seq in (2, 3, 4):
        assert track.take(1, seq)
    assert track.stored_up_to(1) == 6
    assert track.missing() == 0


def test_the_oldest_that_a_device_keeps_lets_a_gap_be_skipped() -> None:
    track = Track()
    for seq in (0, 1, 5):
        track.take(1, seq)
    assert track.stored_up_to(1) == 1
    track.take(1, 6, oldest=5)
    assert track.stored_up_to(1) == 6
    assert track.missing() == 3  # skipped, not forgiven


def test_the_oldest_holds_the_answer_back_from_the_first_message_on() -> None:
    """The broker lost 0 to 4 before ingest saw anything of this boot: they must still come."""
    track = Track()
    track.take(1, 5, oldest=0)
    assert track.stored_up_to(1) is None
    for seq in range(5):
        assert track.take(1, seq, oldest=0)
    assert track.stored_up_to(1) == 5


def test_a_number_below_the_oldest_is_still_new() -> None:
    track = Track()
    track.take(1, 9, oldest=9)
    assert track.take(1, 3)
    assert track.stored_up_to(1) == 9


def test_the_last_boots_are_remembered() -> None:
    track = Track()
    for boot in range(MAX_BOOTS + 1):
        track.take(boot, 0)
        track.take(boot, 2)
    assert [window.boot for window in track.windows] == [1, 2, 3, 4]
    assert not track.take(1, 2)
    assert track.stored_up_to(0) is None
    assert track.missing() == MAX_BOOTS + 1  # also those of the forgotten boot
    track.take(9, 0)  # boot 1 was used last: boot 2 goes
    assert {window.boot for window in track.windows} == {1, 3, 4, 9}


def test_without_a_boot_the_time_tells_a_restart_from_a_repetition() -> None:
    track = Track()
    for seq in range(5):
        assert track.take_without_boot(seq, stamp_of(1000 + seq, seq))
    assert not track.take_without_boot(3, stamp_of(1003, 3))
    assert track.stored_up_to(NO_SEQ) == 4
    assert track.take_without_boot(0, stamp_of(2000, 0))  # it began anew
    assert track.stored_up_to(NO_SEQ) == 0
    assert track.take_without_boot(1, stamp_of(2001, 1))
    assert track.stored_up_to(NO_SEQ) == 1


def test_without_a_boot_and_a_time_nothing_is_taken_for_a_repetition() -> None:
    track = Track()
    assert all(track.take_without_boot(seq, None) for seq in (0, 1, 2, 1, 1))


@given(st.lists(st.integers(0, MAX_STAMPS - 2), max_size=300))
def test_stamps_are_a_set(stamps: list[int]) -> None:
    track = Track()
    seen: set[int] = set()
    for stamp in stamps:
        assert track.take_stamp(stamp) is (stamp not in seen)
        seen.add(stamp)


def test_stamps_are_bounded_and_keep_the_latest() -> None:
    track = Track()
    for stamp in range(10_000):
        assert track.take_stamp(stamp)
    assert track.stamps is not None
    assert len(track.stamps) <= 2 * MAX_STAMPS
    assert not any(track.take_stamp(10_000 - n) for n in range(1, MAX_STAMPS))


def test_the_names_are_part_of_an_identity_in_time() -> None:
    assert stamp_of_names(5, ["flow"]) != stamp_of_names(5, ["pressure"])
    assert stamp_of_names(5, ["flow"]) == stamp_of_names(5, iter(["flow"]))
    assert stamp_of_names(6, ["flow"]) != stamp_of_names(5, ["flow"])


def test_prints_of_refused_payloads_are_bounded() -> None:
    track = Track()
    assert track.take_print(b"garbage")
    assert not track.take_print(b"garbage")
    for number in range(100):
        track.take_print(b"%d" % number)
    assert len(track.prints) < 20
    assert not track.take_print(b"99")


def test_a_refused_reading_found_again_holds_the_answer_back() -> None:
    """At a start dead letters are read behind the spool; what lay between is still missing."""
    track = Track()
    for seq in (5, 6):
        track.take(1, seq)
    track.take_refused(1, 3)
    assert track.stored_up_to(1) == 3


tracks = st.builds(
    Track,
    windows=st.lists(
        st.builds(
            Window,
            boot=st.integers(-1, 2**63 - 1),
            anchor=st.integers(0, 2**63 - 1),
            edges=st.lists(st.integers(0, 2**63), min_size=2, max_size=8),
        ),
        max_size=4,
    ),
    prints=st.lists(st.integers(0, 2**63 - 1), max_size=4),
    stored=st.integers(0, 2**62),
    duplicates=st.integers(0, 2**62),
    dead_lettered=st.integers(0, 2**62),
    missed=st.integers(0, 2**62),
)


@given(st.dictionaries(st.text(max_size=10), tracks, max_size=4), st.lists(st.integers(0, 2**62)))
def test_tracks_survive_a_restart(found: dict[str, Track], stamps: list[int]) -> None:
    for track in found.values():
        for stamp in stamps:
            track.take_stamp(stamp)
    again = Tracks.decode(Tracks(found).encode())
    assert dict(again.items()) == found
