"""How fresh a device's data are: the one decision behind every mark on the page."""

from __future__ import annotations

from enum import StrEnum

LATE_INTERVALS = 3
"""Two lost readings are the radio's everyday life; the third is a finding."""
SILENT_INTERVALS = 12
GRACE_MS = 10_000
"""What the way to the page may take: a device's batch, the store's batch, the page's own cache."""


class Freshness(StrEnum):
    """Only `LIVE` may be shown as normal."""

    LIVE = "live"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"

    @property
    def stale(self) -> bool:
        return self is not Freshness.LIVE


def judge(at: int | None, now: int, interval_s: float, time_scale: float = 1.0) -> Freshness:
    """The freshness of a device that reports every `interval_s`, its last reading of time `at`.

    A replay that runs `time_scale` times faster than the clock reports that much more often.
    """
    if at is None:
        return Freshness.NEVER
    interval_ms = interval_s * 1000 / time_scale
    age = now - at
    if age <= LATE_INTERVALS * interval_ms + GRACE_MS:
        return Freshness.LIVE
    return Freshness.LATE if age <= SILENT_INTERVALS * interval_ms + GRACE_MS else Freshness.SILENT
