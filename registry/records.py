"""What the registry knows, as frozen records: nothing here is bound to a database session."""

from __future__ import annotations

import msgspec

CHANNELS = ("zalo-bot", "zalo-template", "esms", "webhook")
"""How a contact can be told."""

LANGUAGES = ("vi", "en")


class Area(msgspec.Struct, frozen=True):
    """An administrative unit. `year` is the list it belongs to: 2023 or 2025.

    `parent` is the code of the district of a commune of 2023, else "". `lat` and `lon` are the
    centroid in degrees (WGS 84), None where the source has none.
    """

    code: str
    year: int
    type: str
    name: str
    parent: str = ""
    lat: float | None = None
    lon: float | None = None


class Tenant(msgspec.Struct, frozen=True):
    """An organisation that owns sites: a water company, a firm. It has a database of its own."""

    id: str
    name: str
    name_en: str = ""
    sector: str = ""


class Site(msgspec.Struct, frozen=True):
    """A place with devices. `area` is the code of an `Area`; the position is WGS 84 degrees."""

    id: str
    tenant: str
    area: str
    name: str
    name_en: str
    lat: float
    lon: float


class Device(msgspec.Struct, frozen=True):
    """A device. One that is not `active` was revoked: it cannot connect and is not listened to."""

    id: str
    tenant: str
    site: str
    kind: str
    name: str
    active: bool = True


class NewDevice(msgspec.Struct, frozen=True):
    """A device to be added; without a `password` it is given one."""

    id: str
    site: str
    kind: str
    name: str = ""
    password: str | None = None


class Contact(msgspec.Struct, frozen=True):
    """Where one person or system is told of alarms: rules notify the `group` of the tenant.

    `address` is a telephone number as `84…` (zalo-template, esms), a chat id (zalo-bot) or a URL
    (webhook).
    """

    id: str
    tenant: str
    name: str
    group: str
    channel: str
    address: str
    lang: str = "vi"


def database(tenant: str) -> str:
    """The InfluxDB database of a tenant. No two tenants share one: ids have no `_`."""
    return "kenh_" + tenant.replace("-", "_")
