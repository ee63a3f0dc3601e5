"""Units: conversion, and sentences that name what would fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.catalogue import QUANTITIES
from telemetry.errors import UnitError
from telemetry.units import convert, dimension, fitting, known

# Every unit that the catalogue uses, and every other of the same dimensions.
UNITS = sorted({other for q in QUANTITIES.values() for other in fitting(q.unit)})
pairs = st.sampled_from(UNITS).flatmap(
    lambda unit: st.tuples(st.just(unit), st.sampled_from(fitting(unit)))
)
numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(numbers, pairs)
def test_there_and_back_is_the_same(value: float, pair: tuple[str, str]) -> None:
    source, target = pair
    for difference in (False, True):
        there = convert(value, source, target, difference=difference)
        back = convert(there, target, source, difference=difference)
        assert back == pytest.approx(value, rel=1e-9, abs=1e-6)


@given(numbers, st.sampled_from(UNITS))
def test_a_unit_in_itself_is_exact(value: float, unit: str) -> None:
    assert convert(value, unit, unit) == value


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1.5, "bar", "kPa", 150),
        (10, "mH2O", "bar", 0.980665),
        (1, "MPa", "bar", 10),
        (100, "L/min", "m3/h", 6),
        (24, "m3/d", "m3/h", 1),
        (1, "L/s", "m3/h", 3.6),
        (70, "mph", "km/h", 112.65408),
        (1, "mS/cm", "uS/cm", 1000),
        (4, "ppt", "g/L", 4),
        (0.5, "mg/L", "ug/L", 500),
        (25, "C", "K", 298.15),
        (212, "°F", "°C", 100),
        (288.28, "K", "°C", 15.13),
        (22, "kV", "V", 22_000),
        (1.2, "MWh", "kWh", 1200),
        (50, "%", "1", 0.5),
        (2, "h", "min", 120),
        (600, "veh/h", "1/h", 600),
        (10, "veh/min", "1/h", 600),
        (36, "mm/h", "mm/s", 0.01),
        (-100, "dBm", "dBW", -130),
        (12, "cm", "m", 0.12),
        (3, "t", "kg", 3000),
        (7, "m³/h", "m3/h", 7),
        (7, "µS/cm", "μS/cm", 7),  # the micro sign and the Greek letter
    ],
)
def test_known_figures(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source, target) == pytest.approx(expected, rel=1e-12)


def test_a_difference_has_no_zero_point() -> None:
    assert convert(5, "K", "°C", difference=True) == pytest.approx(5)
    assert convert(9, "°F", "°C", difference=True) == pytest.approx(5)
    assert convert(3, "dBm", "dBW", difference=True) == pytest.approx(3)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(UnitError) as caught:
        convert(1, "bar", "m3/h")
    text = str(caught.value)
    assert text.startswith("'bar' (pressure) does not fit 'm3/h' (flow): use m3/h, ")
    assert "L/min" in text
    assert "\n" not in text


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(UnitError, match=r"'baar' is no known unit, 'bar' is wanted: use bar, "):
        convert(1, "baar", "bar")
    with pytest.raises(UnitError, match=r"'kpa' is no known unit: did you mean kPa\?"):
        dimension("kpa")
    with pytest.raises(UnitError, match="'x' is no known unit: known are bar, "):
        fitting("x")


def test_time_and_length_are_told_apart() -> None:
    assert dimension("m") == "length"
    assert dimension("min") == "time"
    assert known("NTU")
    assert not known("")
