"""The files of a Grafana of our own: what it reads, who may read it, what it may ask."""

from __future__ import annotations

import configparser
import re
import stat
from pathlib import Path

import pytest
import yaml

from dashboards.provision import (
    Settings,
    TenantDatasource,
    grafana_command,
    grafana_home,
    write,
)
from dashboards.render import render_all
from dashboards.saved import read

WATER = TenantDatasource(
    tenant="water-co",
    name="Công ty Cấp nước",
    database="kenh_water_co",
    url="http://[::1]:8086",
    username="reader",
    password="pa$$word${HOME}#;",
    sectors=("water", "power"),
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write(tmp_path / "grafana", [WATER], Settings("::1", 3001, "adm#in;$x"))


def ini(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path)
    return parser


def test_the_datasource_reads_one_database(written: Path) -> None:
    text = (written.parent / "provisioning" / "datasources" / "kenh.yaml").read_text()
    (source,) = yaml.safe_load(text)["datasources"]
    assert source["uid"] == "kenh-water-co"
    assert source["name"] == "Công ty Cấp nước · water, power"
    assert source["url"] == "http://[::1]:8086"
    assert source["jsonData"] == {
        "version": "InfluxQL",
        "dbName": "kenh_water_co",
        "httpMode": "POST",
    }
    # Grafana replaces variables in these files: a `$` that is meant stands twice.
    assert source["secureJsonData"]["password"].replace("$$", "$") == WATER.password
    assert not source["editable"]


def test_the_dashboards_are_where_the_provider_looks(written: Path) -> None:
    text = (written.parent / "provisioning" / "dashboards" / "kenh.yaml").read_text()
    (provider,) = yaml.safe_load(text)["providers"]
    folder = Path(provider["options"]["path"])
    assert {path.name for path in folder.iterdir()} == set(render_all())


def test_the_settings_bind_and_keep_everything_below_one_folder(written: Path) -> None:
    settings = ini(written)
    assert settings["server"]["http_addr"] == "::1"
    assert settings["server"]["http_port"] == "3001"
    assert settings["security"]["admin_password"] == '"""adm#in;$x"""'
    assert settings["auth.anonymous"]["enabled"] == "false"
    for key in ("data", "logs", "plugins", "provisioning"):
        assert Path(settings["paths"][key]).is_relative_to(written.parent)
    home = Path(settings["dashboards"]["default_home_dashboard_path"])
    assert read(home.read_bytes()).uid == "kenh-overview"


def test_secrets_are_their_owners_alone_and_in_no_argument(written: Path) -> None:
    sources = written.parent / "provisioning" / "datasources" / "kenh.yaml"
    for path in (written, sources):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    command = grafana_command("grafana-server", Path("/usr/share/grafana"), written)
    assert command == [
        "grafana-server",
        "--homepath",
        "/usr/share/grafana",
        "--config",
        str(written),
    ]
    assert WATER.password not in repr(WATER)
    assert "adm#in" not in repr(Settings("::1", 3001, "adm#in"))


def test_a_second_start_writes_the_same(tmp_path: Path, written: Path) -> None:
    before = {p: p.read_bytes() for p in written.parent.rglob("*") if p.is_file()}
    write(tmp_path / "grafana", [WATER], Settings("::1", 3001, "adm#in;$x"))
    assert {p: p.read_bytes() for p in written.parent.rglob("*") if p.is_file()} == before


def test_the_home_of_an_unpacked_grafana_is_found(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "bin").mkdir()
    binary = tmp_path / "bin" / "grafana-server"
    binary.touch()
    assert grafana_home(str(binary)) == tmp_path
    assert grafana_home("/usr/sbin/grafana-server") == Path("/usr/share/grafana")


@pytest.mark.parametrize(
    ("sectors", "fits"),
    [
        (("water",), {"water", "environment"}),
        (("water", "power"), {"water", "power", "environment"}),
        ((), {"water", "power", "traffic", "industry", "environment"}),
    ],
)
def test_an_organisation_is_offered_where_it_has_devices(
    sectors: tuple[str, ...], fits: set[str]
) -> None:
    """Grafana filters a datasource variable by a regular expression on the name."""
    name = TenantDatasource("t", "Sở Điện · Nước", "d", "u", "n", "p", sectors).shown
    offered = set()
    for text in render_all().values():
        dashboard = read(text)
        variable = dashboard.variables[0]
        pattern = variable.regex.strip("/")
        if re.search(pattern, name):
            offered.add(dashboard.uid.removeprefix("kenh-"))
    assert offered == fits | {"overview", "device"}
