"""What an id, an address, a position or a password must look like to enter the registry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from registry.areas import area, position
from registry.errors import RegistryError
from registry.records import CHANNELS, LANGUAGES, Contact
from telemetry.kinds import KINDS
from telemetry.quantities import SECTORS
from telemetry.topics import RESERVED, is_device_id, is_id

MIN_PASSWORD = 8
MAX_NAME = 200
_PHONE_CHANNELS = ("zalo-template", "esms")
_RESERVED_TENANTS = ("overview",)  # its database would be the province's own

_PHONE = re.compile(r"84[0-9]{8,10}")


def checked_id(what: str, text: str) -> str:
    """An id of a tenant, site, device or contact."""
    if not is_id(text):
        raise RegistryError(
            f"{what} id {text!r} is not allowed: use 3 to 64 characters of a-z, 0-9 and '-'"
        )
    if not is_device_id(text) or (what == "tenant" and text in _RESERVED_TENANTS):
        raise RegistryError(
            f"{what} id {text!r} is the platform's own (as is all that begins with {RESERVED!r}): "
            "choose another"
        )
    return text


def checked_name(text: str) -> str:
    """A name that fits on one line."""
    name = text.strip()
    if len(name) > MAX_NAME or not name.isprintable():
        raise RegistryError(
            f"name {name[:20]!r}… is not allowed: one line of at most {MAX_NAME} characters"
        )
    return name


def checked_sector(sector: str) -> str:
    return _one_of("sector", sector, SECTORS) if sector else ""


def checked_kind(kind: str) -> str:
    if kind not in KINDS:
        raise RegistryError(f"kind {kind!r} is unknown: 'kenh kinds' lists the kinds of device")
    return kind


def checked_position(code: str, lat: float | None, lon: float | None) -> tuple[float, float]:
    """The position of a site in the area `code`: the area's centroid if none is given."""
    unit = area(code)
    if lat is None and lon is None:
        return position(unit)
    if lat is None or lon is None:
        raise RegistryError("a position needs both: --lat and --lon")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise RegistryError(
            f"position {lat}, {lon} is not on the globe: latitude -90 to 90, longitude -180 to 180"
        )
    return lat, lon


def checked_password(password: str) -> str:
    if len(password) < MIN_PASSWORD or not password.isprintable():
        raise RegistryError(
            f"the password is not allowed: at least {MIN_PASSWORD} printable characters"
        )
    return password


def checked_contact(contact: Contact) -> Contact:
    """A contact whose address fits its channel; a telephone number is brought to `84…`."""
    checked_id("contact", contact.id)
    _one_of("channel", contact.channel, CHANNELS)
    _one_of("language", contact.lang, LANGUAGES)
    checked_id("group", contact.group)
    return Contact(
        contact.id,
        contact.tenant,
        checked_name(contact.name),
        contact.group,
        contact.channel,
        _address(contact.channel, contact.address.strip()),
        contact.lang,
    )


def _address(channel: str, address: str) -> str:
    if channel in _PHONE_CHANNELS:
        digits = re.sub(r"[ .()-]", "", address).removeprefix("+")
        number = f"84{digits[1:]}" if digits.startswith("0") else digits
        if not _PHONE.fullmatch(number):
            raise RegistryError(
                f"address {address!r} is no Vietnamese telephone number: write 0912345678 or "
                "+84912345678"
            )
        return number
    if channel == "webhook":
        return _url(address)
    if not address or not address.isprintable() or " " in address:
        raise RegistryError(f"address {address!r} is no chat id: Zalo shows it to the bot")
    return address


def _url(address: str) -> str:
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or not address.isprintable() or " " in address:
        raise RegistryError(f"address {address!r} is no URL: write https://host/path")
    return address


def _one_of(what: str, text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise RegistryError(f"{what} {text!r} is unknown: use {', '.join(allowed)}")
    return text
