"""NAB real traffic (Minnesota DOT): occupancy, speed and travel time, about every 5 minutes.

Units as presumed in the data's description: %, mph, s. The labels are NAB's windows and points.
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Series
from simulators.table import Column, events, iso_column, rows

PARTS = {
    "occupancy-6005": ("nab_occupancy_6005.csv", "traffic-counter", "traffic.occupancy", "%"),
    "speed-6005": ("nab_speed_6005.csv", "traffic-counter", "traffic.speed", "mph"),
    "speed-7578": ("nab_speed_7578.csv", "traffic-counter", "traffic.speed", "mph"),
    "travel-time-387": ("nab_TravelTime_387.csv", "travel-time", "traffic.travel_time", "s"),
}


def load(folder: Path, part: str) -> Series:
    """One detector."""
    file, kind, quantity, unit = PARTS[part]
    columns = (Column("value", quantity, unit),)
    traffic = folder / "traffic"
    return Series(
        f"nab/{part}",
        kind,
        (quantity,),
        list(rows(traffic / file, kind, columns, iso_column("timestamp"))),
        events(traffic / "nab_events.csv", file),
    )
