"""How figures, ages and times are written for a reader of either language."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from portal.words import WORDS, Words

VIETNAM = datetime.timezone(datetime.timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Vietnam keeps UTC+7 all year, without daylight saving time."""

_SWAP_SEPARATORS = str.maketrans(",.", ".,")
_PRETTY = str.maketrans({"3": "³", "2": "²", "u": "µ"})
_DECIMALS = ((1000, 0), (100, 1), (1, 2), (0.1, 3), (0.001, 4))
_STEPS = (
    (60, 1, "seconds-ago"),
    (3600, 60, "minutes-ago"),
    (86_400, 3600, "hours-ago"),
)


@dataclass(frozen=True)
class Writing(Words):
    """The words, and figures among them. Times are ms since 1970 and shown as Vietnam's."""

    def number(self, value: float) -> str:
        """About three significant digits: 3,21 · 946,7 · 0,0042 · 1.234.567."""
        size = abs(value)
        decimals = next((few for limit, few in _DECIMALS if size >= limit), 6)
        text = f"{value:,.{decimals}f}"
        if decimals:
            text = text.rstrip("0").rstrip(".")
        text = "0" if text == "-0" else text
        return text if self.language == "en" else text.translate(_SWAP_SEPARATORS)

    def quantity(self, value: float, unit: str) -> str:
        """A value with its unit as people write it; pure numbers (pH, power factor) have none."""
        shown = self(f"unit-{unit}") if f"unit-{unit}" in WORDS else unit.translate(_PRETTY)
        return f"{self.number(value)} {shown}".rstrip()

    def ago(self, age_ms: int) -> str:
        """An age; a clock that runs ahead of ours makes a reading of just now."""
        seconds = age_ms // 1000
        if seconds < 1:
            return self("just-now")
        for limit, size, key in _STEPS:
            if seconds < limit:
                return self(key, n=seconds // size)
        return self("days-ago", n=seconds // 86_400)

    def clock(self, at: int) -> str:
        """The time of day of `at` (ms since 1970)."""
        return _local(at).strftime("%H:%M:%S")

    def moment(self, at: int, now: int) -> str:
        """The time of day, and the date where it is not today."""
        local = _local(at)
        if local.date() == _local(now).date():
            return self.clock(at)
        return local.strftime("%H:%M %d/%m/%Y" if self.language == "vi" else "%H:%M %Y-%m-%d")

    def iso(self, at: int) -> str:
        """RFC 3339, for machines that read the page."""
        return _local(at).isoformat(timespec="seconds")


def _local(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at / 1000, VIETNAM)
