"""The replay shifts times, keeps the labelled events, and never ends unless told to."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.replay import Claim, Replay, Truth
from simulators.series import Event, Row, Series

NOW = 1_800_000_000_000


def series(times: list[int], *events: Event) -> Series:
    made = [Row(ts, {"pressure": float(index)}) for index, ts in enumerate(times)]
    return Series("test/made", "water-pressure-logger", ("water.pressure",), made, events)


def test_times_are_shifted_to_now_at_the_speed() -> None:
    replay = Replay(series([1000, 61_000, 181_000]), 0, 60.0, NOW)
    assert replay.next_at() == NOW
    assert replay.due(NOW + 1000) == [
        Claim(NOW, {"pressure": 0.0}),
        Claim(NOW + 1000, {"pressure": 1.0}),
    ]
    assert replay.due(NOW + 2999) == []
    assert replay.next_at() == NOW + 3000
    assert replay.position == 2


def test_it_begins_at_its_first_row() -> None:
    replay = Replay(series([0, 60_000, 120_000]), 1, 60.0, NOW)
    assert [claim.ts for claim in replay.due(NOW + 1000)] == [NOW, NOW + 1000]


def test_after_the_last_row_it_starts_again_one_interval_later() -> None:
    replay = Replay(series([0, 60_000, 120_000]), 2, 60.0, NOW)
    claims = replay.due(NOW + 4000)
    assert [(claim.ts - NOW, claim.values["pressure"]) for claim in claims] == [
        (0, 2.0),
        (1000, 0.0),
        (2000, 1.0),
        (3000, 2.0),
        (4000, 0.0),
    ]
    assert not replay.ended


def test_it_ends_after_its_laps() -> None:
    replay = Replay(series([0, 60_000]), 0, 60.0, NOW, laps=2)
    assert [claim.ts - NOW for claim in replay.due(NOW + 60_000)] == [0, 1000, 2000, 3000]
    assert replay.ended
    assert replay.due(NOW + 10**9) == []


def test_a_position_behind_the_end_begins_anew() -> None:
    assert Replay(series([0, 60_000]), 7, 60.0, NOW).position == 0


def test_events_are_shifted_alike_and_told_once_a_lap() -> None:
    over = Event(0, 0, "over")
    lasting = Event(-60_000, 90_000, "lasting")
    coming = Event(150_000, 180_000, "coming")
    replay = Replay(series([60_000 * i for i in range(5)], lasting, over, coming), 1, 60.0, NOW)
    replay.due(NOW)
    assert replay.met() == [Truth(NOW - 2000, NOW + 500, "lasting")]
    replay.due(NOW + 2000)
    assert replay.met() == [Truth(NOW + 1500, NOW + 2000, "coming")]
    replay.due(NOW + 3999)
    assert replay.met() == []
    replay.due(NOW + 4000)  # the next lap
    assert [truth.kind for truth in replay.met()] == ["lasting", "over"]


@settings(deadline=None)
@given(
    gaps=st.lists(st.integers(1000, 10**7), min_size=1, max_size=20),
    first=st.integers(0, 20),
    speed=st.floats(0.1, 1000),
    looks=st.lists(st.floats(0, 4), min_size=1, max_size=20),  # in laps
)
def test_nothing_is_lost_doubled_or_early(
    gaps: list[int], first: int, speed: float, looks: list[float]
) -> None:
    """However often it is asked, it gives every row in turn, none before its time."""
    made = series(list(itertools.accumulate(gaps)))
    replay = Replay(made, first, speed, NOW)
    given_out: list[Claim] = []
    for now in sorted(NOW + int(look * sum(gaps) / speed) for look in looks):
        claims = replay.due(now)
        assert all(claim.ts <= now for claim in claims)
        assert replay.next_at() > now
        given_out += claims
    start = first if first < len(gaps) else 0
    expected = itertools.islice(itertools.cycle(range(len(gaps))), start, None)
    for claim, index in zip(given_out, expected, strict=False):
        assert claim.values["pressure"] == index
    assert given_out == sorted(given_out, key=lambda claim: claim.ts)
