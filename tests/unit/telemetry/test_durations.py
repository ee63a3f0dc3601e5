"""Durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.durations import format_duration, parse_duration
from telemetry.errors import DurationError


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("500ms", 500),
        ("30s", 30_000),
        ("5m", 300_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        (" 90 s ", 90_000),
        ("0s", 0),
    ],
)
def test_durations_are_read(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 minutes", "-5m", "1.5h", "5M", "5m3s", "٥m", "9" * 5000 + "s"]
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(DurationError, match="is no duration: write a whole number") as caught:
        parse_duration(text)
    assert "\n" not in str(caught.value)


@given(st.integers(0, 10**9))
def test_a_written_duration_reads_back(ms: int) -> None:
    assert parse_duration(format_duration(ms)) == ms


def test_the_largest_unit_is_written() -> None:
    assert [format_duration(ms) for ms in (0, 1_500, 90_000, 3_600_000, 172_800_000)] == [
        "0ms",
        "1500ms",
        "90s",
        "1h",
        "2d",
    ]
