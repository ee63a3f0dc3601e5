"""GECCO 2018: drinking water of Thüringer Fernwasserversorgung, once a minute, 36 events.

The station has two lines: `inlet` measures chlorine dioxide `Cl` and flow `Fm`, `outlet` their
counterparts `Cl_2` and `Fm_2`; the probes of temperature, pH, redox, conductivity and turbidity
are shared. Chlorine dioxide takes the place of free chlorine here: both are the residual
disinfectant in mg/L, but its usual level is lower (0.10 to 0.18).
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Series
from simulators.table import Column, events, iso_column, rows

FILE = "gecco2018_train_rows60000_100000"
KIND = "water-quality-station"
_SHARED = (
    Column("Tp", "water.temp", "°C"),
    Column("pH", "water.ph", "1"),
    Column("Redox", "water.orp", "mV"),
    Column("Leit", "water.ec", "uS/cm"),
    Column("Trueb", "water.turbidity", "NTU"),
)
PARTS = {
    "inlet": (
        *_SHARED,
        Column("Cl", "water.free_chlorine", "mg/L"),
        Column("Fm", "water.flow", "m3/h"),
    ),
    "outlet": (
        *_SHARED,
        Column("Cl_2", "water.free_chlorine", "mg/L"),
        Column("Fm_2", "water.flow", "m3/h"),
    ),
}


def load(folder: Path, part: str) -> Series:
    """One of the two lines of the station."""
    water = folder / "water"
    columns = PARTS[part]
    return Series(
        f"gecco/{part}",
        KIND,
        tuple(column.quantity for column in columns),
        list(rows(water / f"{FILE}.csv", KIND, columns, iso_column("Time"))),
        events(water / f"{FILE}.events.csv", f"{FILE}.csv"),
    )
