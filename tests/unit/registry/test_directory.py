"""The directory: a snapshot that follows the registry and survives its troubles."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from registry.directory import Directory, Home
from registry.errors import RegistryError
from registry.models import DeviceRow
from registry.store import Registry
from telemetry.kinds import KINDS
from tests.unit.registry.registries import DEVICE, SITE, TENANT, url_in


@pytest.fixture
def directory(furnished: Registry, url: str) -> Iterator[Directory]:
    with Directory(url) as opened:
        yield opened


def test_a_device_has_a_home(directory: Directory) -> None:
    assert directory.get(DEVICE) == Home(
        device=DEVICE,
        tenant=TENANT,
        site=SITE,
        area="31321",
        kind="water-pressure-logger",
        sector="water",
        name="Áp lực đầu mạng",
        site_name="Trạm bơm số 1",
        lat=9.7602,
        lon=105.459,
    )
    assert directory.get("nobody") is None
    assert [home.device for home in directory.homes()] == [DEVICE]
    assert [tenant.id for tenant in directory.tenants()] == [TENANT]


def test_it_follows_the_registry(directory: Directory, furnished: Registry) -> None:
    assert directory.refresh() is False
    furnished.add_device("ap-luc-2", SITE, "tank")
    assert directory.get("ap-luc-2") is None, "only a refresh changes the snapshot"
    assert directory.refresh() is True
    assert directory.refresh() is False
    assert directory.get("ap-luc-2") is not None
    assert directory.revision == furnished.revision()


def test_a_revoked_device_has_no_home(directory: Directory, furnished: Registry) -> None:
    furnished.revoke_device(DEVICE)
    assert directory.refresh() is True
    assert directory.get(DEVICE) is None
    assert list(directory.homes()) == []


def test_a_writer_does_not_stop_readers(
    directory: Directory, furnished: Registry, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "registry.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE revision SET number = number + 1")
        assert directory.refresh() is False, "what is not committed is not seen"
        other.execute("COMMIT")
    assert directory.refresh() is True


def test_a_lock_leaves_the_last_snapshot(
    directory: Directory, furnished: Registry, tmp_path: Path
) -> None:
    furnished.add_device("ap-luc-2", SITE, "tank")
    furnished.close()
    directory._engine.dispose()  # no connection left: another may take the file for itself
    with closing(sqlite3.connect(tmp_path / "registry.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE revision SET number = number")
        assert directory.refresh() is False
        assert directory.get(DEVICE) is not None
        assert directory.get("ap-luc-2") is None
        other.execute("COMMIT")
    assert directory.refresh() is True
    assert directory.get("ap-luc-2") is not None


def test_a_registry_that_is_away_leaves_the_last_snapshot(
    directory: Directory, furnished: Registry, tmp_path: Path
) -> None:
    furnished.close()
    directory._engine.dispose()
    (tmp_path / "registry.db").rename(tmp_path / "away")
    assert directory.refresh() is False
    assert directory.get(DEVICE) is not None
    (tmp_path / "away").rename(tmp_path / "registry.db")
    furnished.add_device("ap-luc-2", SITE, "tank")
    assert directory.refresh() is True


def test_it_does_not_begin_without_a_registry(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="is not set up"):
        Directory(url_in(tmp_path))


def test_a_kind_that_is_gone_costs_only_its_own_devices(
    directory: Directory, furnished: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnished.add_device("ap-luc-2", SITE, "tank")
    monkeypatch.delitem(KINDS, "tank")
    assert directory.refresh() is True
    assert [home.device for home in directory.homes()] == [DEVICE]


def test_a_hundred_thousand_devices_load_within_two_seconds(furnished: Registry, url: str) -> None:
    fleet = [
        {
            "id": f"dong-ho-{i:06}",
            "site": SITE,
            "kind": "water-meter",
            "name": f"Đồng hồ {i}",
            "active": True,
            "password_hash": None,
        }
        for i in range(100_000)
    ]
    with furnished._writing.begin() as connection:
        connection.execute(insert(DeviceRow), fleet)
    start = time.process_time()
    with Directory(url) as directory:
        seconds = time.process_time() - start
        assert len(list(directory.homes())) == 100_001
    assert seconds < 2
