"""How fast a count grows."""

from __future__ import annotations


class Rate:
    """`per_second` over the time between the last two calls of `see`."""

    def __init__(self) -> None:
        self._count = 0
        self._at = 0.0
        self.per_second = 0.0

    def see(self, count: int, now: float) -> None:
        """Note the count at `now`, in seconds of any clock."""
        if self._at and now > self._at:
            self.per_second = (count - self._count) / (now - self._at)
        self._count, self._at = count, now
