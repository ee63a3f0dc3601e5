"""The HTTP API for programs: `/api/v1/…`, bearer tokens, cursor pages, problem bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.requests import Request

from alerts.errors import UnknownAlarm
from alerts.model import Alarm, Notification
from portal import views
from portal.access import Access
from portal.overview import show_devices
from portal.paging import Key, page_of
from portal.problems import Trouble
from portal.sources import Sources
from portal.views import Page
from registry.records import Device, Site, Tenant

MOST = 1_000

BEARER = HTTPBearer(auto_error=False, description="An administrator's API token.")

Record = TypeVar("Record")
View = TypeVar("View", bound=BaseModel)


class Slice(BaseModel):
    """Which part of a list is wanted."""

    limit: int = Field(100, ge=1, le=MOST, description="Items a page.")
    cursor: str | None = Field(None, description="`next` of the page before.")

    def of(
        self,
        records: Iterable[Record],
        key: Callable[[Record], Key],
        view: Callable[[Record], View],
    ) -> Page[View]:
        chosen, following = page_of(records, key, self.limit, self.cursor)
        return Page(items=[view(one) for one in chosen], next=following)


class Acknowledgement(BaseModel):
    """Who takes an alarm on; the name stands in the book of alarms."""

    who: Annotated[str, Field(min_length=1, max_length=64)] = "api"


Part = Annotated[Slice, Query()]
OfTenant = Annotated[str | None, Query(alias="tenant", description="Only this tenant's.")]
OfSite = Annotated[str | None, Query(alias="site", description="Only this site's.")]
OfDevice = Annotated[str | None, Query(alias="device", description="Only this device's.")]
OfAlarm = Annotated[str | None, Query(alias="alarm", description="Only this alarm's.")]


def api_routes(sources: Sources, access: Access) -> APIRouter:
    """The routes below `/api/v1`; each asks for the token."""

    def check_token(
        request: Request,
        _in_openapi: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> None:
        refusal = access.refuse_bearer(request.headers.get("authorization"))
        if refusal is not None:
            raise Trouble(
                401,
                f"Send the API token as 'Authorization: Bearer …' ({refusal}).",
                headers={"WWW-Authenticate": "Bearer"},
            )

    routes = APIRouter(prefix="/api/v1", tags=["v1"], dependencies=[Depends(check_token)])

    @routes.get("/tenants")
    def tenants(part: Part) -> Page[views.TenantView]:
        """Those who own sites, by id."""
        return part.of(sources.records().tenants, _id, views.tenant_view)

    @routes.get("/sites")
    def sites(part: Part, tenant: OfTenant = None) -> Page[views.SiteView]:
        """Sites, by id."""
        found = [one for one in sources.records().sites if tenant in (None, one.tenant)]
        return part.of(found, _id, views.site_view)

    @routes.get("/devices")
    def devices(
        part: Part, tenant: OfTenant = None, site: OfSite = None
    ) -> Page[views.DeviceView]:
        """Devices, by id."""
        found = [
            one
            for one in sources.records().devices
            if site in (None, one.site) and tenant in (None, one.tenant)
        ]
        return part.of(found, _id, views.device_view)

    @routes.get("/readings/latest")
    def latest_readings(
        part: Part, tenant: OfTenant = None, site: OfSite = None, device: OfDevice = None
    ) -> Page[views.LatestView]:
        """What each device said last within a day, by the device's id."""
        latest = sources.latest()
        if not latest.readable:
            raise Trouble(
                503,
                "InfluxDB cannot be read: the latest values are not known.",
                ["influxdb"],
                headers={"Retry-After": "5"},
            )
        found = [
            one
            for one in show_devices(sources.records(), latest, sources.now(), sources.time_scale)
            if device in (None, one.device.id)
            and site in (None, one.device.site)
            and tenant in (None, one.device.tenant)
        ]
        return part.of(found, lambda one: (one.device.id,), views.latest_view)

    @routes.get("/alarms")
    def alarms(
        part: Part,
        tenant: OfTenant = None,
        device: OfDevice = None,
        open_only: Annotated[bool, Query(alias="open", description="Only open ones.")] = False,
    ) -> Page[views.AlarmView]:
        """Alarms, the newest first."""
        found = [
            one
            for one in sources.book.alarms(open_only=open_only)
            if tenant in (None, one.tenant) and device in (None, one.device)
        ]
        return part.of(found, _newest_alarm, views.alarm_view)

    @routes.post("/alarms/{alarm_id}/acknowledge")
    def acknowledge(alarm_id: str, body: Acknowledgement | None = None) -> views.AlarmView:
        """Take an alarm on. One that is acknowledged or over already stays as it is."""
        who = (body or Acknowledgement()).who
        try:
            return views.alarm_view(sources.book.acknowledge(alarm_id, who, sources.now()))
        except UnknownAlarm as error:
            raise Trouble(404, str(error)) from error

    @routes.get("/notifications")
    def notifications(part: Part, alarm: OfAlarm = None) -> Page[views.NotificationView]:
        """What was told of alarms, to whom and how it went, the newest first."""
        found = [one for one in sources.book.notifications() if alarm in (None, one.alarm)]
        return part.of(found, _newest_notification, views.notification_view)

    return routes


def _id(record: Tenant | Site | Device) -> Key:
    return (record.id,)


def _newest_alarm(alarm: Alarm) -> Key:
    return (-alarm.started_at, alarm.id)


def _newest_notification(one: Notification) -> Key:
    return (-one.created_at, one.key)
