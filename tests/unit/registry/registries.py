"""Small registries for the tests of this room."""

from __future__ import annotations

from pathlib import Path

from registry.store import Registry

TENANT, SITE, DEVICE = "nuoc-hg", "tram-bom-1", "ap-luc-1"


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'registry.db'}"


def furnish(registry: Registry) -> str:
    """A tenant, a site and a device; the device's password."""
    registry.add_tenant(TENANT, "Cấp nước Hậu Giang", "Hau Giang Water", "water")
    registry.add_site(SITE, TENANT, "31321", "Trạm bơm số 1", "Pumping station 1")
    return registry.add_device(DEVICE, SITE, "water-pressure-logger", "Áp lực đầu mạng")
