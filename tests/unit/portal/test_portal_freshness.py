from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.freshness import GRACE_MS, Freshness, judge

NOW = 1_767_225_600_000


@pytest.mark.parametrize(
    ("age_s", "interval_s", "expected"),
    [
        (0, 60, Freshness.LIVE),
        (180, 60, Freshness.LIVE),  # two readings were lost
        (191, 60, Freshness.LATE),
        (720, 60, Freshness.LATE),
        (731, 60, Freshness.SILENT),
        (-30, 60, Freshness.LIVE),  # the device's clock runs ahead
        (600, 900, Freshness.LIVE),
    ],
)
def test_age_is_judged_by_the_interval(age_s: int, interval_s: int, expected: Freshness) -> None:
    assert judge(NOW - age_s * 1000, NOW, interval_s) is expected


def test_no_reading_is_never_live() -> None:
    assert judge(None, NOW, 60) is Freshness.NEVER
    assert Freshness.NEVER.stale


def test_a_faster_replay_makes_intervals_shorter() -> None:
    at = NOW - 60_000
    assert judge(at, NOW, 900) is Freshness.LIVE
    assert judge(at, NOW, 900, time_scale=60) is Freshness.LATE


def test_the_fastest_replay_leaves_the_way_its_time() -> None:
    assert judge(NOW - GRACE_MS, NOW, 60, time_scale=100_000) is Freshness.LIVE


@given(
    age=st.integers(-3_600_000, 10**9),
    older=st.integers(0, 10**9),
    interval=st.integers(1, 86_400),
    scale=st.floats(0.1, 1000),
)
def test_what_is_older_is_never_fresher(age: int, older: int, interval: int, scale: float) -> None:
    order = list(Freshness)
    younger_mark = judge(NOW - age, NOW, interval, scale)
    older_mark = judge(NOW - age - older, NOW, interval, scale)
    assert order.index(older_mark) >= order.index(younger_mark)
