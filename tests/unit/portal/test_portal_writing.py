from __future__ import annotations

import pytest

from portal.writing import Writing

VI, EN = Writing("vi"), Writing("en")
NOW = 1_767_225_600_000  # 2026-01-01 00:00 UTC, 07:00 in Vietnam


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (3.2099, "3,21", "3.21"),
        (0.5, "0,5", "0.5"),
        (0.0042, "0,0042", "0.0042"),
        (0.0000004, "0", "0"),
        (-0.0000004, "0", "0"),
        (-109.12, "-109,1", "-109.1"),
        (100.0, "100", "100"),
        (1_234_567.8, "1.234.568", "1,234,568"),
        (0.0, "0", "0"),
    ],
)
def test_numbers_are_written_as_readers_write_them(
    value: float, vietnamese: str, english: str
) -> None:
    assert (VI.number(value), EN.number(value)) == (vietnamese, english)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("bar", "2 bar"),
        ("m3/h", "2 m³/h"),
        ("uS/cm", "2 µS/cm"),
        ("1", "2"),
        ("", "2"),
        ("1/h", "2 xe/h"),
    ],
)
def test_units_are_written_as_people_write_them(unit: str, expected: str) -> None:
    assert VI.quantity(2.0, unit) == expected


@pytest.mark.parametrize(
    ("age_ms", "vietnamese", "english"),
    [
        (-5_000, "vừa xong", "just now"),
        (999, "vừa xong", "just now"),
        (12_000, "12 giây trước", "12 s ago"),
        (60_000, "1 phút trước", "1 min ago"),
        (3_599_999, "59 phút trước", "59 min ago"),
        (7_200_000, "2 giờ trước", "2 h ago"),
        (200_000_000, "2 ngày trước", "2 d ago"),
    ],
)
def test_ages(age_ms: int, vietnamese: str, english: str) -> None:
    assert (VI.ago(age_ms), EN.ago(age_ms)) == (vietnamese, english)


def test_times_are_vietnams() -> None:
    assert VI.clock(NOW) == "07:00:00"
    assert VI.iso(NOW) == "2026-01-01T07:00:00+07:00"


def test_a_moment_of_another_day_has_its_date() -> None:
    seven_hours = 7 * 3_600_000
    assert VI.moment(NOW - seven_hours, NOW) == "00:00:00"
    assert VI.moment(NOW - seven_hours - 60_000, NOW) == "23:59 31/12/2025"
    assert EN.moment(NOW - seven_hours - 60_000, NOW) == "23:59 2025-12-31"
