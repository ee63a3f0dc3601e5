"""ETT (ETTh1): load and oil temperature of a power transformer, hourly, no labels.

The unit of the loads is not stated; they are taken as MW and Mvar, which fits a 110 kV
transformer whose oil is warmed as much. The oil temperature is the same in every part.
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Series
from simulators.table import Column, iso_column, rows

FILE = "ett_h1_first_5000_rows.csv"
KIND = "transformer-monitor"
PARTS = {"high": "HUFL", "middle": "MUFL", "low": "LUFL"}


def load(folder: Path, part: str) -> Series:
    """The transformer with its `high`, `middle` or `low` useful load."""
    columns = (
        Column("OT", "power.oil_temp", "°C"),
        Column(PARTS[part], "power.active", "MW"),
    )
    return Series(
        f"ett/{part}",
        KIND,
        tuple(column.quantity for column in columns),
        list(rows(folder / "power" / FILE, KIND, columns, iso_column("date"))),
    )
