"""SKAB: a pump on a test bench, once a second, with faults of about five minutes.

A run of 20 minutes would be over in seconds at the replay's speed, so every sixth row is taken
and the rows are set a minute apart: ten times slower than it was. The bench's pressure swings
around 0 bar (gauge) and says nothing; it is left out, as are accelerations in g.
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Event, Row, Series
from simulators.table import Column, events, iso_column, rows

KIND = "pump"
EVERY = 6
STRETCH = 10
COLUMNS = (
    Column("Current", "water.pump_current", "A"),
    Column("Volume Flow RateRMS", "water.flow", "L/min"),
)
PARTS = {
    "draining": "skab_other_12.csv",
    "leak": "skab_other_1.csv",
    "valve": "skab_valve1_0.csv",
}


def load(folder: Path, part: str) -> Series:
    """One run: `draining` with cavitation, `leak`, or a `valve` half closed."""
    file, water = PARTS[part], folder / "water"
    recorded = list(rows(water / file, KIND, COLUMNS, iso_column("datetime"), ";"))
    first = recorded[0].ts

    def stretched(ts: int) -> int:
        return first + (ts - first) * STRETCH

    return Series(
        f"skab/{part}",
        KIND,
        tuple(column.quantity for column in COLUMNS),
        [Row(stretched(row.ts), row.values) for row in recorded[::EVERY]],
        tuple(
            Event(stretched(event.start), stretched(event.end), f"{part} ({event.kind})")
            for event in events(water / "skab_events.csv", file)
        ),
    )
