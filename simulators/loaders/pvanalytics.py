"""pvanalytics: the AC power of solar inverters, every 15 minutes, with stuck values or outliers.

The power is normalised in the data; 1 stands for an inverter of 100 kW here.
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Series
from simulators.table import Column, events, iso_column, rows

KIND = "solar-inverter"
RATED_KW = 100.0
COLUMNS = (Column("value_normalized", "power.active", "kW", RATED_KW),)
PARTS = {
    "stale": "pvanalytics_ac_power_inv_2173_stale_data",
    "outliers": "pvanalytics_ac_power_inv_7539_outliers",
}


def load(folder: Path, part: str) -> Series:
    """`stale`: an inverter whose value sticks three times; `outliers`: one with six outliers."""
    name, power = PARTS[part], folder / "power"
    return Series(
        f"pvanalytics/{part}",
        KIND,
        tuple(column.quantity for column in COLUMNS),
        list(rows(power / f"{name}.csv", KIND, COLUMNS, iso_column("timestamp"))),
        events(power / f"{name}.events.csv", f"{name}.csv"),
    )
