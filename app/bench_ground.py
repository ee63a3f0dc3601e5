"""What a benchmark runs on: a mosquitto and an InfluxDB of its own, in a folder that goes away."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.broker import ADMIN_USER as BROKER_ADMIN
from app.broker import Broker
from app.errors import CommandError
from app.influx import ADMIN_USER as INFLUX_ADMIN
from app.influx import Influx
from app.ports import free_ports, is_free
from ingest.consumer import BrokerAddress
from ingest.influx import InfluxAddress
from registry.credentials import mosquitto_hash, new_password

HOST = "127.0.0.1"
START_SECONDS = 30.0


@dataclass(frozen=True)
class Ground:
    broker: BrokerAddress
    influx: InfluxAddress


@contextmanager
def ground() -> Iterator[Ground]:
    """Start both with the shipped configuration; stop them and remove their folder at the end."""
    password = new_password()
    with TemporaryDirectory(prefix="kenh-bench-") as folder:
        mqtt_port, influx_port = free_ports(HOST, 2)
        broker = Broker(Path(folder) / "broker", HOST, mqtt_port)
        broker.prepare({BROKER_ADMIN: mosquitto_hash(password)})
        influx = Influx(Path(folder) / "influx", HOST, influx_port)
        influx.prepare()
        with _process(broker.command(), broker.folder), _process(influx.command(), influx.folder):
            influx.wait_ready(START_SECONDS)
            influx.make_administrator(password)
            _wait_listening(mqtt_port)
            yield Ground(
                BrokerAddress(HOST, mqtt_port, BROKER_ADMIN, password),
                InfluxAddress(influx.url, INFLUX_ADMIN, password),
            )


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_listening(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while is_free(HOST, port):
        if time.monotonic() > deadline:
            raise CommandError(f"mosquitto does not listen on {HOST} port {port}")
        time.sleep(0.05)
