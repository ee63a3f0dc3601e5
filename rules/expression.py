"""Checks an expression against the catalogue: names, types and units; the typed tree comes out.

condition("avg(pressure, 5m) < 150 kPa", Vocabulary(("water",)))
"""

from __future__ import annotations

from typing import cast

from rules.errors import ExpressionError, did_you_mean
from rules.functions import FUNCTIONS, Function
from rules.operands import Literal, Measured, arithmetic, in_unit_of, negative
from rules.parser import parse
from rules.syntax import Call, Infix, Name, Node, Number, Prefix
from rules.typed import (
    Comparison,
    ComparisonSign,
    Condition,
    Constant,
    Joined,
    Not,
    QualityIs,
    Silent,
    Statistic,
    Stuck,
    Truth,
    Value,
    Windowed,
    nodes,
)
from rules.units import PLAIN, Measure, canonical, check_known
from rules.vocabulary import Vocabulary
from rules.words import COMPARISONS
from telemetry.durations import parse_duration
from telemetry.errors import DurationError
from telemetry.quantities import Quantity

__all__ = ["LONGEST_SPAN_MS", "condition"]

LONGEST_SPAN_MS = 31 * 86_400_000
"""A window longer than a month belongs to a report."""

_FLIPPED: dict[str, ComparisonSign] = {
    "<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=",
}  # fmt: skip


def condition(text: str, vocabulary: Vocabulary) -> Condition:
    """The checked condition that `text` says. Raises `ExpressionError`."""
    checked = Condition(text, _Checker(vocabulary).truth(parse(text)))
    _no_mixture(checked)
    return checked


def _no_mixture(checked: Condition) -> None:
    """Silence is measured by our clock, values by the device's: one rule has one clock."""
    others = (Comparison, Stuck, QualityIs)
    if checked.is_silence and any(isinstance(node, others) for node in nodes(checked.root)):
        raise ExpressionError(
            "silent(…) cannot be mixed with conditions on values",
            max(0, checked.text.find("silent")),
            "make a rule of its own of it",
        )


class _Checker:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def truth(self, node: Node) -> Truth:
        match node:
            case Infix("and" | "or" as sign, left, right):
                return Joined(sign, self.truth(left), self.truth(right))
            case Prefix("not", operand):
                return Not(self.truth(operand))
            case Infix(sign, left, right, column) if sign in COMPARISONS:
                return self._comparison(sign, left, right, column)
            case Call(name, _, column) if self._function(name, column).yields == "truth":
                return self._truth_call(node)
            case _:
                self._number(node)  # what is wrong inside it comes first
                raise ExpressionError(
                    "this is a number, not a condition",
                    _leftmost(node),
                    "compare it: 'pressure < 1.5 bar'",
                )

    def _comparison(self, sign: str, left: Node, right: Node, column: int) -> Comparison:
        one, other = self._number(left), self._number(right)
        if isinstance(one, Literal):
            if isinstance(other, Literal):
                raise ExpressionError(
                    "two fixed numbers are compared", column, "one side must be a quantity"
                )
            sign, one, other = _FLIPPED[sign], other, one
        limit = (
            Constant(canonical(other.number, one.measure))
            if isinstance(other, Literal)
            else in_unit_of(other, one.measure, column)
        )
        measure = one.measure
        quantity = measure.quantity or (
            None if isinstance(other, Literal) else other.measure.quantity
        )
        signed = cast("ComparisonSign", sign)
        return Comparison(signed, one.node, limit, measure.shown or PLAIN, quantity)

    def _number(self, node: Node) -> Measured | Literal:
        match node:
            case Number():
                check_known(node)
                return Literal(node)
            case Name(text, column):
                quantity = self._vocabulary.quantity(text, column)
                return Measured(Value(quantity), Measure(quantity.unit, quantity=quantity))
            case Call(name, _, column):
                return self._number_call(node, self._function(name, column))
            case Prefix("-", operand):
                return negative(self._number(operand))
            case Infix("+" | "-" | "*" | "/" as sign, left, right, column):
                return arithmetic(sign, self._number(left), self._number(right), column)
            case _:
                self.truth(node)
                raise ExpressionError(
                    "this is a condition, not a number",
                    _leftmost(node),
                    "join conditions with 'and' or 'or'",
                )

    def _function(self, name: str, column: int) -> Function:
        found = FUNCTIONS.get(name)
        if found is None:
            hint = did_you_mean(name, FUNCTIONS, otherwise=f"known are {', '.join(FUNCTIONS)}")
            raise ExpressionError(f"there is no function {name!r}", column, hint)
        return found

    def _number_call(self, call: Call, function: Function) -> Measured:
        if function.yields == "truth":
            raise ExpressionError(
                f"{function.name}(…) is a condition, not a number",
                call.column,
                f"write it alone: '{function.usage}'",
            )
        quantity, span = self._arguments(call, function)
        assert quantity is not None  # noqa: S101  # every statistic's form has one
        statistic = cast("Statistic", function.name)
        node = Windowed(statistic, quantity, span)
        if statistic == "count":
            return Measured(node, Measure())
        return Measured(
            node,
            Measure(
                quantity.unit,
                difference=statistic in {"delta", "rate", "stddev"},
                per_hour=statistic == "rate",
                quantity=quantity,
            ),
        )

    def _truth_call(self, call: Call) -> Truth:
        function = FUNCTIONS[call.function]
        quantity, span = self._arguments(call, function)
        match function.name:
            case "silent":
                return Silent(quantity, span)
            case "good":
                return QualityIs(0)
            case "fault":
                return QualityIs(2)
            case _:
                assert quantity is not None  # noqa: S101  # stuck's form has one
                return Stuck(quantity, span)

    def _arguments(self, call: Call, function: Function) -> tuple[Quantity | None, int]:
        given = tuple("quantity" if isinstance(a, Name) else "duration" for a in call.arguments)
        if given not in function.forms:
            raise ExpressionError(
                f"{function.name}(…) cannot be called so",
                call.column,
                f"write {function.usage}, with a quantity for x and such as 5m for d"
                if function.forms != ((),)
                else f"write {function.usage}",
            )
        quantity: Quantity | None = None
        span = 0
        for argument in call.arguments:
            if isinstance(argument, Name):
                quantity = self._vocabulary.quantity(argument.text, argument.column)
            else:
                span = _span(argument)
        return quantity, span


def _span(number: Number) -> int:
    try:
        span = parse_duration(number.text)
    except DurationError:
        raise ExpressionError(
            f"{number.text!r} is no duration",
            number.column,
            "write a whole number and ms, s, m, h or d: 5m",
        ) from None
    if not 0 < span <= LONGEST_SPAN_MS:
        raise ExpressionError(
            f"{number.text!r} is no useful duration", number.column, "it may be up to 31d"
        )
    return span


def _leftmost(node: Node) -> int:
    return _leftmost(node.left) if isinstance(node, Infix) else node.column
