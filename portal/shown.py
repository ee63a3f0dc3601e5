"""What the first page shows, as plain facts without a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerts.model import Alarm, State
from portal.freshness import Freshness
from portal.latest import LatestValue
from registry.records import Area, Device, Site, Tenant
from telemetry.kinds import Kind
from telemetry.model import Quality

SEVERITIES = ("critical", "major", "minor", "info")
"""The most urgent first."""


class Mark(StrEnum):
    """The one word and shape that stand beside a device; only `GOOD` looks normal."""

    GOOD = "good"
    CALIBRATING = "calibrating"
    UNCERTAIN = "uncertain"
    NEVER = "never"
    LATE = "late"
    FAULT = "fault"
    SILENT = "silent"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """The higher, the worse."""
        return list(Mark).index(self)


@dataclass(frozen=True)
class Records:
    """What the registry knows, at one revision."""

    tenants: Sequence[Tenant]
    sites: Sequence[Site]
    devices: Sequence[Device]
    areas: Mapping[str, Area]


@dataclass(frozen=True)
class ShownValue:
    latest: LatestValue
    stale: bool


@dataclass(frozen=True)
class ShownDevice:
    """`freshness` is None where InfluxDB could not be asked."""

    device: Device
    kind: Kind
    freshness: Freshness | None
    mark: Mark
    at: int | None
    quality: Quality | None
    values: tuple[ShownValue, ...]
    severity: str | None

    @property
    def stale(self) -> bool:
        return self.freshness is None or self.freshness.stale

    @property
    def abnormal(self) -> bool:
        return self.mark is not Mark.GOOD or self.severity is not None


@dataclass(frozen=True)
class ShownSite:
    site: Site
    area: Area | None
    devices: tuple[ShownDevice, ...]
    severity: str | None

    @property
    def mark(self) -> Mark:
        """The worst of its devices' marks."""
        marks = (one.mark for one in self.devices)
        return max(marks, key=lambda mark: mark.rank, default=Mark.NEVER)


@dataclass(frozen=True)
class ShownTenant:
    tenant: Tenant
    sites: tuple[ShownSite, ...]
    live: int
    devices: int


@dataclass(frozen=True)
class ShownAlarm:
    alarm: Alarm
    device: Device | None
    site: Site | None

    @property
    def acknowledged(self) -> bool:
        return self.alarm.state is State.ACKNOWLEDGED


@dataclass(frozen=True)
class Overview:
    """`freshness` counts devices; where InfluxDB could not be asked (`readable` is False) none
    is counted, since nobody knows."""

    now: int
    readable: bool
    freshness: Mapping[Freshness, int]
    severities: Mapping[str, int]
    alarms: tuple[ShownAlarm, ...]
    tenants: tuple[ShownTenant, ...]

    @property
    def sites(self) -> tuple[ShownSite, ...]:
        return tuple(site for tenant in self.tenants for site in tenant.sites)

    @property
    def alarms_left_out(self) -> int:
        return sum(self.severities.values()) - len(self.alarms)
