"""The registry's tables. A change here needs a migration beside it (a test compares both)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Constraints have names, so that a later migration can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RevisionRow(Base):
    """One row, raised by every change: followers of the registry look only at it."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class TenantRow(Base):
    __tablename__ = "tenant"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    sector: Mapped[str]


class SiteRow(Base):
    __tablename__ = "site"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), index=True)
    area: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    name_en: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]


class DeviceRow(Base):
    __tablename__ = "device"

    id: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    active: Mapped[bool]
    password_hash: Mapped[str | None]  # mosquitto's form; None once the device is revoked


class ContactRow(Base):
    __tablename__ = "contact"

    id: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenant.id"), index=True)
    name: Mapped[str]
    group: Mapped[str] = mapped_column("notify_group", index=True)
    channel: Mapped[str]
    address: Mapped[str]
    lang: Mapped[str]
