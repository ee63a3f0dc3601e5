"""A technician registers an organisation, its site and its devices from the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.commands.registry import add_to
from app.state import State
from registry.errors import RegistryError
from registry.records import Contact, Site, Tenant
from registry.store import Registry
from telemetry.catalogue import QUANTITIES, by_field
from telemetry.kinds import KINDS

Kenh = Callable[..., Result]


@pytest.fixture
def kenh(tmp_path: Path) -> Kenh:
    """Runs a command on a state of this test's own."""
    cli = typer.Typer()
    add_to(cli)

    def run(*words: str, stdin: str | None = None) -> Result:
        runner = CliRunner(env={"KENH_STATE": str(tmp_path / "state"), "COLUMNS": "200"})
        return runner.invoke(cli, list(words), input=stdin)

    return run


def printed(result: Result) -> str:
    assert result.exception is None, result.exception
    assert result.stderr == ""
    return result.stdout


def refused(result: Result) -> str:
    assert isinstance(result.exception, RegistryError), result.output
    assert result.stdout == ""
    return str(result.exception)


def registry_of(tmp_path: Path) -> Registry:
    return Registry(State.at(tmp_path / "state").registry_url)


def furnish(kenh: Kenh) -> None:
    printed(kenh("tenant", "add", "nuoc-hg", "--name", "Cấp nước Hậu Giang", "--sector", "water"))
    printed(kenh("site", "add", "tram-1", "--tenant", "nuoc-hg", "--area", "31321"))


def test_from_nothing_to_a_device(kenh: Kenh, tmp_path: Path) -> None:
    assert printed(kenh("tenant", "add", "nuoc-hg", "--name", "Cấp nước")) == (
        "tenant nuoc-hg is added\n"
    )
    assert printed(kenh("site", "add", "tram-1", "--tenant", "nuoc-hg", "--area", "31321")) == (
        "site tram-1 is added\n"
    )
    said = printed(kenh("device", "add", "ap-luc-1", "--site", "tram-1", "--kind", "tank"))
    lines = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert lines["username"] == "ap-luc-1"
    assert lines["topic"] == "kenh/1/ap-luc-1/up/telemetry"
    assert len(lines["password"]) == 26
    assert said.count(lines["password"]) == 1
    assert lines["password"] not in printed(kenh("device", "list", "--json"))
    with registry_of(tmp_path) as registry:
        assert registry.users().keys() == {"ap-luc-1"}


def test_a_script_adds_a_device(kenh: Kenh) -> None:
    furnish(kenh)
    words = ("device", "add", "ap-luc-1", "--site", "tram-1", "--kind", "tank", "--json")
    found = json.loads(printed(kenh(*words)))
    password = found.pop("password")
    assert len(password) == 26
    assert found == {
        "id": "ap-luc-1",
        "site": "tram-1",
        "kind": "tank",
        "tenant": "nuoc-hg",
        "username": "ap-luc-1",
        "topic": "kenh/1/ap-luc-1/up/telemetry",
    }


def test_a_password_comes_by_standard_input(kenh: Kenh) -> None:
    furnish(kenh)
    words = ("device", "add", "ap-luc-1", "--site", "tram-1", "--kind", "tank", "--password-stdin")
    assert "at least 8 printable characters" in refused(kenh(*words, stdin=""))
    found = json.loads(printed(kenh(*words, "--json", stdin="chosen by us\r\n")))
    assert found["password"] == "chosen by us"


def test_everything_is_listed_as_json(kenh: Kenh) -> None:
    furnish(kenh)
    printed(
        kenh(
            *("site", "add", "tram-2", "--tenant", "nuoc-hg", "--area", "930"),
            *("--name", "Trạm 2", "--name-en", "Station 2", "--lat", "9.78", "--lon", "105.47"),
        )
    )
    printed(
        kenh(
            *("contact", "add", "truc-1", "--tenant", "nuoc-hg", "--name", "Trực ca"),
            *("--group", "water-duty", "--channel", "esms", "--address", "0912345678"),
            *("--lang", "en"),
        )
    )
    printed(kenh("device", "add", "bom-1", "--site", "tram-2", "--kind", "pump", "--name", "Bơm"))
    assert json.loads(printed(kenh("tenant", "list", "--json"))) == [
        {"id": "nuoc-hg", "name": "Cấp nước Hậu Giang", "name_en": "", "sector": "water"}
    ]
    assert json.loads(printed(kenh("site", "list", "--json")))[1] == {
        "id": "tram-2",
        "tenant": "nuoc-hg",
        "area": "930",
        "name": "Trạm 2",
        "name_en": "Station 2",
        "lat": 9.78,
        "lon": 105.47,
    }
    assert json.loads(printed(kenh("contact", "list", "--json"))) == [
        {
            "id": "truc-1",
            "tenant": "nuoc-hg",
            "name": "Trực ca",
            "group": "water-duty",
            "channel": "esms",
            "address": "84912345678",
            "lang": "en",
        }
    ]
    assert json.loads(printed(kenh("device", "list", "--json"))) == [
        {
            "id": "bom-1",
            "tenant": "nuoc-hg",
            "site": "tram-2",
            "kind": "pump",
            "name": "Bơm",
            "active": True,
        }
    ]


def test_what_was_added_can_be_printed_as_json(kenh: Kenh, tmp_path: Path) -> None:
    words = ("tenant", "add", "nuoc-hg", "--name", "Cấp nước", "--json")
    tenant = json.loads(printed(kenh(*words)))
    place = ("site", "add", "tram-1", "--tenant", "nuoc-hg", "--area", "31321", "--json")
    site = json.loads(printed(kenh(*place)))
    contact = json.loads(
        printed(
            kenh(
                *("contact", "add", "truc-1", "--tenant", "nuoc-hg", "--group", "water-duty"),
                *("--channel", "zalo-bot", "--address", "6ede9a", "--json"),
            )
        )
    )
    with registry_of(tmp_path) as registry:
        assert [Tenant(**tenant)] == registry.tenants()
        assert [Site(**site)] == registry.sites()
        assert [Contact(**contact)] == registry.contacts()


def test_lists_are_plain_lines_in_a_pipe(kenh: Kenh) -> None:
    furnish(kenh)
    assert printed(kenh("tenant", "list")) == (
        "id\tsector\tname\tname_en\nnuoc-hg\twater\tCấp nước Hậu Giang\t\n"
    )
    assert printed(kenh("site", "list", "--tenant", "nuoc-hg")).splitlines()[1] == (
        "tram-1\tnuoc-hg\t31321\t9.7602\t105.459\ttram-1\t"
    )
    assert printed(kenh("site", "list", "--tenant", "nobody")).count("\n") == 1
    assert printed(kenh("contact", "list", "--group", "x-duty")).count("\n") == 1


def test_lists_are_tables_in_a_terminal(kenh: Kenh, monkeypatch: pytest.MonkeyPatch) -> None:
    printed(kenh("tenant", "add", "nuoc-hg", "--name", "Cấp nước [red]Hậu Giang"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = printed(kenh("tenant", "list"))
    assert "Cấp nước [red]Hậu Giang" in shown, "a name is text, no markup"
    assert "\t" not in shown
    assert "\x1b[" in shown, "Rich drew it"


def test_a_revoked_device_is_shown_as_such(kenh: Kenh, tmp_path: Path) -> None:
    furnish(kenh)
    printed(kenh("device", "add", "ap-luc-1", "--site", "tram-1", "--kind", "tank"))
    assert printed(kenh("device", "revoke", "ap-luc-1")) == "device ap-luc-1 is revoked\n"
    assert printed(kenh("device", "list")).splitlines()[1].split("\t")[4] == "no"
    assert "was revoked before" in refused(kenh("device", "revoke", "ap-luc-1"))
    with registry_of(tmp_path) as registry:
        assert registry.users() == {}


def test_kinds_and_areas_are_listed(kenh: Kenh, data_folder: Path) -> None:
    listed = json.loads(printed(kenh("kinds", "--json")))
    assert [kind["id"] for kind in listed] == list(KINDS)
    assert listed[0]["quantities"][0] == {
        "key": "water.pressure",
        "field": "pressure",
        "unit": "bar",
    }
    for kind in listed:
        assert kind.keys() == {"id", "sector", "name", "quantities", "interval_s"}
        assert kind["name"].keys() == {"vi", "en"}
        for quantity in kind["quantities"]:
            assert by_field(kind["sector"], quantity["field"]) is QUANTITIES[quantity["key"]]
    plain = printed(kenh("kinds"))
    assert "Bộ ghi áp lực nước / Water pressure logger\t5m\tpressure bar, flow m3/h" in plain

    with (data_folder / "geo" / "can_tho_units_2025_former_hau_giang.csv").open() as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    areas = json.loads(printed(kenh("area", "list", "--json")))
    assert [area["code"] for area in areas][:28] == codes
    assert len(printed(kenh("area", "list")).splitlines()) == 1 + 28 + 8 + 75


def test_mistakes_are_one_line(kenh: Kenh) -> None:
    words = ("device", "add", "ap-luc-1", "--site", "x", "--kind", "tank")
    assert refused(kenh(*words)) == (
        "site 'x' is unknown: add it with 'kenh site add x --tenant T --area CODE', "
        "or see 'kenh site list'"
    )
    place = ("site", "add", "tram-1", "--tenant", "nobody", "--area", "31321")
    assert "add it with 'kenh tenant add nobody --name NAME'" in refused(kenh(*place))


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "add", "nuoc-hg"),
        ("site", "add", "tram-1", "--area", "31321"),
        ("device", "add", "--site", "tram-1", "--kind", "tank"),
        ("site", "add", "tram-1", "--tenant", "x", "--area", "31321", "--lat", "north"),
        ("device", "remove", "x"),
        ("contact", "add", "truc-1", "--tenant", "nuoc-hg"),
        ("tenant", "list", "--colour"),
    ],
)
def test_wrong_usage_ends_with_two(kenh: Kenh, words: tuple[str, ...]) -> None:
    assert kenh(*words).exit_code == 2


def test_the_state_can_be_named(kenh: Kenh, tmp_path: Path) -> None:
    here = ("--state", str(tmp_path / "other"))
    printed(kenh("tenant", "add", "dien-hg", "--name", "Điện lực", *here))
    assert (tmp_path / "other" / "registry.db").exists()
    assert not (tmp_path / "state").exists()
    for what in (("tenant", "list"), ("site", "list"), ("device", "list"), ("contact", "list")):
        assert printed(kenh(*what, *here))
    assert printed(kenh("kinds", *here))
    assert printed(kenh("area", "list", *here))
