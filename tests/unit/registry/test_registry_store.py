"""The registry: what it keeps, what it refuses, and what others see of it."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.records import Contact, Device, NewDevice, Site, Tenant, database
from registry.store import Registry
from tests.conftest import ROOT
from tests.unit.registry.registries import DEVICE, SITE, TENANT, furnish, url_in

AREA = "31321"


def fits(password: str, hashed: str) -> bool:
    """Whether mosquitto would let this password in."""
    _, kind, iterations, salt, digest = hashed.split("$")
    assert kind == "7"
    made = hashlib.pbkdf2_hmac(
        "sha512", password.encode(), base64.b64decode(salt), int(iterations), 64
    )
    return made == base64.b64decode(digest)


def test_what_was_added_is_there(registry: Registry) -> None:
    furnish(registry)
    assert registry.tenants() == [Tenant(TENANT, "Cấp nước Hậu Giang", "Hau Giang Water", "water")]
    assert registry.sites() == [
        Site(SITE, TENANT, AREA, "Trạm bơm số 1", "Pumping station 1", 9.7602, 105.459)
    ]
    assert registry.devices() == [
        Device(DEVICE, TENANT, SITE, "water-pressure-logger", "Áp lực đầu mạng")
    ]
    assert registry.device(DEVICE) == registry.devices()[0]


def test_lists_can_be_narrowed(furnished: Registry) -> None:
    furnished.add_tenant("dien-hg", "Điện lực")
    furnished.add_site("tba-1", "dien-hg", "930", lat=9.78, lon=105.46)
    furnished.add_device("cong-to-1", "tba-1", "power-meter")
    assert [one.id for one in furnished.tenants()] == ["dien-hg", TENANT]
    assert [one.id for one in furnished.sites(tenant="dien-hg")] == ["tba-1"]
    assert [one.id for one in furnished.devices(tenant=TENANT)] == [DEVICE]
    assert [one.id for one in furnished.devices(site="tba-1")] == ["cong-to-1"]
    assert furnished.devices(tenant=TENANT, site="tba-1") == []


def test_a_name_that_is_not_given_is_the_id(registry: Registry) -> None:
    registry.add_tenant("dien-hg", " ")
    registry.add_site("tba-1", "dien-hg", "930")
    registry.add_device("cong-to-1", "tba-1", "power-meter")
    assert registry.tenants()[0].name == "dien-hg"
    assert registry.sites()[0].name == "tba-1"
    assert registry.devices()[0].name == "cong-to-1"


def test_a_password_is_kept_only_as_its_hash(registry: Registry, tmp_path: Path) -> None:
    password = furnish(registry)
    assert len(password) == 26
    assert fits(password, registry.users()[DEVICE])
    assert not fits(password + "x", registry.users()[DEVICE])
    registry.close()
    for file in tmp_path.iterdir():
        assert password.encode() not in file.read_bytes()


def test_a_password_can_be_brought(furnished: Registry) -> None:
    assert furnished.add_device("ap-luc-2", SITE, "tank", password="chosen-by-us") == (
        "chosen-by-us"
    )
    assert fits("chosen-by-us", furnished.users()["ap-luc-2"])


@pytest.mark.parametrize("password", ["", "short12", "with\nline-end", "nul\0nul-nul"])
def test_a_bad_password_is_refused_and_not_shown(furnished: Registry, password: str) -> None:
    with pytest.raises(RegistryError, match="the password is not allowed: at least 8") as caught:
        furnished.add_device("ap-luc-2", SITE, "tank", password=password)
    assert not password or password not in str(caught.value)
    assert [one.id for one in furnished.devices()] == [DEVICE]


def test_a_revoked_device_is_no_user(furnished: Registry) -> None:
    before = furnished.revision()
    furnished.revoke_device(DEVICE)
    assert furnished.users() == {}
    assert furnished.device(DEVICE).active is False
    assert furnished.revision() > before
    with pytest.raises(RegistryError, match="was revoked before"):
        furnished.revoke_device(DEVICE)
    with pytest.raises(RegistryError, match="'nobody' is unknown"):
        furnished.revoke_device("nobody")


def test_many_devices_come_at_once_or_not_at_all(furnished: Registry) -> None:
    before = furnished.revision()
    fleet = [NewDevice(f"may-{i:04}", SITE, "pump") for i in range(1_200)]
    passwords = furnished.add_devices(fleet)
    assert passwords.keys() == {device.id for device in fleet}
    assert len(set(passwords.values())) == len(fleet)
    assert len(furnished.users()) == len(fleet) + 1
    assert furnished.revision() == before + 1
    with pytest.raises(RegistryError, match="device 'may-1199' exists already"):
        furnished.add_devices([NewDevice("may-x", SITE, "pump"), *fleet[1_199:]])
    with pytest.raises(RegistryError, match="device 'may-y' is named twice"):
        furnished.add_devices([NewDevice("may-y", SITE, "pump")] * 2)
    assert len(furnished.devices()) == len(fleet) + 1


CHANGES: dict[str, Callable[[Registry], object]] = {
    "tenant": lambda r: r.add_tenant("dien-hg", "Điện lực"),
    "site": lambda r: r.add_site("tram-2", TENANT, AREA),
    "device": lambda r: r.add_device("ap-luc-2", SITE, "tank"),
    "contact": lambda r: r.add_contact("truc-1", TENANT, "", "water-duty", "zalo-bot", "6ede9a"),
    "revoke": lambda r: r.revoke_device(DEVICE),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_raises_the_revision(
    furnished: Registry, change: Callable[[Registry], object]
) -> None:
    before = furnished.revision()
    change(furnished)
    assert furnished.revision() == before + 1


REFUSED: dict[str, tuple[Callable[[Registry], object], str]] = {
    "tenant twice": (
        lambda r: r.add_tenant(TENANT, "x"),
        "tenant 'nuoc-hg' exists already: choose another id, or see 'kenh tenant list'",
    ),
    "site twice": (lambda r: r.add_site(SITE, TENANT, AREA), "site 'tram-bom-1' exists already"),
    "device twice": (
        lambda r: r.add_device(DEVICE, SITE, "tank"),
        "device 'ap-luc-1' exists already",
    ),
    "site of nobody": (
        lambda r: r.add_site("tram-2", "nobody", AREA),
        "tenant 'nobody' is unknown: add it with 'kenh tenant add nobody --name NAME', or see",
    ),
    "device nowhere": (
        lambda r: r.add_device("ap-luc-2", "nowhere", "tank"),
        "site 'nowhere' is unknown: add it with 'kenh site add nowhere --tenant T --area CODE'",
    ),
    "contact of nobody": (
        lambda r: r.add_contact("truc-1", "nobody", "", "duty", "zalo-bot", "1"),
        "tenant 'nobody' is unknown",
    ),
    "unknown kind": (
        lambda r: r.add_device("ap-luc-2", SITE, "toaster"),
        "kind 'toaster' is unknown: 'kenh kinds' lists the kinds of device",
    ),
    "unknown area": (
        lambda r: r.add_site("tram-2", TENANT, "1"),
        "area '1' is unknown: 'kenh area list' shows the codes",
    ),
    "unknown sector": (
        lambda r: r.add_tenant("dien-hg", "x", sector="gas"),
        "sector 'gas' is unknown: use water, power, traffic, environment, industry",
    ),
    "half a position": (
        lambda r: r.add_site("tram-2", TENANT, AREA, lat=9.7),
        "a position needs both",
    ),
    "off the globe": (
        lambda r: r.add_site("tram-2", TENANT, AREA, lat=105.4, lon=9.7),
        "position 105.4, 9.7 is not on the globe",
    ),
    "not a number": (
        lambda r: r.add_site("tram-2", TENANT, AREA, lat=float("nan"), lon=9.7),
        "is not on the globe",
    ),
    "capital letters": (
        lambda r: r.add_device("Pump1", SITE, "tank"),
        "device id 'Pump1' is not allowed: use 3 to 64 characters of a-z, 0-9 and '-'",
    ),
    "short id": (lambda r: r.add_tenant("ab", "x"), "tenant id 'ab' is not allowed"),
    "topic in an id": (lambda r: r.add_device("a/b/#", SITE, "tank"), "is not allowed"),
    "the platform's": (
        lambda r: r.add_device("kenh-ingest", SITE, "tank"),
        "device id 'kenh-ingest' is the platform's own",
    ),
    "the province's database": (
        lambda r: r.add_tenant("overview", "x"),
        "tenant id 'overview' is the platform's own",
    ),
    "long name": (lambda r: r.add_tenant("dien-hg", "x" * 201), "one line of at most 200"),
    "two lines": (lambda r: r.add_tenant("dien-hg", "x\ny"), "one line of at most 200"),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing(
    furnished: Registry, change: Callable[[Registry], object], words: str
) -> None:
    before = (furnished.revision(), furnished.tenants(), furnished.sites(), furnished.devices())
    with pytest.raises(RegistryError) as caught:
        change(furnished)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    after = (furnished.revision(), furnished.tenants(), furnished.sites(), furnished.devices())
    assert after == before


@pytest.mark.parametrize(
    ("channel", "address", "kept"),
    [
        ("esms", "0912 345 678", "84912345678"),
        ("zalo-template", "+84 (912) 345.678", "84912345678"),
        ("esms", "84912345678", "84912345678"),
        ("zalo-bot", " 6ede9a ", "6ede9a"),
        ("webhook", "https://[::1]:8443/hook", "https://[::1]:8443/hook"),
    ],
)
def test_a_contacts_address_is_brought_to_one_form(
    furnished: Registry, channel: str, address: str, kept: str
) -> None:
    furnished.add_contact("truc-1", TENANT, "Trực ca", "water-duty", channel, address)
    assert furnished.contacts() == [
        Contact("truc-1", TENANT, "Trực ca", "water-duty", channel, kept, "vi")
    ]


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [
        ("pigeon", "x", "channel 'pigeon' is unknown: use zalo-bot, zalo-template, esms, webhook"),
        ("esms", "12345", "address '12345' is no Vietnamese telephone number"),
        ("esms", "https://x", "is no Vietnamese telephone number"),
        ("webhook", "0912345678", "address '0912345678' is no URL"),
        ("webhook", "ftp://x/y", "is no URL"),
        ("webhook", "http://[::1/x", "is no URL"),
        ("zalo-bot", "", "address '' is no chat id"),
    ],
)
def test_a_contacts_address_must_fit_its_channel(
    furnished: Registry, channel: str, address: str, words: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        furnished.add_contact("truc-1", TENANT, "", "water-duty", channel, address)
    assert words in str(caught.value)
    assert furnished.contacts() == []


def test_contacts_can_be_narrowed(furnished: Registry) -> None:
    furnished.add_contact("truc-1", TENANT, "", "water-duty", "zalo-bot", "1")
    furnished.add_contact("truc-2", TENANT, "", "night-duty", "zalo-bot", "2", lang="en")
    assert [one.id for one in furnished.contacts(group="night-duty")] == ["truc-2"]
    assert len(furnished.contacts(tenant=TENANT)) == 2
    assert furnished.contacts(tenant="dien-hg") == []
    with pytest.raises(RegistryError, match="contact 'truc-1' exists already"):
        furnished.add_contact("truc-1", TENANT, "", "water-duty", "zalo-bot", "1")
    with pytest.raises(RegistryError, match="language 'fr' is unknown: use vi, en"):
        furnished.add_contact("truc-3", TENANT, "", "duty", "zalo-bot", "1", lang="fr")


def test_no_two_tenants_share_a_database() -> None:
    assert database("nuoc-hau-giang") == "kenh_nuoc_hau_giang"
    assert len({database(one) for one in ("a-b-c", "a-bc", "ab-c", "abc")}) == 4


def test_others_see_a_change_at_once(furnished: Registry, url: str) -> None:
    with Registry(url) as other:
        assert other.revision() == furnished.revision()
        furnished.add_device("ap-luc-2", SITE, "tank")
        assert other.revision() == furnished.revision()
        assert "ap-luc-2" in other.users()


def test_the_file_is_its_owners_alone(furnished: Registry, tmp_path: Path) -> None:
    assert furnished.revision()
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_what_is_missing_is_not_made_by_reading(tmp_path: Path) -> None:
    with Registry(url_in(tmp_path)) as registry:
        with pytest.raises(RegistryError, match=r"is not set up: '\./kenh up' does it"):
            registry.revision()
        with pytest.raises(RegistryError, match="is not set up"):
            registry.add_tenant(TENANT, "x")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_not_set_up(tmp_path: Path) -> None:
    (tmp_path / "registry.db").touch()
    with Registry(url_in(tmp_path)) as registry:
        with pytest.raises(RegistryError, match="is not set up"):
            registry.users()
        registry.migrate()
        assert registry.users() == {}


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "registry.db").write_bytes(b"this is no database at all" * 100)
    with (
        Registry(url_in(tmp_path)) as registry,
        pytest.raises(RegistryError, match=r"registry\.db cannot be used: file is not a database"),
    ):
        registry.migrate()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("registry.db", "URL is not understood"),
        ("oracle9://x/y", "URL is not understood"),
        ("postgresql+psycopg://u:secret-word@db/kenh", "needs the Python package 'psycopg'"),
    ],
)
def test_a_bad_url_is_named(url: str, words: str) -> None:
    with pytest.raises(RegistryError, match=words) as caught:
        Registry(url)
    assert "secret-word" not in str(caught.value)


def test_a_url_without_a_file_is_named() -> None:
    with (
        Registry("sqlite://") as registry,
        pytest.raises(RegistryError, match="names no file: write sqlite:///PATH"),
    ):
        registry.migrate()


def test_a_lock_is_waited_for_and_then_named(
    url: str, tmp_path: Path, furnished: Registry
) -> None:
    with (
        Registry(url, busy_ms=50) as hasty,
        closing(sqlite3.connect(tmp_path / "registry.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert hasty.revision() == furnished.revision(), "reading goes on"
        with pytest.raises(RegistryError, match="is locked by another process: try again"):
            hasty.add_tenant("dien-hg", "x")
        other.execute("ROLLBACK")
        hasty.add_tenant("dien-hg", "x")


def test_processes_that_begin_together_share_one_registry(tmp_path: Path) -> None:
    """Each of them makes the registry where there is none, and all their changes count."""
    program = (
        "import sys; from registry.store import Registry\n"
        "with Registry(sys.argv[1]) as registry:\n"
        "    registry.migrate()\n"
        "    for i in range(10): registry.add_tenant(f'tenant-{sys.argv[2]}-{i}', 'x')\n"
    )
    url = url_in(tmp_path / "new")
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, url, str(number)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    with Registry(url) as registry:
        assert len(registry.tenants()) == 30
        assert registry.revision() == 30


def test_a_contact_that_is_removed_is_told_no_more(furnished: Registry) -> None:
    furnished.add_contact("truc-1", TENANT, "Trực ca", "water-duty", "zalo-bot", "6ede9a")
    before = furnished.revision()
    furnished.remove_contact("truc-1")
    assert furnished.contacts() == []
    assert furnished.revision() > before
    with pytest.raises(RegistryError, match="contact 'truc-1' is unknown"):
        furnished.remove_contact("truc-1")
