"""From records, latest values and open alarms to what the first page shows: pure decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts.model import Alarm, State
from portal.freshness import Freshness, judge
from portal.latest import Latest, LatestOfAll, LatestValue
from portal.shown import (
    SEVERITIES,
    Mark,
    Overview,
    Records,
    ShownAlarm,
    ShownDevice,
    ShownSite,
    ShownTenant,
    ShownValue,
)
from registry.records import Device, Tenant, database
from telemetry.kinds import KINDS, Kind
from telemetry.model import Quality

ALARMS_SHOWN = 25
"""More open alarms at once than a crew can read are counted, not listed."""

_OF_QUALITY = {
    Quality.GOOD: Mark.GOOD,
    Quality.CALIBRATING: Mark.CALIBRATING,
    Quality.UNCERTAIN: Mark.UNCERTAIN,
    Quality.FAULT: Mark.FAULT,
}


def wanted(records: Records) -> list[tuple[str, str]]:
    """The pairs of database and measurement that hold the devices' readings."""
    return sorted({(database(one.tenant), KINDS[one.kind].sector) for one in records.devices})


def overview(
    records: Records,
    latest: LatestOfAll,
    open_alarms: Iterable[Alarm],
    now: int,
    time_scale: float = 1.0,
) -> Overview:
    """Everything on the first page. `open_alarms` come in any order."""
    alarms = sorted(open_alarms, key=urgency)
    worst = _worst((alarm.device, alarm.severity) for alarm in alarms)
    shown = show_devices(records, latest, now, time_scale, worst)
    by_site: dict[str, list[ShownDevice]] = {site.id: [] for site in records.sites}
    for one in shown:
        by_site[one.device.site].append(one)
    found = Counter(one.freshness for one in shown if one.freshness is not None)
    devices = {one.id: one for one in records.devices}
    sites = {one.id: one for one in records.sites}
    return Overview(
        now=now,
        readable=latest.readable,
        freshness={freshness: found[freshness] for freshness in Freshness},
        severities=count_severities(alarms),
        alarms=tuple(
            ShownAlarm(one, devices.get(one.device), sites.get(one.site))
            for one in alarms[:ALARMS_SHOWN]
        ),
        tenants=tuple(_show_tenant(tenant, records, by_site) for tenant in records.tenants),
    )


def show_devices(
    records: Records,
    latest: LatestOfAll,
    now: int,
    time_scale: float,
    severities: Mapping[str, str] | None = None,
) -> list[ShownDevice]:
    """Every device that may connect, by its id; `severities` are those of their open alarms."""
    return [
        show_device(
            device,
            latest.by_device.get((database(device.tenant), device.id)),
            (severities or {}).get(device.id),
            now,
            time_scale,
            readable=latest.readable,
        )
        for device in sorted(records.devices, key=lambda one: one.id)
        if device.active
    ]


def show_device(
    device: Device,
    last: Latest | None,
    severity: str | None,
    now: int,
    time_scale: float,
    *,
    readable: bool,
) -> ShownDevice:
    """A device with its mark: staleness speaks before the quality of what it said last."""
    kind = KINDS[device.kind]
    at = last.at if last is not None else None
    freshness = judge(at, now, kind.interval_s, time_scale) if readable else None
    if freshness is None:
        mark = Mark.UNKNOWN
    elif freshness is Freshness.LIVE and last is not None:
        mark = _OF_QUALITY[last.quality]
    else:
        mark = Mark(freshness.value)
    values = sorted(last.values if last is not None else (), key=_place_in(kind))
    return ShownDevice(
        device=device,
        kind=kind,
        freshness=freshness,
        mark=mark,
        at=at,
        quality=last.quality if last is not None else None,
        values=tuple(
            ShownValue(one, freshness is None or _is_stale(one, kind, now, time_scale))
            for one in values
        ),
        severity=severity,
    )


def urgency(alarm: Alarm) -> tuple[bool, bool, int, int, str]:
    """The order of a list of alarms: what nobody has acknowledged first, then what was found
    live, the most severe, the newest."""
    return (
        alarm.state is State.ACKNOWLEDGED,
        alarm.historical,
        _rank(alarm.severity),
        -alarm.started_at,
        alarm.id,
    )


def count_severities(alarms: Iterable[Alarm]) -> dict[str, int]:
    """How many alarms there are of each severity, zeros too."""
    found = Counter(alarm.severity for alarm in alarms)
    return {severity: found[severity] for severity in SEVERITIES}


def _show_tenant(
    tenant: Tenant, records: Records, shown: Mapping[str, Sequence[ShownDevice]]
) -> ShownTenant:
    sites = tuple(
        ShownSite(
            site=site,
            area=records.areas.get(site.area),
            devices=tuple(shown[site.id]),
            severity=min(
                (one.severity for one in shown[site.id] if one.severity), key=_rank, default=None
            ),
        )
        for site in sorted(records.sites, key=lambda one: one.id)
        if site.tenant == tenant.id
    )
    devices = [one for site in sites for one in site.devices]
    live = sum(one.freshness is Freshness.LIVE for one in devices)
    return ShownTenant(tenant, sites, live, len(devices))


def _is_stale(value: LatestValue, kind: Kind, now: int, time_scale: float) -> bool:
    """A quantity that is measured less often than its device reports is given its own time."""
    interval = max(kind.interval_s, value.quantity.report_s)
    return judge(value.at, now, interval, time_scale).stale


def _place_in(kind: Kind) -> Callable[[LatestValue], tuple[int, str]]:
    order = {key: place for place, key in enumerate(kind.quantities)}
    return lambda one: (order.get(one.quantity.key, len(order)), one.quantity.key)


def _worst(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    worst: dict[str, str] = {}
    for device, severity in found:
        worst[device] = min(worst.get(device, severity), severity, key=_rank)
    return worst


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
