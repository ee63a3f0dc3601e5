"""What `kenh doctor` looks at: each finding is a fact, a verdict and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app import certificate, packages, ports
from app.config import Config
from app.state import State
from app.status import gather

MIN_FREE_BYTES = 2_000_000_000
BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No honest clock is before this program was written."""


class Finding(msgspec.Struct, frozen=True):
    what: str
    verdict: str  # good | note | bad
    advice: str = ""


def examine(state: State, config: Config) -> list[Finding]:
    running = gather(state).state == "running"
    findings = [_python(), *(_program(one, config) for one in packages.PLATFORM)]
    findings.append(_optional(packages.GRAFANA, "dashboards are shown where grafana-server is"))
    findings += [] if running else _ports(config)
    findings += [_clock(datetime.now(UTC)), _disk(state), _folder(state)]
    findings += _certificate(state, datetime.now(UTC))
    findings.append(
        Finding("Kênh runs with this state", "good")
        if running
        else Finding("Kênh does not run with this state", "note", "start it with './kenh up'")
    )
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(f"Python {version}", "good")  # the launcher takes none before 3.11


def _program(program: packages.Program, config: Config) -> Finding:
    external = config.mqtt.external if program is packages.MOSQUITTO else bool(config.influx.url)
    if external:
        return Finding(f"{program.name}: an existing one is used", "good")
    path = packages.find(program)
    if path is None:
        return Finding(
            f"{program.name} is missing",
            "bad",
            f"'./kenh up' installs it as root, or: apt-get install {program.package}",
        )
    problem = packages.wrong_version(program)
    if problem:
        return Finding(program.name, "bad", problem)
    return Finding(f"{program.name} at {path}, {_version(path, program)}", "good")


def _version(path: str, program: packages.Program) -> str:
    said = subprocess.run([path, *program.probe], capture_output=True, text=True, check=False)
    return (said.stdout + said.stderr).strip().splitlines()[0]


def _optional(program: packages.Program, why: str) -> Finding:
    path = packages.find(program)
    if path:
        return Finding(f"{program.name} at {path}", "good")
    return Finding(f"{program.name} is not on this machine", "note", why)


def _ports(config: Config) -> list[Finding]:
    wanted = [("Portal", config.portal.host, config.portal.port)]
    if not config.mqtt.external:
        wanted.append(("MQTT", config.mqtt.host, config.mqtt.port))
        if config.mqtt.tls_port:
            wanted.append(("MQTT over TLS", config.mqtt.tls_bind or "::", config.mqtt.tls_port))
    if not config.influx.url:
        wanted.append(("InfluxDB", config.influx.host, config.influx.port))
    return [
        Finding(f"port {port} for {what} is free", "good")
        if ports.is_free(host, port)
        else Finding(
            f"port {port} for {what} is taken",
            "bad",
            "stop the program that has it, or start with '--ports auto'",
        )
        for what, host, port in wanted
    ]


def _clock(now: datetime) -> Finding:
    if now < BUILT:
        return Finding(
            f"the clock says {now:%Y-%m-%d}",
            "bad",
            "set it (timedatectl set-ntp true): every reading without a time would be wrong",
        )
    return Finding(f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC", "good")


def _disk(state: State) -> Finding:
    place = next(p for p in (state.path, *state.path.parents) if p.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB are free for {state.path}"
    if free < MIN_FREE_BYTES:
        return Finding(text, "bad", "free some: a full disk stops the acknowledgement of readings")
    return Finding(text, "good")


def _folder(state: State) -> Finding:
    place = next(p for p in (state.path, *state.path.parents) if p.exists())
    if os.access(place, os.W_OK):
        return Finding(f"{place} can be written", "good")
    return Finding(f"{place} cannot be written", "bad", "choose another folder with --state")


def _certificate(state: State, now: datetime) -> list[Finding]:
    path: Path = state.broker / "tls" / "server.pem"
    if not path.exists():
        return []
    end = certificate.ends(path)
    days = (end - now).days
    text = f"the broker's certificate ends on {end:%Y-%m-%d} ({days} days)"
    if days < 0:
        return [Finding(text, "bad", "start Kênh again: it renews the certificate")]
    return [Finding(text, "good")]
