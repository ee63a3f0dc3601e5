"""The closures that conditions become.

Each yields None where something it needs is not known: what is unknown neither fires nor clears
an alarm. `and` is false as soon as one side is false, `or` true as soon as one is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rules.windows import Run, Window

Values = Mapping[str, float]
Heard = Mapping[str, int]
"""When the device ("") or a field of it was received last, in ms."""


class Memory:
    """What one rule remembers of one device."""

    __slots__ = ("runs", "windows")

    def __init__(self, windows: list[Window], runs: list[Run]) -> None:
        self.windows = windows
        self.runs = runs


Number = Callable[[Values, Memory, int], float | None]
Test = Callable[[Values, Memory, int], bool | None]
"""Called with the values of a reading, the memory and the reading's quality."""
SilenceTest = Callable[[Heard, int], bool | None]
"""Called with what was heard when, and the time now."""


def of_reading(field: str) -> Number:
    return lambda values, _memory, _q: values.get(field)


def unknown(_values: Values, _memory: Memory, _q: int) -> float | None:
    return None


def windowed(statistic: Callable[[Window], float | None], place: int) -> Number:
    return lambda _values, memory, _q: statistic(memory.windows[place])


def rate(place: int, ms: float) -> Number:
    def rate(_values: Values, memory: Memory, _q: int) -> float | None:
        found = memory.windows[place].rate()
        return None if found is None else found * ms

    return rate


def converted(operand: Number, factor: float, offset: float) -> Number:
    def converted(values: Values, memory: Memory, q: int) -> float | None:
        found = operand(values, memory, q)
        return None if found is None else found * factor + offset

    return converted


def combined(sign: Callable[[float, float], float], left: Number, right: Number) -> Number:
    def combined(values: Values, memory: Memory, q: int) -> float | None:
        one, other = left(values, memory, q), right(values, memory, q)
        return None if one is None or other is None else sign(one, other)

    return combined


def quotient(left: Number, right: Number) -> Number:
    def quotient(values: Values, memory: Memory, q: int) -> float | None:
        one, other = left(values, memory, q), right(values, memory, q)
        return None if one is None or not other else one / other

    return quotient


def plain_comparison(sign: Callable[[float, float], bool], field: str, limit: float) -> Test:
    def compare(values: Values, _memory: Memory, _q: int) -> bool | None:
        found = values.get(field)
        return None if found is None else sign(found, limit)

    return compare


def comparison(sign: Callable[[float, float], bool], left: Number, right: Number) -> Test:
    def compare(values: Values, memory: Memory, q: int) -> bool | None:
        one, other = left(values, memory, q), right(values, memory, q)
        return None if one is None or other is None else sign(one, other)

    return compare


def negated(operand: Test) -> Test:
    def negated(values: Values, memory: Memory, q: int) -> bool | None:
        found = operand(values, memory, q)
        return None if found is None else not found

    return negated


def both(left: Test, right: Test) -> Test:
    def both(values: Values, memory: Memory, q: int) -> bool | None:
        one = left(values, memory, q)
        if one is False:
            return False
        other = right(values, memory, q)
        return other if other is False or one is True else None

    return both


def either(left: Test, right: Test) -> Test:
    def either(values: Values, memory: Memory, q: int) -> bool | None:
        one = left(values, memory, q)
        if one is True:
            return True
        other = right(values, memory, q)
        return other if other is True or one is False else None

    return either


def silent(field: str, span: int) -> SilenceTest:
    def silent(heard: Heard, now: int) -> bool | None:
        since = heard.get(field)
        return None if since is None else now - since >= span

    return silent


def never(operand: SilenceTest) -> SilenceTest:
    def negated(heard: Heard, now: int) -> bool | None:
        found = operand(heard, now)
        return None if found is None else not found

    return negated


def join_silences(conjunction: bool, left: SilenceTest, right: SilenceTest) -> SilenceTest:
    def joined(heard: Heard, now: int) -> bool | None:
        found = (left(heard, now), right(heard, now))
        if (not conjunction) in found:
            return not conjunction
        return None if None in found else conjunction

    return joined
