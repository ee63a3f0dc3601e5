"""Durations as people write them in rules and options: `500ms`, `30s`, `5m`, `2h`, `1d`."""

from __future__ import annotations

import re

from telemetry.errors import DurationError

_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"([0-9]{1,9})\s?(ms|s|m|h|d)")


def parse_duration(text: str) -> int:
    """Milliseconds. Raises `DurationError`."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise DurationError(
            f"{text!r} is no duration: write a whole number and ms, s, m, h or d, such as '5m'"
        )
    return int(found[1]) * _MS[found[2]]


def format_duration(ms: int) -> str:
    """The shortest text that `parse_duration` reads back: `300000` is `5m`."""
    for unit in ("d", "h", "m", "s"):
        if ms and ms % _MS[unit] == 0:
            return f"{ms // _MS[unit]}{unit}"
    return f"{ms}ms"
