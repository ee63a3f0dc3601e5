"""NAB machine temperature: a large machine of a firm, every 5 minutes, with two failures.

The unit is presumed to be °F; below 32 °F a value is beyond the catalogue's range. The clock was
put back on 2014-01-07 and an hour recorded twice: both readings of each minute are sent.
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Series
from simulators.table import Column, events, iso_column, rows

FILE = "nab_machine_temperature_system_failure.csv"
KIND = "machine-monitor"
COLUMNS = (Column("value", "asset.temp", "°F"),)


def load(folder: Path, part: str) -> Series:
    """The machine; its only part is `temperature`."""
    industry = folder / "industry"
    recorded = rows(industry / FILE, KIND, COLUMNS, iso_column("timestamp"))
    return Series(
        f"nab-machine/{part}",
        KIND,
        tuple(column.quantity for column in COLUMNS),
        sorted(recorded, key=lambda row: row.ts),
        events(industry / "nab_events.csv", FILE),
    )
