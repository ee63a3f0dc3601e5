"""From a checked condition to closures that evaluate it, for one sector and one time scale."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import NamedTuple

from rules import closures
from rules.closures import Memory, Number, SilenceTest, Test, Values
from rules.typed import (
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Converted,
    Joined,
    Not,
    Numeric,
    QualityIs,
    Silent,
    Statistic,
    Stuck,
    Truth,
    Value,
    Windowed,
    nodes,
)
from rules.windows import Run, Window
from telemetry.catalogue import Quantity, field_of

SHORTEST_SILENCE_MS = 15_000
"""A time scale makes no silence shorter: devices connect and send batches in real time."""

_HOUR_MS = 3_600_000
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_STATISTICS: dict[Statistic, Callable[[Window], float | None]] = {
    "avg": Window.average,
    "min": Window.minimum,
    "max": Window.maximum,
    "sum": Window.sum,
    "count": Window.count,
    "last": Window.last,
    "delta": Window.delta,
    "stddev": Window.deviation,
}


class Probe(NamedTuple):
    """One part of a condition that can be shown to people: a value beside its limit."""

    holds: Test
    value: Number
    limit: Number
    unit: str
    field: str


class Layout:
    """The windows and runs that a rule's conditions need of each device."""

    def __init__(self) -> None:
        self.windows: list[tuple[str, int]] = []
        self.runs: list[tuple[str, int]] = []

    def memory(self) -> Memory:
        return Memory(
            [Window(span) for _, span in self.windows], [Run(span) for _, span in self.runs]
        )

    def take_in(self, memory: Memory, at: int, values: Values) -> None:
        """Add the reading's values to every window they belong to."""
        for (field, _), window in zip(self.windows, memory.windows, strict=True):
            value = values.get(field)
            if value is None:
                window.slide(at)
            else:
                window.add(at, value)
        for (field, _), run in zip(self.runs, memory.runs, strict=True):
            value = values.get(field)
            if value is not None:
                run.add(at, value)


class Compiler:
    """Compiles the conditions of one rule; they share their windows through `layout`."""

    def __init__(self, sector: str, time_scale: float) -> None:
        self.layout = Layout()
        self._sector = sector
        self._scale = time_scale

    def test(self, condition: Condition) -> Test:
        return self._truth(condition.root)

    def probes(self, condition: Condition) -> tuple[Probe, ...]:
        """The parts that can be shown, in the order written."""
        found = (self._probe(node) for node in nodes(condition.root))
        return tuple(probe for probe in found if probe is not None)

    def silence(self, condition: Condition) -> SilenceTest:
        return self._silence(condition.root)

    def spans(self, condition: Condition) -> tuple[tuple[str, int], ...]:
        """(field, ms) of each `silent` in it; the field "" stands for the device itself."""
        return tuple(
            (self._heard_field(node.quantity), self._silent_ms(node.span_ms))
            for node in nodes(condition.root)
            if isinstance(node, Silent)
        )

    def field(self, quantity: Quantity) -> str:
        return field_of(quantity, self._sector)

    def _ms(self, span_ms: int) -> int:
        return max(1, round(span_ms / self._scale))

    def _silent_ms(self, span_ms: int) -> int:
        # Networks and brokers run no faster when data is replayed faster.
        return max(self._ms(span_ms), min(span_ms, SHORTEST_SILENCE_MS))

    def _heard_field(self, quantity: Quantity | None) -> str:
        return "" if quantity is None else self.field(quantity)

    def _probe(self, node: Truth | Numeric) -> Probe | None:
        match node:
            case Comparison(_, left, right, unit, quantity):
                field = self.field(quantity) if quantity else ""
                return Probe(
                    self._truth(node), self._number(left), self._number(right), unit, field
                )
            case Stuck(quantity):
                field = self.field(quantity)
                return Probe(
                    self._truth(node),
                    closures.of_reading(field),
                    closures.unknown,
                    quantity.unit,
                    field,
                )
            case _:
                return None

    def _number(self, node: Numeric) -> Number:
        match node:
            case Constant(value):
                return lambda _values, _memory, _q: value
            case Value(quantity):
                return closures.of_reading(self.field(quantity))
            case Windowed(statistic, quantity, span_ms):
                place = _place(self.layout.windows, (self.field(quantity), self._ms(span_ms)))
                if statistic == "rate":
                    return closures.rate(place, _HOUR_MS / self._scale)
                return closures.windowed(_STATISTICS[statistic], place)
            case Converted(operand, factor, offset):
                return closures.converted(self._number(operand), factor, offset)
            case Arithmetic("/", left, right):
                return closures.quotient(self._number(left), self._number(right))
            case Arithmetic(sign, left, right):
                return closures.combined(
                    _ARITHMETIC[sign], self._number(left), self._number(right)
                )

    def _truth(self, node: Truth) -> Test:
        match node:
            case Comparison(sign, Value(quantity), Constant(limit)):
                return closures.plain_comparison(_SIGNS[sign], self.field(quantity), limit)
            case Comparison(sign, left, right):
                return closures.comparison(_SIGNS[sign], self._number(left), self._number(right))
            case Stuck(quantity, span_ms):
                place = _place(self.layout.runs, (self.field(quantity), self._ms(span_ms)))
                return lambda _values, memory, _q: memory.runs[place].stuck()
            case QualityIs(code):
                return lambda _values, _memory, q: q == code
            case Not(operand):
                return closures.negated(self._truth(operand))
            case Joined("and", left, right):
                return closures.both(self._truth(left), self._truth(right))
            case Joined(_, left, right):
                return closures.either(self._truth(left), self._truth(right))
            case Silent():
                raise TypeError("a silence is tested by the clock, not by a reading")

    def _silence(self, node: Truth) -> SilenceTest:
        match node:
            case Silent(quantity, span_ms):
                return closures.silent(self._heard_field(quantity), self._silent_ms(span_ms))
            case Not(operand):
                return closures.never(self._silence(operand))
            case Joined(sign, left, right):
                return closures.join_silences(
                    sign == "and", self._silence(left), self._silence(right)
                )
            case _:
                raise TypeError("a condition on values is tested by a reading, not by the clock")


def _place(layout: list[tuple[str, int]], wanted: tuple[str, int]) -> int:
    if wanted not in layout:
        layout.append(wanted)
    return layout.index(wanted)
