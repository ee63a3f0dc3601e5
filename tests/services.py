"""The real parts that tests talk to: mosquitto and InfluxDB on free ports of the loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.broker import ADMIN_USER, INGEST_USER, Broker, binary
from app.influx import ADMIN_USER as INFLUX_USER
from app.influx import Influx
from app.ports import free_ports
from registry.credentials import mosquitto_hash

PASSWORD = "only-for-tests"


def need(program: str) -> None:
    """Skip where a real part is missing, except in CI, where it must be there."""
    if shutil.which(program) or Path(program).exists():
        return
    if os.environ.get("CI"):
        pytest.fail(f"{program} is missing: CI runs every test against the real part")
    pytest.skip(f"{program} is not installed: './kenh test' installs it")


def wait_for(condition: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
    """Return when `condition()` is true; fail after `seconds` with `what` was awaited."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what or condition}")
        time.sleep(0.02)


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


@dataclass
class RunningBroker:
    """A mosquitto that runs exactly the shipped configuration."""

    broker: Broker
    users: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return self.broker.host

    @property
    def port(self) -> int:
        return self.broker.port

    def start(self) -> None:
        self.broker.prepare(self.users)
        with (self.broker.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.broker.command(), cwd=self.broker.folder, stdout=log, stderr=log
            )
        wait_for(lambda: answers(self.host, self.port), what="the broker listens")

    def add_user(self, name: str, password: str = PASSWORD) -> None:
        """A user who can connect from now on: mosquitto reads the file again."""
        self.users[name] = mosquitto_hash(password)
        if self.process is not None:
            self.broker.write_users(self.users)
            self.process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """Kill it with -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


def make_broker(folder: Path, host: str = "127.0.0.1") -> RunningBroker:
    need(binary())
    broker = RunningBroker(Broker(folder, host, free_ports(host, 1)[0]))
    for name in (ADMIN_USER, INGEST_USER):
        broker.add_user(name)
    return broker


@dataclass
class RunningInflux:
    """A real InfluxDB 1.x with authentication."""

    influx: Influx
    username: str = INFLUX_USER
    password: str = PASSWORD
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.influx.url

    def start(self) -> None:
        self.influx.prepare()
        with (self.influx.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.influx.command(), stdout=log, stderr=log)
        self.influx.wait_ready(30)
        self.influx.make_administrator(self.password)

    def query(self, text: str, database: str = "") -> list[dict[str, object]]:
        """The series of an InfluxQL query: `{"name", "tags", "columns", "values"}` each."""
        reply = httpx.post(
            f"{self.url}/query",
            data={"q": text, "db": database, "epoch": "ms"},
            auth=(self.username, self.password),
            timeout=30.0,
        )
        reply.raise_for_status()
        found: list[dict[str, object]] = []
        for result in reply.json()["results"]:
            if "error" in result:
                raise AssertionError(f"{text}: {result['error']}")
            found += result.get("series", [])
        return found

    def kill(self) -> None:
        """Kill it with -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


def make_influx(folder: Path, host: str = "127.0.0.1") -> RunningInflux:
    need("influxd")
    return RunningInflux(Influx(folder, host, free_ports(host, 1)[0]))
