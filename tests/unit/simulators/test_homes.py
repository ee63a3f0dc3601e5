"""The demo's homes: complete, in the province, registered once and found again."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

from registry.credentials import mosquitto_hash
from registry.store import Registry
from simulators import homes
from simulators.homes import CONTACTS, SITES, TENANTS, WEBHOOKS
from simulators.loaders import COLLECTIONS
from simulators.roles import ROLES
from telemetry.catalogue import QUANTITIES
from telemetry.errors import KenhError
from telemetry.kinds import KINDS
from telemetry.topics import is_device_id

HOOK = "http://[::1]:8025/webhook"


def opened(folder: Path) -> Registry:
    registry = Registry(f"sqlite:///{folder / 'registry.db'}")
    registry.migrate()
    return registry


def test_roles_stand_on_known_ground() -> None:
    assert len({role.device for role in ROLES}) == len(ROLES)
    sites = {site.id for site in SITES}
    for role in ROLES:
        assert is_device_id(role.device)
        assert role.kind in KINDS
        assert role.site in sites
        assert role.source.partition("/")[0] in COLLECTIONS
        assert role.why
    assert {site.tenant for site in SITES} == {tenant.id for tenant in TENANTS}
    assert sites == {role.site for role in ROLES}
    assert any(role.misbehaves for role in ROLES)
    assert len(QUANTITIES) == 47


def test_registering_twice_changes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "passwords.json"
    with opened(tmp_path) as registry:
        first = homes.register(registry, kept, HOOK)
        revision = registry.revision()
        assert homes.register(registry, kept, HOOK) == first
        assert registry.revision() == revision
        assert set(first) == {role.device for role in ROLES}
        assert {device.id for device in registry.devices()} == set(first)
        assert len(registry.tenants()) == 4
        assert len(registry.sites()) == len(SITES)
        assert len(registry.contacts()) == len(CONTACTS) + len(WEBHOOKS)
        assert {contact.group for contact in registry.contacts()} == {
            "water-duty",
            "power-duty",
            "traffic-duty",
            "industry-duty",
        }
        assert {contact.channel for contact in registry.contacts()} == {
            "zalo-bot",
            "zalo-template",
            "esms",
            "webhook",
        }
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert homes.passwords(kept) == first


def test_a_webhook_follows_the_inbox_to_its_new_address(tmp_path: Path) -> None:
    with opened(tmp_path) as registry:
        homes.register(registry, tmp_path / "passwords.json", HOOK)
        homes.register(registry, tmp_path / "passwords.json", "http://[::1]:9025/webhook")
        hooks = [one for one in registry.contacts() if one.channel == "webhook"]
        assert {one.address for one in hooks} == {"http://[::1]:9025/webhook"}
        assert len(hooks) == len(WEBHOOKS)


def test_the_registry_has_the_hashes_of_these_passwords(tmp_path: Path) -> None:
    import base64

    with opened(tmp_path) as registry:
        passwords = homes.register(registry, tmp_path / "passwords.json")
        device, hashed = next(iter(registry.users().items()))
    _, kind, iterations, salt, _ = hashed.split("$")
    assert kind == "7"
    assert hashed == mosquitto_hash(passwords[device], base64.b64decode(salt), int(iterations))


def test_a_run_that_was_cut_is_finished(tmp_path: Path) -> None:
    """The passwords were kept, half of the homes were not registered yet."""
    kept = tmp_path / "passwords.json"
    role = ROLES[0]
    kept.write_text(json.dumps({role.device: "from-before"}))
    with opened(tmp_path) as registry:
        tenant = TENANTS[0]
        registry.add_tenant(tenant.id, tenant.name)
        assert homes.register(registry, kept)[role.device] == "from-before"


def test_a_lost_password_is_told(tmp_path: Path) -> None:
    kept = tmp_path / "passwords.json"
    with opened(tmp_path) as registry:
        homes.register(registry, kept)
        kept.unlink()
        with pytest.raises(KenhError, match=r"is registered, but .*passwords\.json does not have"):
            homes.register(registry, kept)
        kept.write_text("not json")
        with pytest.raises(KenhError, match="not the demo's passwords"):
            homes.register(registry, kept)
    with pytest.raises(KenhError, match="no such file"):
        homes.passwords(tmp_path / "none.json")


def test_numbers_are_invented() -> None:
    phones = [one.address for one in CONTACTS if one.channel in ("esms", "zalo-template")]
    assert phones
    assert all(phone.startswith("849000000") for phone in phones)


def test_sites_lie_in_their_areas(data_folder: Path) -> None:
    with (data_folder / "geo" / "can_tho_units_2025_former_hau_giang.csv").open() as file:
        boxes = {line["code"]: line for line in csv.DictReader(file)}
    for site in SITES:
        box = boxes[site.area]
        assert float(box["min_lat"]) <= site.lat <= float(box["max_lat"]), site.id
        assert float(box["min_lon"]) <= site.lon <= float(box["max_lon"]), site.id
