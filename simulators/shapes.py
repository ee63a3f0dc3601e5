"""What the fitted figures mean: curves over a day, incidents, profiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

HOUR_MS = 3_600_000
DAY_HOURS = 24


@dataclass(frozen=True)
class Curve:
    """One quantity: its mean in each hour of the day (or one mean for all), the standard
    deviation around it, its correlation from row to row, how closely it follows the first
    quantity of the profile (1 as that, -1 against it), and the bounds it stays in.

    `spread` is the standard deviation of the level between devices, as a part of it.
    """

    means: tuple[float, ...]
    sd: float
    ar1: float
    follows: float
    low: float
    high: float
    spread: float = 0.0

    def expected(self, hour: float) -> float:
        """The mean at an hour of the day (0 to 24), interpolated between the hours' middles."""
        if len(self.means) == 1:
            return self.means[0]
        place = hour - 0.5
        before = math.floor(place)
        share = place - before
        here, there = self.means[before % DAY_HOURS], self.means[(before + 1) % DAY_HOURS]
        return here * (1 - share) + there * share


@dataclass(frozen=True)
class Incident:
    """A labelled event: when after the role's begin it starts, how long it takes, and how each
    quantity differs from what is expected, in so many equal phases. Nothing changes at all while
    a value is `stuck`."""

    kind: str
    after_s: int
    seconds: int
    change: Mapping[str, tuple[float, ...]]
    stuck: bool = False

    def lasts_at(self, passed_s: int) -> bool:
        """Whether it lasts when so many seconds have passed since the role's begin."""
        return 0 <= passed_s - self.after_s <= self.seconds

    def change_at(self, passed_s: int, quantity: str) -> float:
        """By how much the quantity differs then from what is expected."""
        phases = self.change.get(quantity, (0.0,))
        phase = (passed_s - self.after_s) * len(phases) // max(self.seconds, 1)
        return phases[min(phase, len(phases) - 1)]


@dataclass(frozen=True)
class Profile:
    """All quantities (by key of the catalogue) of one series, a row every `interval_s`."""

    kind: str
    interval_s: int
    rows: int
    curves: Mapping[str, Curve]
