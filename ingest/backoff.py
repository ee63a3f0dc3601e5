"""Waiting times between attempts: doubled at each failure, up to a bound, with jitter."""

from __future__ import annotations

import random

_random = random.SystemRandom()


class Backoff:
    """`next()` is the time to wait before the next attempt, in seconds."""

    def __init__(self, first: float = 0.1, most: float = 10.0) -> None:
        self._first = first
        self.most = most
        self._delay = first

    def next(self) -> float:
        """Between a half and the whole of the delay, so that many do not come back at once."""
        delay = self._delay
        self._delay = min(self.most, delay * 2)
        return delay * _random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It worked: begin anew at the next failure."""
        self._delay = self._first
