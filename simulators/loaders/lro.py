"""Logan River Observatory, Main Street 2019: a river station, every 15 minutes, 28 events.

The raw columns are replayed, as the sensors sent them; the corrected ones and the technicians'
qualifiers came later. The labels are those qualifiers, each with the column that it concerns.
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Series
from simulators.table import Column, events, iso_column, rows

FILE = "lro_mainstreet_2019_first_15000_rows"
KIND = "river-station"
COLUMNS = (
    Column("temp", "water.temp", "°C"),
    Column("cond", "water.ec", "uS/cm"),
    Column("ph", "water.ph", "1"),
    Column("do", "water.do", "mg/L"),
    Column("turb", "water.turbidity", "NTU"),
    Column("stage", "water.level", "cm"),
)


def load(folder: Path, part: str) -> Series:
    """The station; its only part is `main-street`."""
    water = folder / "water"
    return Series(
        f"lro/{part}",
        KIND,
        tuple(column.quantity for column in COLUMNS),
        list(rows(water / f"{FILE}.csv", KIND, COLUMNS, iso_column("datetime"))),
        events(water / f"{FILE}.events.csv", f"{FILE}.csv"),
    )
