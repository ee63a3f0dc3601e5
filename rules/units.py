"""Units inside expressions: what a number measures, and numbers as written to canonical ones."""

from __future__ import annotations

from dataclasses import dataclass

from rules.errors import ExpressionError
from rules.syntax import Number
from telemetry.catalogue import Quantity
from telemetry.errors import UnitError
from telemetry.units import convert, dimension, fitting, known

PLAIN = "1"
_PER = ("s", "min", "h", "d")


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number is: its unit, whether it is a difference of two values (5 K are then 5 °C),
    whether it is that much an hour, and the quantity it comes from."""

    unit: str = PLAIN
    difference: bool = False
    per_hour: bool = False
    quantity: Quantity | None = None

    @property
    def plain(self) -> bool:
        """A bare number, a ratio: nothing but a unit of ratios fits."""
        return self.unit == PLAIN

    @property
    def shown(self) -> str:
        """The unit as a person writes it."""
        unit = "" if self.plain else self.unit
        return f"{unit}/h" if self.per_hour else unit

    @property
    def name(self) -> str:
        return self.quantity.name if self.quantity else "the other side"


def canonical(number: Number, measure: Measure) -> float:
    """`number` in the unit of `measure`. Raises `ExpressionError` with the units that would fit.

    Zero needs no unit, nor does what has none; a rate of what has none is a number an hour.
    """
    if not number.unit:
        if measure.plain or number.value == 0:
            return number.value
        raise ExpressionError(
            f"{measure.name} is in {measure.shown}: {number.text} has no unit",
            number.column,
            f"write {number.text} {measure.shown}",
        )
    try:
        return _per_hour(number, measure) if measure.per_hour else _convert(number, measure)
    except UnitError:
        has = f"is in {measure.shown}" if measure.shown else "has no unit"
        raise ExpressionError(
            f"{number.unit!r} does not fit {measure.name}, which {has}",
            number.column,
            _fix(measure),
        ) from None


def check_known(number: Number) -> None:
    """Raises `ExpressionError` where the unit of `number` is none, with the nearest ones."""
    if not number.unit or known(number.unit):
        return
    unit, _, time = number.unit.rpartition("/")
    if unit and known(unit) and time in _PER:
        return
    try:
        dimension(number.unit)
    except UnitError as error:
        hint = str(error).partition(": ")[2]
        raise ExpressionError(
            f"there is no unit {number.unit!r}",
            number.column,
            hint
            if hint.startswith("did you mean")
            else "'1.5 bar', '40 °C', '30 %' are well written",
        ) from None


def factor(source: Measure, target: Measure) -> tuple[float, float]:
    """(factor, offset) that turn a value of `source` into the unit of `target`.

    Raises `UnitError` where they measure different things.
    """
    if source.per_hour != target.per_hour:
        raise UnitError("one side is a rate, the other is none")
    slope = convert(1.0, source.unit, target.unit, difference=True)
    if source.difference or target.difference:
        return slope, 0.0
    return slope, convert(0.0, source.unit, target.unit)


def _convert(number: Number, measure: Measure) -> float:
    return convert(number.value, number.unit, measure.unit, difference=measure.difference)


def _per_hour(number: Number, measure: Measure) -> float:
    unit, _, time = number.unit.rpartition("/")
    if not unit or time not in _PER:
        raise UnitError(f"{number.unit!r} is no rate")
    hours = convert(1.0, time, "h")
    return convert(number.value, unit, measure.unit, difference=True) / hours


def _fix(measure: Measure) -> str:
    if measure.plain:
        return "write the number alone, or in %"
    fits = [f"{unit}/h" if measure.per_hour else unit for unit in fitting(measure.unit)]
    return f"write {' or '.join(fits[:4])}" if len(fits) > 1 else f"write {fits[0]}"
