"""GraphLeak WDN1: a simulated (EPANET) water network, every 10 minutes, ten days with a leak.

The 15 days are set one after the other. Pressures in mH2O; the unit of the flows is not stated,
L/min is likely. A part is a node: `n2` (next to the reservoir), `n7` or `n9`.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from simulators.series import Event, Row, Series
from simulators.table import Column, iso_ms, rows, table

FILE = "graphleak_wdn1"
KIND = "water-pressure-logger"
FIRST = iso_ms("2020-01-01T00:00:00")
DAY_S = 86_400


def load(folder: Path, part: str) -> Series:
    """One node."""
    path = folder / "water" / f"{FILE}.csv"
    columns = (
        Column(f"pressure_{part}", "water.pressure", "mH2O"),
        Column(f"flow_{part}", "water.flow", "L/min"),
    )
    days = {
        day: number
        for number, day in enumerate(
            dict.fromkeys(texts["source_file"] for _, texts in table(path))
        )
    }

    def at(day: str, seconds: str) -> int:
        return FIRST + (days[day] * DAY_S + int(seconds)) * 1000

    readings = rows(path, KIND, columns, lambda texts: at(texts["source_file"], texts["time_s"]))
    # A day's file ends at midnight, where the next one begins.
    kept = [
        row for row, after in itertools.pairwise([*readings, Row(0, {})]) if row.ts != after.ts
    ]
    labelled = tuple(
        Event(
            at(texts["series"], texts["start"]), at(texts["series"], texts["end"]), texts["kind"]
        )
        for _, texts in table(folder / "water" / f"{FILE}.events.csv")
    )
    return Series(
        f"graphleak/{part}", KIND, tuple(column.quantity for column in columns), kept, labelled
    )
