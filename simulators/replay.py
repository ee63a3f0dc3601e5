"""Plays a series as if it happened now, faster; a decision on data, no clock is read here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from simulators.series import Row, Series

DEFAULT_SPEED = 300.0
"""Five minutes of the data pass in a second."""


class Claim(NamedTuple):
    """A reading that a device is about to make: `ts` in ms since 1970, really now.

    A `garbled` one is broken on its way into the message (simulators/misbehaving.py).
    """

    ts: int
    values: Mapping[str, float]
    q: int = 0
    garbled: bool = False


class Truth(NamedTuple):
    """A labelled event as it is met in the replay: when it begins and ends in shifted time."""

    start: int
    end: int
    kind: str


class Source(Protocol):
    """Where a device's readings come from."""

    @property
    def position(self) -> int:
        """The place in the series where a restart resumes."""

    @property
    def ended(self) -> bool:
        """Whether there will never be another reading."""

    def next_at(self) -> int:
        """When the next reading is due, ms since 1970."""

    def due(self, now: int) -> list[Claim]:
        """The readings up to `now` that were not given before, in order."""

    def met(self) -> list[Truth]:
        """The labelled events that began since the last call."""


class Replay:
    """A series from its row `first` on, at `speed`; a row's time becomes
    `started + (t - t_first) / speed`, and so do the times of its labelled events.

    After the last row it starts again at the first one, one usual interval later, so that times
    always go on; with `laps` it ends after so many.
    """

    def __init__(
        self, series: Series, first: int, speed: float, started: int, laps: int | None = None
    ) -> None:
        self._series = series
        self._interval = series.interval_ms
        self._speed = speed
        self._laps = laps
        self._next = first if first < len(series.rows) else 0
        self._anchor = float(started)  # when the row at `_origin` happens
        self._origin = series.rows[self._next].ts
        self._event = 0
        self._met: list[Truth] = []

    @property
    def position(self) -> int:
        return self._next

    @property
    def ended(self) -> bool:
        return self._laps == 0

    def next_at(self) -> int:
        return self._shifted(self._series.rows[self._next].ts)

    def due(self, now: int) -> list[Claim]:
        claims: list[Claim] = []
        while not self.ended and self.next_at() <= now:
            row = self._series.rows[self._next]
            self._meet_events(row)
            claims.append(Claim(self._shifted(row.ts), row.values, row.q))
            self._advance()
        return claims

    def met(self) -> list[Truth]:
        found, self._met = self._met, []
        return found

    def _shifted(self, ts: int) -> int:
        return round(self._anchor + (ts - self._origin) / self._speed)

    def _advance(self) -> None:
        self._next += 1
        rows = self._series.rows
        if self._next < len(rows):
            return
        self._anchor += (rows[-1].ts + self._interval - self._origin) / self._speed
        self._origin = rows[0].ts
        self._next = 0
        self._event = 0
        if self._laps is not None:
            self._laps -= 1

    def _meet_events(self, row: Row) -> None:
        events = self._series.events
        while self._event < len(events) and events[self._event].start <= row.ts:
            event = events[self._event]
            if event.end >= self._origin:  # not over before this lap began
                start, end = self._shifted(event.start), self._shifted(event.end)
                self._met.append(Truth(start, end, event.kind))
            self._event += 1
