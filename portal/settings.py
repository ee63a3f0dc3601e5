"""What the portal is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingest.influx import InfluxAddress


@dataclass(frozen=True)
class PortalSettings:
    """Where the portal finds the other rooms, and who may come in.

    `token` is the administrators' bearer token and the key of the page's sessions. `open` lets
    the page be read, and alarms be acknowledged on it, without signing in: for a demo on the
    loopback. `time_scale` is how many times faster than the clock the data were replayed.
    """

    registry_url: str
    alerts_url: str
    influx: InfluxAddress
    token: str = field(repr=False)
    run_folder: Path
    open: bool = False
    time_scale: float = 1.0

    def __post_init__(self) -> None:
        if len(self.token) < 16:
            raise ValueError("the portal's token is too short: give at least 16 characters")
        if self.time_scale <= 0:
            raise ValueError(f"the portal's time_scale must be above 0, not {self.time_scale}")
