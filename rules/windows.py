"""What a rule remembers of a quantity: the readings of a span of time, or a run of equal ones.

Windows go by event time, grow and shrink by one reading at a time, and are bounded. Their sums
are kept as whole millionths of the canonical unit: exact, so neither the order in which readings
came nor a restart in between changes what a rule decides.
"""

from __future__ import annotations

import math
import sys
from array import array
from bisect import bisect_right
from typing import TypeVar

MOST = 10_000
"""Readings in a window; beyond it the oldest are forgotten (2 h 46 min of one a second)."""

SavedWindow = tuple[bytes, bytes]
"""Times and values, little-endian."""
SavedRun = tuple[float, int, int, int]
"""The value, since when, the newest reading of it, how many of them."""

_PARTS = 1_000_000
Numbers = TypeVar("Numbers", "array[int]", "array[float]")


class Window:
    """The readings of (newest - span, newest], times in ms."""

    __slots__ = ("_head", "_high", "_low", "_span", "_squares", "_times", "_total", "_values")

    def __init__(self, span_ms: int) -> None:
        self._span = span_ms
        self._times = array("q")
        self._values = array("d")
        self._head = 0  # readings before it have left the window
        self._total = 0
        self._squares = 0
        self._low: float | None = None  # None: to be looked for again
        self._high: float | None = None

    def __len__(self) -> int:
        return len(self._times) - self._head

    def add(self, at: int, value: float) -> None:
        """Take in a reading, late ones where they fit; one older than the window is ignored."""
        times = self._times
        if len(times) == self._head or at >= times[-1]:
            times.append(at)
            self._values.append(value)
        else:
            if at <= times[-1] - self._span:
                return
            place = bisect_right(times, at, lo=self._head)
            times.insert(place, at)
            self._values.insert(place, value)
        self._count(value, 1)
        if self._low is not None and value < self._low:
            self._low = value
        if self._high is not None and value > self._high:
            self._high = value
        self.slide(times[-1])
        if len(self) > MOST:
            self._forget_oldest()

    def slide(self, now: int) -> None:
        """Let go what is `span` or more older than `now`."""
        times, edge = self._times, now - self._span
        while self._head < len(times) and times[self._head] <= edge:
            self._forget_oldest()

    def average(self) -> float | None:
        count = len(self)
        return self._total / (count * _PARTS) if count else None

    def sum(self) -> float | None:
        return self._total / _PARTS if len(self) else None

    def count(self) -> float:
        return float(len(self))

    def minimum(self) -> float | None:
        if self._low is None and len(self):
            self._low = min(self._values[self._head :])
        return self._low if len(self) else None

    def maximum(self) -> float | None:
        if self._high is None and len(self):
            self._high = max(self._values[self._head :])
        return self._high if len(self) else None

    def last(self) -> float | None:
        return self._values[-1] if len(self) else None

    def delta(self) -> float | None:
        return self._values[-1] - self._values[self._head] if len(self) > 1 else None

    def rate(self) -> float | None:
        """The change in one ms of event time."""
        if len(self) < 2 or self._times[-1] == self._times[self._head]:
            return None
        elapsed = self._times[-1] - self._times[self._head]
        return (self._values[-1] - self._values[self._head]) / elapsed

    def deviation(self) -> float | None:
        """The standard deviation of the readings as a whole population."""
        count = len(self)
        if count < 2:
            return None
        return math.sqrt(count * self._squares - self._total * self._total) / (count * _PARTS)

    def saved(self) -> SavedWindow:
        return (
            _little(self._times[self._head :]).tobytes(),
            _little(self._values[self._head :]).tobytes(),
        )

    def restore(self, saved: SavedWindow) -> None:
        """Take over what `saved` gave; raises `ValueError` for bytes that are no window."""
        times, values = array("q"), array("d")
        times.frombytes(saved[0])
        values.frombytes(saved[1])
        for at, value in zip(_little(times), _little(values), strict=True):
            self.add(at, value)

    def _forget_oldest(self) -> None:
        value = self._values[self._head]
        self._head += 1
        self._count(value, -1)
        if value == self._low:
            self._low = None
        if value == self._high:
            self._high = None
        if self._head > 64 and self._head * 2 > len(self._times):
            del self._times[: self._head]
            del self._values[: self._head]
            self._head = 0

    def _count(self, value: float, sign: int) -> None:
        parts = round(value * _PARTS)
        self._total += sign * parts
        self._squares += sign * parts * parts


class Run:
    """How long a quantity has had one and the same value."""

    __slots__ = ("_count", "_last", "_since", "_span", "value")

    FEWEST = 4
    """Equal readings that make a run: two with a gap between them prove nothing."""

    def __init__(self, span_ms: int) -> None:
        self._span = span_ms
        self._since = self._last = 0
        self._count = 0
        self.value = math.nan

    def add(self, at: int, value: float) -> None:
        """Take in a reading; a late one that differs ends the run before it."""
        if value == self.value and self._count:
            self._last = max(self._last, at)
            self._count += 1
        elif at >= self._last or not self._count:
            self.value, self._since, self._last, self._count = value, at, at, 1
        elif at > self._since:
            self._since = at

    def slide(self, now: int) -> None:
        """A run has no edge to move."""

    def stuck(self) -> bool | None:
        """None while nothing was read."""
        if not self._count:
            return None
        return self._count >= self.FEWEST and self._last - self._since >= self._span

    def saved(self) -> SavedRun:
        return self.value, self._since, self._last, self._count

    def restore(self, saved: SavedRun) -> None:
        """Take over what `saved` gave."""
        self.value, self._since, self._last, self._count = saved


def _little(numbers: Numbers) -> Numbers:
    """The same numbers in little-endian order, as they are saved, and back."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
