"""What stands in deploy/ fits the repository: images, files, variables, components, units."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config import load
from app.parts import BUILDERS
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE_TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def variables(text: str) -> set[str]:
    """The names in `${NAME}`, `${NAME:-default}` and `${NAME:?message}`."""
    return set(re.findall(r"\$\{(\w+)", text))


def example() -> dict[str, str]:
    lines = (DEPLOY / "env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Target → source of a service's volumes."""
    return {one.split(":")[1]: one.split(":")[0] for one in service.get("volumes", [])}


def copied() -> set[str]:
    """What the Dockerfile takes from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_the_services_are_the_broker_the_databases_and_ours() -> None:
    assert set(SERVICES) - set(OURS) == {"broker", "influxdb", "grafana"}
    assert set(OURS) == {"broker-users", "ingest", "store", "rules", "portal"}


def test_every_image_is_pinned_to_a_version() -> None:
    images = [one["image"] for one in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(images) == len(SERVICES) + 2
    for image in images:
        assert re.search(r":\d+\.\d+\.\d+(-[a-z-]+)?$", image), f"{image} names no whole version"


def test_our_image_has_the_version_of_the_project() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert {one["image"] for one in OURS.values()} == {f"kenh:{version.group(1)}"}


def test_every_command_of_ours_runs_the_component_of_its_name() -> None:
    for name, service in OURS.items():
        assert name in BUILDERS
        assert service["command"] == [
            *("python", "-m", "app", "run", name),
            *("--state", "/state", "--config", "/etc/kenh/kenh.toml"),
        ]


def test_every_file_and_volume_that_is_mounted_exists() -> None:
    used = set()
    for name, service in SERVICES.items():
        for target, source in mounts(service).items():
            if source.startswith("."):
                assert (DEPLOY / source).exists(), f"{name}: {source}"
                assert f"{source}:{target}:ro" in service["volumes"]
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])


def test_every_variable_is_in_the_example_and_the_reverse() -> None:
    assert set(example()) == variables(COMPOSE_TEXT)


def test_the_example_explains_each_variable_and_holds_no_secret() -> None:
    lines = (DEPLOY / "env.example").read_text().splitlines()
    for name, value in example().items():
        at = lines.index(f"{name}={value}")
        assert any(line.startswith("#") for line in lines[max(0, at - 5) : at]), name
        if re.search(r"TOKEN|PASSWORD|SECRET|KEY", name):
            assert value == "", f"{name} holds a value"


def test_what_has_no_default_is_said_to_be_required() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE_TEXT))
    optional = set(re.findall(r"\$\{(\w+):-", COMPOSE_TEXT))
    assert required
    assert not required & optional
    text = (DEPLOY / "env.example").read_text()
    assert len(re.findall(r"^# Required:", text, re.MULTILINE)) == len(required)
    for name in required:
        assert re.search(rf"^# Required:.*\n{name}=$", text, re.MULTILINE), name


def test_defaults_are_those_of_the_example() -> None:
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE_TEXT):
        assert example()[name] == default, name


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_checked_restarted_and_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only", False) or name == "influxdb"
    assert "privileged" not in service


def test_ours_are_checked_by_their_own_heartbeat() -> None:
    for name, service in OURS.items():
        assert service["healthcheck"]["test"][-2:] == ["/opt/kenh/deploy/healthy.py", name]
    assert {"deploy/healthy.py"} <= copied()
    assert "WORKDIR /opt/kenh\n" in DOCKERFILE


def test_all_of_ours_begin_after_broker_users_made_the_state() -> None:
    for name in set(OURS) - {"broker-users"}:
        assert OURS[name]["depends_on"]["broker-users"] == {"condition": "service_healthy"}
    assert OURS["ingest"]["depends_on"]["broker"] == {"condition": "service_healthy"}
    assert OURS["store"]["depends_on"]["influxdb"] == {"condition": "service_healthy"}


def test_only_three_ports_are_published_and_plain_ones_on_the_loopback() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert published == {
        "broker": ["${KENH_MQTT_TLS_PORT:-8884}:8884"],
        "portal": ["${KENH_BIND:-127.0.0.1}:${KENH_PORTAL_PORT:-8000}:8000"],
        "grafana": ["${KENH_BIND:-127.0.0.1}:${KENH_GRAFANA_PORT:-3000}:3000"],
    }


def test_the_network_has_ipv6() -> None:
    assert COMPOSE["networks"]["default"]["enable_ipv6"] is True


def test_the_broker_and_its_users_share_folder_user_and_process_ids() -> None:
    broker, users = SERVICES["broker"], SERVICES["broker-users"]
    uid = broker["user"].split(":")[0]
    assert f"useradd --uid {uid} " in DOCKERFILE
    assert re.search(r"^USER kenh$", DOCKERFILE, re.MULTILINE)
    assert users["pid"] == "service:broker"
    assert mounts(broker)[broker["working_dir"]] == mounts(users)["/state/broker"] == "broker"


def test_the_broker_runs_the_shipped_policy_unchanged() -> None:
    broker = SERVICES["broker"]
    sources = mounts(broker)
    configuration = broker["entrypoint"][-1]
    assert (DEPLOY / sources[configuration]).samefile(ROOT / "broker-config" / "mosquitto.conf")
    folder = broker["working_dir"]
    assert (DEPLOY / sources[f"{folder}/acl"]).samefile(ROOT / "broker-config" / "acl")
    assert sources[f"{folder}/listeners.d/listeners.conf"] == "./listeners.conf"


def test_the_configuration_loads_and_names_the_services() -> None:
    config = load(DEPLOY / "kenh.toml")
    assert config.influx.version == 2
    assert config.influx.url == "http://influxdb:8086"
    assert config.influx.org == SERVICES["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_ORG"]
    assert config.influx.token_env in SERVICES["store"]["environment"]
    assert config.mqtt.host in SERVICES
    assert not config.mqtt.external
    listeners = re.findall(
        r"^listener (\d+)$", (DEPLOY / "listeners.conf").read_text(), re.MULTILINE
    )
    assert listeners == [str(config.mqtt.port), str(config.mqtt.tls_port)]
    assert SERVICES["portal"]["ports"][0].endswith(f":{config.portal.port}")


def test_the_rules_get_every_secret_of_the_channels() -> None:
    channels = load(DEPLOY / "kenh.toml").channels.model_dump()
    wanted = {value for key, value in channels.items() if key.endswith("_env")}
    assert wanted <= set(SERVICES["rules"]["environment"])


def test_grafana_gets_what_its_provisioning_asks_for() -> None:
    grafana = SERVICES["grafana"]
    provisioning = ROOT / "dashboards" / "provisioning"
    asked = set(re.findall(r"\$(\w+)", (provisioning / "datasources.yaml").read_text()))
    assert asked
    assert asked <= set(grafana["environment"])
    path = yaml.safe_load((provisioning / "dashboards.yaml").read_text())["providers"][0]
    assert mounts(grafana)[path["options"]["path"]] == "../dashboards/json"
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == path["options"]["path"]
    assert (ROOT / "dashboards" / "json" / home.name).exists()


def test_the_dockerfile_copies_what_exists_and_the_builder_is_sent_just_that() -> None:
    sources = copied()
    for source in sources:
        assert (ROOT / source).exists(), source
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in sent if line.startswith("!")} == sources
    assert "--require-hashes" in DOCKERFILE


def test_the_image_holds_every_room_that_the_app_imports() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    imported = {
        module.split(".")[0]
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert imported & rooms - copied() == set()


def test_health_is_a_fresh_word_that_says_ready(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()

    def check(state: str, age_s: float) -> tuple[int, str]:
        word = {"name": "store", "pid": 1, "state": state, "at": (time.time() - age_s) * 1000}
        (run / "store.json").write_text(json.dumps(word))
        return ask("store")

    def ask(name: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, str(DEPLOY / "healthy.py"), name],
            env={"KENH_STATE": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr.strip()

    assert check("ready", 1) == (0, "")
    assert check("starting", 1) == (1, "store: it is starting")
    assert check("ready", 60) == (1, "store: its last word is 60 s old")
    code, words = ask("rules")
    assert code == 1
    assert words.startswith("rules: no word from it")
    (run / "rules.json").write_text("{")
    assert ask("rules")[0] == 1


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def test_there_is_a_unit_for_the_platform_and_one_for_the_containers() -> None:
    assert [path.name for path in UNITS] == ["kenh-compose.service", "kenh.service"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_whole(path: Path) -> None:
    parser = unit(path)
    assert parser.sections() == ["Unit", "Service", "Install"]
    assert parser["Unit"]["Description"]
    assert parser["Install"]["WantedBy"] == "multi-user.target"
    document = parser["Unit"]["Documentation"].removeprefix("file:///opt/kenh/")
    assert (ROOT / document).exists()


def test_the_unit_runs_the_launcher_as_a_user_without_power() -> None:
    service = unit(DEPLOY / "systemd" / "kenh.service")["Service"]
    assert service["ExecStart"] == (
        "/opt/kenh/kenh up --state /var/lib/kenh --config /etc/kenh/kenh.toml"
    )
    assert (service["User"], service["Group"]) == ("kenh", "kenh")
    assert f"/var/lib/{service['StateDirectory']}" in service["ExecStart"]
    assert service["CapabilityBoundingSet"] == ""
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert {"AF_INET6", "AF_INET"} <= set(service["RestrictAddressFamilies"].split())


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """Where systemd is: with a launcher that exists here in place of the installed one."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        return
    text = (DEPLOY / "systemd" / "kenh.service").read_text()
    copy = tmp_path / "kenh.service"
    copy.write_text(text.replace("/opt/kenh", str(ROOT)))
    said = subprocess.run(
        [tool, "verify", "--man=no", "--recursive-errors=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    # A machine without a running systemd cannot say more than what it makes of the lines.
    assert not re.findall(r"kenh\.service:.*(?:Unknown|Failed to parse|Invalid)", said.stderr)


def test_compose_understands_the_file(tmp_path: Path) -> None:
    """Where Docker's client and its compose plugin are; neither is needed."""
    docker = shutil.which("docker")
    if docker is None:
        return
    probe = subprocess.run([docker, "compose", "version"], capture_output=True, check=False)
    if probe.returncode:
        return
    filled = tmp_path / "env"
    filled.write_text("".join(f"{name}={value or 'x'}\n" for name, value in example().items()))
    said = subprocess.run(
        [docker, "compose", "--env-file", str(filled), "-f", "compose.yaml", "config", "-q"],
        cwd=DEPLOY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
