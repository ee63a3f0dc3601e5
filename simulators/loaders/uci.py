"""UCI 235: the electric power of one household near Paris, once a minute, no labels.

The nominal voltage is 230 V, in France as in Viet Nam (IEC 60038, TCVN 7995). Over-voltage at
night is real in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from simulators.series import Series
from simulators.table import Column, iso_ms, rows

FILE = "uci_household_2006-12-16_18.csv"
KIND = "power-meter"
COLUMNS = (
    Column("Global_active_power", "power.active", "kW"),
    Column("Global_reactive_power", "power.reactive", "kvar"),
    Column("Voltage", "power.voltage", "V"),
    Column("Global_intensity", "power.current", "A"),
)


def load(folder: Path, part: str) -> Series:
    """The household; its only part is `household`."""
    return Series(
        f"uci/{part}",
        KIND,
        tuple(column.quantity for column in COLUMNS),
        list(rows(folder / "power" / FILE, KIND, COLUMNS, _time, ";")),
    )


def _time(texts: Mapping[str, str]) -> int:
    day, month, year = texts["Date"].split("/")
    return iso_ms(f"{year}-{month:0>2}-{day:0>2}T{texts['Time']}")
