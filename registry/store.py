"""The registry: who owns which site and device, who is told of alarms, which passwords are good.

Several processes share one registry; each opens a `Registry` of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Self

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from registry import checks
from registry.credentials import mosquitto_hash, new_password
from registry.engine import BUSY_MS, create_file, make_engine, named_errors, writing
from registry.errors import RegistryError
from registry.models import Base, ContactRow, DeviceRow, RevisionRow, SiteRow, TenantRow
from registry.records import Contact, Device, NewDevice, Site, Tenant

_DEVICES = select(
    *(DeviceRow.id, SiteRow.tenant, DeviceRow.site),
    *(DeviceRow.kind, DeviceRow.name, DeviceRow.active),
).join(SiteRow, DeviceRow.site == SiteRow.id)


class Registry:
    """Every change is one transaction that also raises `revision`. Errors are `RegistryError`."""

    def __init__(self, url: str, busy_ms: int = BUSY_MS) -> None:
        """`busy_ms` is how long a change waits for another process that is writing."""
        self._engine = make_engine(url, busy_ms)
        self._writing = writing(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    def migrate(self) -> None:
        """Create the tables, or bring those of an older version up to date."""
        from registry.migrations.upgrade import upgrade  # Alembic is slow to import

        create_file(self._engine.url)
        with named_errors(self._writing), self._writing.begin() as connection:
            upgrade(connection)

    def add_tenant(self, id: str, name: str, name_en: str = "", sector: str = "") -> Tenant:  # noqa: A002
        """`sector` is the tenant's main one, or ""."""
        tenant = Tenant(
            checks.checked_id("tenant", id),
            checks.checked_name(name) or id,
            checks.checked_name(name_en),
            checks.checked_sector(sector),
        )
        with self._change() as session:
            _must_be_new(session, "tenant", TenantRow, id)
            session.add(
                TenantRow(id=id, name=tenant.name, name_en=tenant.name_en, sector=tenant.sector)
            )
        return tenant

    def add_site(
        self,
        id: str,  # noqa: A002
        tenant: str,
        area: str,
        name: str = "",
        name_en: str = "",
        lat: float | None = None,
        lon: float | None = None,
    ) -> Site:
        """A site without a position stands at the centroid of its area."""
        checks.checked_id("site", id)
        place = checks.checked_position(area, lat, lon)
        label, label_en = checks.checked_name(name) or id, checks.checked_name(name_en)
        with self._change() as session:
            _must_be_new(session, "site", SiteRow, id)
            _must_have_tenant(session, tenant)
            session.add(
                SiteRow(
                    id=id,
                    tenant=tenant,
                    area=area,
                    name=label,
                    name_en=label_en,
                    lat=place[0],
                    lon=place[1],
                )
            )
        return Site(id, tenant, area, label, label_en, *place)

    def add_device(
        self,
        id: str,  # noqa: A002
        site: str,
        kind: str,
        name: str = "",
        password: str | None = None,
    ) -> str:
        """The device's password, which is known to nobody afterwards: only its hash is kept."""
        return self.add_devices([NewDevice(id, site, kind, name, password)])[id]

    def add_devices(self, devices: Iterable[NewDevice]) -> dict[str, str]:
        """All of them or none; each one's password by its id."""
        passwords: dict[str, str] = {}
        rows = []
        for device in devices:
            checks.checked_id("device", device.id)
            if device.id in passwords:
                raise RegistryError(f"device {device.id!r} is named twice: give each its own id")
            password = new_password() if device.password is None else device.password
            passwords[device.id] = checks.checked_password(password)
            rows.append(
                DeviceRow(
                    id=device.id,
                    site=device.site,
                    kind=checks.checked_kind(device.kind),
                    name=checks.checked_name(device.name) or device.id,
                    active=True,
                    password_hash=mosquitto_hash(password),
                )
            )
        with self._change() as session:
            sites = set(session.scalars(select(SiteRow.id)))
            for row in rows:
                if row.site not in sites:
                    raise _no_site(row.site)
            for taken in _taken(session, list(passwords)):
                raise _exists("device", taken)
            session.add_all(rows)
        return passwords

    def revoke_device(self, id: str) -> None:  # noqa: A002
        """Its password is forgotten, it connects no more and its readings are refused."""
        with self._change() as session:
            row = session.get(DeviceRow, id)
            if row is None:
                raise _no_device(id)
            if not row.active:
                raise RegistryError(f"device {id!r} was revoked before: there is nothing to do")
            row.active, row.password_hash = False, None

    def add_contact(
        self,
        id: str,  # noqa: A002
        tenant: str,
        name: str,
        group: str,
        channel: str,
        address: str,
        lang: str = "vi",
    ) -> Contact:
        """Whom rules that notify `group` tell for this tenant."""
        contact = checks.checked_contact(
            Contact(id, tenant, name or id, group, channel, address, lang)
        )
        with self._change() as session:
            _must_be_new(session, "contact", ContactRow, id)
            _must_have_tenant(session, tenant)
            session.add(
                ContactRow(
                    id=id,
                    tenant=tenant,
                    name=contact.name,
                    group=contact.group,
                    channel=contact.channel,
                    address=contact.address,
                    lang=contact.lang,
                )
            )
        return contact

    def remove_contact(self, id: str) -> None:  # noqa: A002
        """They are told no more; what is on its way to them still arrives."""
        with self._change() as session:
            row = session.get(ContactRow, id)
            if row is None:
                raise RegistryError(f"contact {id!r} is unknown: see 'kenh contact list'")
            session.delete(row)

    def tenants(self) -> list[Tenant]:
        t = TenantRow
        query = select(t.id, t.name, t.name_en, t.sector).order_by(t.id)
        with self._read() as connection:
            return [Tenant(*row) for row in connection.execute(query)]

    def sites(self, tenant: str | None = None) -> list[Site]:
        s = SiteRow
        query = select(s.id, s.tenant, s.area, s.name, s.name_en, s.lat, s.lon).order_by(s.id)
        if tenant is not None:
            query = query.where(s.tenant == tenant)
        with self._read() as connection:
            return [Site(*row) for row in connection.execute(query)]

    def devices(self, tenant: str | None = None, site: str | None = None) -> list[Device]:
        """Revoked ones too."""
        query = _DEVICES.order_by(DeviceRow.id)
        if tenant is not None:
            query = query.where(SiteRow.tenant == tenant)
        if site is not None:
            query = query.where(DeviceRow.site == site)
        with self._read() as connection:
            return [Device(*row) for row in connection.execute(query)]

    def device(self, id: str) -> Device:  # noqa: A002
        with self._read() as connection:
            row = connection.execute(_DEVICES.where(DeviceRow.id == id)).one_or_none()
        if row is None:
            raise _no_device(id)
        return Device(*row)

    def contacts(self, tenant: str | None = None, group: str | None = None) -> list[Contact]:
        c = ContactRow
        query = select(c.id, c.tenant, c.name, c.group, c.channel, c.address, c.lang).order_by(
            c.id
        )
        if tenant is not None:
            query = query.where(c.tenant == tenant)
        if group is not None:
            query = query.where(c.group == group)
        with self._read() as connection:
            return [Contact(*row) for row in connection.execute(query)]

    def users(self) -> dict[str, str]:
        """Every active device's id and the hash of its password, as mosquitto wants it."""
        query = select(DeviceRow.id, DeviceRow.password_hash).where(DeviceRow.active)
        with self._read() as connection:
            return {device: hashed for device, hashed in connection.execute(query) if hashed}

    def revision(self) -> int:
        """A number that every change raises."""
        with self._read() as connection:
            return connection.execute(select(RevisionRow.number)).scalar_one()

    @contextlib.contextmanager
    def _read(self) -> Iterator[Connection]:
        with named_errors(self._engine), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def _change(self) -> Iterator[Session]:
        with named_errors(self._engine), Session(self._writing) as session, session.begin():
            session.execute(update(RevisionRow).values(number=RevisionRow.number + 1))
            yield session


def _must_be_new(session: Session, what: str, rows: type[Base], key: str) -> None:
    if session.get(rows, key) is not None:
        raise _exists(what, key)


def _taken(session: Session, devices: list[str]) -> Iterator[str]:
    for start in range(0, len(devices), 500):  # a statement has a limited number of parameters
        some = devices[start : start + 500]
        yield from session.scalars(select(DeviceRow.id).where(DeviceRow.id.in_(some)))


def _must_have_tenant(session: Session, tenant: str) -> None:
    if session.get(TenantRow, tenant) is None:
        raise RegistryError(
            f"tenant {tenant!r} is unknown: add it with 'kenh tenant add {tenant} --name NAME', "
            "or see 'kenh tenant list'"
        )


def _exists(what: str, key: str) -> RegistryError:
    return RegistryError(
        f"{what} {key!r} exists already: choose another id, or see 'kenh {what} list'"
    )


def _no_device(device: str) -> RegistryError:
    return RegistryError(f"device {device!r} is unknown: 'kenh device list' shows them")


def _no_site(site: str) -> RegistryError:
    return RegistryError(
        f"site {site!r} is unknown: add it with 'kenh site add {site} --tenant T --area CODE', "
        "or see 'kenh site list'"
    )
