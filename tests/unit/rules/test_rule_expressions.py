"""Checking expressions: names, types, units; limits come out in canonical units."""

from __future__ import annotations

import pytest

from rules.errors import ExpressionError
from rules.expression import condition
from rules.typed import Comparison, Constant, Stuck, nodes
from rules.vocabulary import Vocabulary
from telemetry.units import convert

WATER = Vocabulary(("water",))
POWER = Vocabulary(("power",))
TRAFFIC = Vocabulary(("traffic",))
MACHINE = Vocabulary(kinds=("machine-monitor",))


def limit(text: str, vocabulary: Vocabulary = WATER) -> float:
    """The fixed number that the first comparison compares with."""
    root = condition(text, vocabulary).root
    assert isinstance(root, Comparison)
    assert isinstance(root.right, Constant)
    return root.right.value


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("pressure > 150 kPa", 1.5),
        ("pressure > 0", 0.0),
        ("150 kPa < pressure", 1.5),
        ("pressure > 2 * 0.75 bar", 1.5),
        ("pressure > 1 bar + 0.5 bar", 1.5),
        ("pressure > -(-1.5 bar)", 1.5),
        ("flow < 10 L/s", 36.0),
        ("level > 40 cm", 0.4),
        ("temp > 300 K", 26.85),
        ("delta(temp, 1h) > 5 K", 5.0),
        ("stddev(temp, 1h) > 5 K", 5.0),
        ("max(temp, 1h) - min(temp, 1h) > 9 °F", 5.0),
        ("rate(temp, 1h) > 2 K/h", 2.0),
        ("rate(level, 1h) > 1 cm/min", 0.6),
        ("rate(ph, 1h) > 0.5", 0.5),
        ("count(flow, 5m) < 3", 3.0),
        ("turbidity / avg(turbidity, 1h) > 150 %", 1.5),
        ("pressure * 2 > 3 bar", 3.0),
        ("pressure / 2 > 750 mbar", 0.75),
    ],
)
def test_limits_become_canonical(text: str, canonical: float) -> None:
    assert limit(text) == pytest.approx(canonical)


def test_speeds_and_counts_of_vehicles() -> None:
    assert limit("speed < 30 mph", TRAFFIC) == pytest.approx(convert(30, "mph", "km/h"))
    assert limit("volume > 1200 veh/h", TRAFFIC) == 1200
    assert limit("pf < 90 %", POWER) == pytest.approx(0.9)


def test_a_comparison_of_two_quantities_is_brought_to_one_unit() -> None:
    root = condition("free_chlorine > 0.01 * salinity", WATER).root
    assert isinstance(root, Comparison)
    assert root.unit == "mg/L"
    assert root.quantity is not None
    assert root.quantity.key == "water.free_chlorine"


def test_the_scope_decides_what_a_short_name_means() -> None:
    assert condition("temp > 80 °C", MACHINE).quantities[0].key == "asset.temp"
    assert condition("temp > 30 °C", WATER).quantities[0].key == "water.temp"
    assert condition("battery < 20 %", Vocabulary()).quantities[0].key == "device.battery"
    assert condition("cold.temp > -15 °C", MACHINE).quantities[0].key == "cold.temp"


def test_a_condition_knows_what_it_is_about() -> None:
    checked = condition("stuck(flow, 2h) and not (pressure < 1 bar or flow > 3 m3/h)", WATER)
    assert [quantity.name for quantity in checked.quantities] == ["flow", "pressure"]
    assert not checked.is_silence
    assert any(isinstance(node, Stuck) for node in nodes(checked.root))
    assert condition("silent(15m) or silent(flow, 1h)", WATER).is_silence


@pytest.mark.parametrize(
    ("text", "column", "what", "hint"),
    [
        ("presure < 1 bar", 0, "no quantity 'presure'", "'pressure'"),
        ("avrg(pressure, 5m) < 1 bar", 0, "no function 'avrg'", "'avg'"),
        ("pressure < 1.5", 11, "has no unit", "write 1.5 bar"),
        ("pressure < 3 L", 11, "'L' does not fit pressure", "bar"),
        ("avg(pressure, 5m) < 3 L/s", 20, "'L/s' does not fit pressure", "mbar"),
        ("pressure < 3 Bar", 11, "no unit 'Bar'", "did you mean bar"),
        ("pressure < 3 furlong", 11, "no unit 'furlong'", "1.5 bar"),
        ("pressure < flow", 9, "pressure (bar) and flow (m3/h) are different", "same"),
        ("pressure + flow > 1 bar", 9, "different things", "same"),
        ("pressure * flow > 1 bar", 9, "no unit that could be checked", "plain numbers"),
        ("2 bar * ph > 1 bar", 6, "a fixed amount", "divide the other side"),
        ("pressure / 0 > 1 bar", 11, "zero", ""),
        ("1 bar < 2 bar", 6, "two fixed numbers", "quantity"),
        ("pressure > 1 bar + 3 L", 17, "cannot be worked out", "write the result"),
        ("pressure", 0, "a number, not a condition", "compare it"),
        ("avg(pressure, 5m)", 0, "a number, not a condition", "compare it"),
        ("(pressure < 1 bar) + 1 > 2", 1, "a condition, not a number", "'and'"),
        ("silent(5m) > 2", 0, "silent(…) is a condition", "alone"),
        ("avg(pressure) < 1 bar", 0, "cannot be called so", "avg(x, d)"),
        ("avg(5m, pressure) < 1 bar", 0, "cannot be called so", "avg(x, d)"),
        ("good(5m)", 0, "cannot be called so", "good()"),
        ("avg(pressure, 5) < 1 bar", 14, "'5' is no duration", "5m"),
        ("avg(pressure, 5 min) < 1 bar", 14, "'5 min' is no duration", "5m"),
        ("avg(pressure, 0m) < 1 bar", 14, "no useful duration", "31d"),
        ("avg(pressure, 99d) < 1 bar", 14, "no useful duration", "31d"),
        ("silent(5m) and pressure < 1 bar", 0, "cannot be mixed", "a rule of its own"),
        ("rate(level, 1h) > 3 cm", 18, "'cm' does not fit level", "m/h"),
        ("rate(level, 1h) > level", 16, "different things", "same"),
        ("ph > 7 bar", 5, "'bar' does not fit ph, which has no unit", "number alone"),
        ("orp > avg(ph, 5m)", 4, "a plain number", "same"),
    ],
)
def test_a_mistake_is_told_with_its_column_and_the_fix(
    text: str, column: int, what: str, hint: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        condition(text, WATER)
    assert caught.value.column == column
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_name_that_may_mean_several_quantities_asks_which() -> None:
    with pytest.raises(ExpressionError) as caught:
        condition("temp > 40 °C", Vocabulary(("industry",)))
    assert "several" in caught.value.what
    assert "asset.temp" in caught.value.hint
    with pytest.raises(ExpressionError) as caught:
        condition("ph < 6", Vocabulary())
    assert {"water.ph", "ww.ph"} <= set(caught.value.hint.replace("write ", "").split(" or "))
