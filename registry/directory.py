"""The registry's read-only snapshot in memory: where a device belongs, at the speed of a dict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import msgspec
import structlog
from sqlalchemy import Connection, select

from registry.engine import make_engine, named_errors
from registry.errors import RegistryError
from registry.models import DeviceRow, RevisionRow, SiteRow, TenantRow
from registry.records import Site, Tenant
from telemetry.kinds import KINDS

log = structlog.get_logger("directory")

BUSY_MS = 200
"""A refresh that finds the registry locked gives up soon: it runs again, and readings wait."""


class Home(msgspec.Struct, frozen=True, gc=False):
    """Where a device belongs. `area` is a code of `registry.areas`; the position is the site's."""

    device: str
    tenant: str
    site: str
    area: str
    kind: str
    sector: str
    name: str
    site_name: str
    lat: float
    lon: float


class Directory:
    """Every active device's home. It follows the registry whenever `refresh` is called.

    Raises `RegistryError` when it is made and the registry cannot be read.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url, BUSY_MS)
        self._revision = -1
        self._trouble = ""
        self._homes: dict[str, Home] = {}
        self._tenants: dict[str, Tenant] = {}
        try:
            with named_errors(self._engine):
                self._follow()
        except RegistryError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    @property
    def revision(self) -> int:
        """The registry's revision that this snapshot shows."""
        return self._revision

    def get(self, device: str) -> Home | None:
        return self._homes.get(device)

    def homes(self) -> Iterable[Home]:
        return self._homes.values()

    def tenants(self) -> list[Tenant]:
        return list(self._tenants.values())

    def refresh(self) -> bool:
        """True if the registry has changed and was loaded again.

        While it cannot be read (locked, being restored) the last snapshot stays good.
        """
        try:
            with named_errors(self._engine):
                changed = self._follow()
        except RegistryError as error:
            if str(error) != self._trouble:  # once, not at every poll
                log.warning("the directory stays as it was", reason=str(error))
            self._trouble = str(error)
            return False
        self._trouble = ""
        return changed

    def _follow(self) -> bool:
        with self._engine.connect() as connection:
            revision = connection.execute(select(RevisionRow.number)).scalar_one()
            if revision == self._revision:
                return False
            tenants = _tenants(connection)
            homes = _homes(connection)
        self._revision, self._tenants, self._homes = revision, tenants, homes
        return True


def _tenants(connection: Connection) -> dict[str, Tenant]:
    t = TenantRow
    query = select(t.id, t.name, t.name_en, t.sector).order_by(t.id)
    return {row.id: Tenant(*row) for row in connection.execute(query)}


def _homes(connection: Connection) -> dict[str, Home]:
    s, d = SiteRow, DeviceRow
    query = select(s.id, s.tenant, s.area, s.name, s.name_en, s.lat, s.lon)
    sites = {row.id: Site(*row) for row in connection.execute(query)}
    homes: dict[str, Home] = {}
    devices = select(d.id, d.site, d.kind, d.name).where(d.active).order_by(d.id)
    for device, site_id, kind_id, name in connection.execute(devices):
        kind = KINDS.get(kind_id)
        if kind is None:
            log.warning("a device of an unknown kind is left out", device=device, kind=kind_id)
            continue
        site = sites[site_id]
        homes[device] = Home(
            device,
            site.tenant,
            site.id,
            site.area,
            kind.id,
            kind.sector,
            name,
            site.name,
            site.lat,
            site.lon,
        )
    return homes
