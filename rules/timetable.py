"""When to look at which rule of which device again, though no reading asks for it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from rules.track import Device, Track


class _Due(NamedTuple):
    at: int
    order: int
    device: Device
    track: Track


class Timetable:
    """A heap of times (ms, of the caller's clock); only a track's earliest entry counts."""

    def __init__(self) -> None:
        self._heap: list[_Due] = []
        self._order = itertools.count()

    def enter(self, device: Device, track: Track, at: int) -> None:
        """Look at `track` at `at`, unless it is looked at before that anyway."""
        if track.due is None or at < track.due:
            track.due = at
            entry = _Due(at, next(self._order), device, track)
            heapq.heappush(self._heap, entry)

    def due(self, now: int) -> Iterator[tuple[Device, Track]]:
        """Every entry up to `now`, those that are entered meanwhile too."""
        while self._heap and self._heap[0].at <= now:
            entry = heapq.heappop(self._heap)
            if entry.track.due == entry.at:
                entry.track.due = None
                yield entry.device, entry.track
