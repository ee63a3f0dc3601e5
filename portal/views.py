"""The API's records: what a program reads of tenants, sites, devices, alarms and values."""

from __future__ import annotations

import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from alerts.model import Alarm, Notification
from portal.freshness import Freshness
from portal.shown import ShownDevice, ShownValue
from registry.records import Device, Site, Tenant
from telemetry.kinds import KINDS

Item = TypeVar("Item", bound=BaseModel)


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` is the cursor of the page behind it, null at the end."""

    items: list[Item]
    next: str | None = Field(description="Pass as ?cursor= for the next page.")


class TenantView(BaseModel):
    id: str
    name: str
    name_en: str
    sector: str


class SiteView(BaseModel):
    id: str
    tenant: str
    area: str
    name: str
    name_en: str
    lat: float
    lon: float


class DeviceView(BaseModel):
    id: str
    tenant: str
    site: str
    kind: str
    sector: str
    name: str
    active: bool = Field(description="False: revoked, it cannot connect.")


class Title(BaseModel):
    vi: str
    en: str


class AlarmView(BaseModel):
    """`started_at` and `event_time` belong to the data; `historical` alarms were found late."""

    id: str
    rule: str
    severity: str
    state: str
    tenant: str
    site: str
    device: str
    title: Title
    value: float | None
    unit: str
    limit: float | None
    started_at: datetime.datetime
    event_time: datetime.datetime
    historical: bool
    acknowledged_by: str | None
    acknowledged_at: datetime.datetime | None
    resolved_at: datetime.datetime | None


class NotificationView(BaseModel):
    """One message to one contact; addresses and names of persons stay out of the API."""

    key: str
    alarm: str
    event: str
    contact: str
    channel: str
    status: str
    why: str
    attempts: int
    created_at: datetime.datetime
    done_at: datetime.datetime | None


class ValueView(BaseModel):
    quantity: str
    field: str
    value: float
    unit: str
    time: datetime.datetime
    stale: bool


class LatestView(BaseModel):
    """What a device said last; only `live` figures may be taken for the present."""

    device: str
    tenant: str
    site: str
    kind: str
    freshness: Freshness
    quality: str | None = Field(description="good, calibrating, fault or uncertain")
    time: datetime.datetime | None
    values: list[ValueView]


def tenant_view(tenant: Tenant) -> TenantView:
    return TenantView(id=tenant.id, name=tenant.name, name_en=tenant.name_en, sector=tenant.sector)


def site_view(site: Site) -> SiteView:
    return SiteView(
        id=site.id,
        tenant=site.tenant,
        area=site.area,
        name=site.name,
        name_en=site.name_en,
        lat=site.lat,
        lon=site.lon,
    )


def device_view(device: Device) -> DeviceView:
    return DeviceView(
        id=device.id,
        tenant=device.tenant,
        site=device.site,
        kind=device.kind,
        sector=KINDS[device.kind].sector,
        name=device.name,
        active=device.active,
    )


def alarm_view(alarm: Alarm) -> AlarmView:
    return AlarmView(
        id=alarm.id,
        rule=alarm.rule,
        severity=alarm.severity,
        state=alarm.state.value,
        tenant=alarm.tenant,
        site=alarm.site,
        device=alarm.device,
        title=Title(vi=alarm.title_vi, en=alarm.title_en),
        value=alarm.value,
        unit=alarm.unit,
        limit=alarm.limit,
        started_at=moment(alarm.started_at),
        event_time=moment(alarm.event_time),
        historical=alarm.historical,
        acknowledged_by=alarm.acked_by,
        acknowledged_at=moment_or_none(alarm.acked_at),
        resolved_at=moment_or_none(alarm.resolved_at),
    )


def notification_view(one: Notification) -> NotificationView:
    return NotificationView(
        key=one.key,
        alarm=one.alarm,
        event=one.event.value,
        contact=one.contact,
        channel=one.channel,
        status=one.status.value,
        why=one.why,
        attempts=one.attempts,
        created_at=moment(one.created_at),
        done_at=moment_or_none(one.done_at),
    )


def latest_view(shown: ShownDevice) -> LatestView:
    return LatestView(
        device=shown.device.id,
        tenant=shown.device.tenant,
        site=shown.device.site,
        kind=shown.kind.id,
        freshness=shown.freshness or Freshness.NEVER,
        quality=shown.quality.name.lower() if shown.quality is not None else None,
        time=moment_or_none(shown.at),
        values=[_value_view(one) for one in shown.values],
    )


def moment(at: int) -> datetime.datetime:
    """`at`, ms since 1970, as RFC 3339 in UTC once it is JSON."""
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)


def moment_or_none(at: int | None) -> datetime.datetime | None:
    return None if at is None else moment(at)


def _value_view(shown: ShownValue) -> ValueView:
    value = shown.latest
    return ValueView(
        quantity=value.quantity.key,
        field=value.field,
        value=value.value,
        unit=value.quantity.unit,
        time=moment(value.at),
        stale=shown.stale,
    )
