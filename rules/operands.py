"""Arithmetic between checked operands: which units go together, and what comes out."""

from __future__ import annotations

from typing import NamedTuple

from rules.errors import ExpressionError
from rules.syntax import Number
from rules.typed import Arithmetic, ArithmeticSign, Constant, Converted, Numeric
from rules.units import Measure, canonical, factor
from telemetry.errors import UnitError


class Measured(NamedTuple):
    """A number that is known at run time, and what it measures."""

    node: Numeric
    measure: Measure


class Literal(NamedTuple):
    """A number as written: the other side of its operator decides what it becomes."""

    number: Number


def negative(operand: Measured | Literal) -> Measured | Literal:
    if isinstance(operand, Literal):
        number = operand.number
        return Literal(Number(-number.value, number.unit, f"-{number.text}", number.column))
    return Measured(Converted(operand.node, -1.0, 0.0), operand.measure)


def arithmetic(
    sign: ArithmeticSign, left: Measured | Literal, right: Measured | Literal, column: int
) -> Measured | Literal:
    if isinstance(left, Literal) and isinstance(right, Literal):
        return _fold(sign, left.number, right.number, column)
    if sign in {"+", "-"}:
        return _sum(sign, left, right, column)
    return _product(sign, left, right, column)


def _fold(sign: ArithmeticSign, left: Number, right: Number, column: int) -> Literal:
    """Two numbers as written make one: `2 * 0.3 bar`."""
    if sign in {"*", "/"} and not right.unit and not (sign == "/" and right.value == 0):
        value = left.value * right.value if sign == "*" else left.value / right.value
        unit = left.unit
    elif sign == "*" and not left.unit:
        value, unit = left.value * right.value, right.unit
    elif sign in {"+", "-"} and left.unit == right.unit:
        value = left.value + right.value if sign == "+" else left.value - right.value
        unit = left.unit
    else:
        raise ExpressionError(
            f"{left.text} {sign} {right.text} cannot be worked out", column, "write the result"
        )
    return Literal(Number(value, unit, f"{value:g} {unit}".strip(), left.column))


def _sum(
    sign: ArithmeticSign, left: Measured | Literal, right: Measured | Literal, column: int
) -> Measured:
    """A number that is added or taken away is a difference: `oil_temp - 20 K`."""
    if isinstance(left, Literal):
        assert isinstance(right, Measured)  # noqa: S101  # two literals were folded
        node: Numeric = Constant(canonical(left.number, right.measure))
        return Measured(Arithmetic(sign, node, right.node), right.measure)
    measure = left.measure
    if isinstance(right, Literal):
        gap = Measure(measure.unit, True, measure.per_hour, measure.quantity)
        return Measured(
            Arithmetic(sign, left.node, Constant(canonical(right.number, gap))), measure
        )
    node = Arithmetic(sign, left.node, in_unit_of(right, measure, column))
    difference = (
        measure.difference == right.measure.difference if sign == "-" else measure.difference
    )
    return Measured(node, Measure(measure.unit, difference, measure.per_hour, measure.quantity))


def _product(
    sign: ArithmeticSign, left: Measured | Literal, right: Measured | Literal, column: int
) -> Measured:
    if isinstance(right, Literal) and not right.number.unit and isinstance(left, Measured):
        if sign == "/" and right.number.value == 0:
            raise ExpressionError("this divides by zero", right.number.column)
        return Measured(Arithmetic(sign, left.node, Constant(right.number.value)), left.measure)
    if sign == "*" and isinstance(left, Literal) and isinstance(right, Measured):
        if not left.number.unit:
            return Measured(
                Arithmetic(sign, Constant(left.number.value), right.node), right.measure
            )
        if right.measure.plain:
            raise ExpressionError(
                "a fixed amount times a number has no quantity to check it against",
                column,
                "divide the other side by the number",
            )
    if isinstance(left, Measured) and isinstance(right, Measured):
        if right.measure.plain and not right.measure.per_hour:
            return Measured(Arithmetic(sign, left.node, right.node), left.measure)
        if sign == "*" and left.measure.plain and not left.measure.per_hour:
            return Measured(Arithmetic(sign, left.node, right.node), right.measure)
        if sign == "/":
            return Measured(
                Arithmetic(sign, left.node, in_unit_of(right, left.measure, column)), Measure()
            )
    if sign == "/" and isinstance(left, Measured) and isinstance(right, Literal):
        divisor = Constant(canonical(right.number, left.measure))
        return Measured(Arithmetic(sign, left.node, divisor), Measure())
    raise ExpressionError(
        f"{sign!r} between these two has no unit that could be checked",
        column,
        "multiply by plain numbers, divide by them or by the same quantity",
    )


def in_unit_of(operand: Measured, target: Measure, column: int) -> Numeric:
    try:
        slope, offset = factor(operand.measure, target)
    except UnitError:
        raise ExpressionError(
            f"{target.name} ({target.shown or 'a plain number'}) and {operand.measure.name} "
            f"({operand.measure.shown or 'a plain number'}) are different things",
            column,
            "both sides must measure the same",
        ) from None
    if (slope, offset) == (1.0, 0.0):
        return operand.node
    return Converted(operand.node, slope, offset)
