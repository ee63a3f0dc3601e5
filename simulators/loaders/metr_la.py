"""METR-LA: the speed at 207 loop detectors of Los Angeles on one day, every 5 minutes, no labels.

A part is a sensor's id of the file's header.
"""

from __future__ import annotations

import functools
from pathlib import Path

from simulators.series import Row, Series
from simulators.table import TableError, iso_ms, table
from telemetry.units import convert

FILE = "metr_la_speed_1day.csv"
KIND = "traffic-counter"
SPACING_MS = 300_000
FIRST = iso_ms("2012-03-01T00:00:00")


def load(folder: Path, part: str) -> Series:
    """One sensor. A speed of 0 is the data's mark for a missing value."""
    readings = [
        Row(FIRST + index * SPACING_MS, {"speed": round(convert(speed, "mph", "km/h"), 3)})
        for index, speed in enumerate(_speeds(folder / "traffic" / FILE)[part])
        if speed > 0
    ]
    return Series(f"metr-la/{part}", KIND, ("traffic.speed",), readings)


@functools.lru_cache(maxsize=1)
def _speeds(path: Path) -> dict[str, list[float]]:
    """The whole file, mph by sensor: it is read once for all its sensors."""
    found: dict[str, list[float]] = {}
    for number, texts in table(path):
        try:
            for sensor, text in texts.items():
                found.setdefault(sensor, []).append(float(text))
        except ValueError as error:
            raise TableError(f"{path}, line {number}: {error}") from None
    return found
