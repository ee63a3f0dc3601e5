"""Ingest and store as the service tests run them, and a device that waits for `down/stored`."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec
import paho.mqtt.client as paho
import uvloop
from paho.mqtt.enums import CallbackAPIVersion

from app.broker import INGEST_USER
from ingest.influx import InfluxAddress
from ingest.service import IngestSettings
from ingest.spool import SpoolReader
from ingest.store import StoreSettings
from registry.areas import AREAS
from registry.store import Registry
from telemetry.model import Reading
from tests.services import PASSWORD, RunningBroker, RunningInflux, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent


class Part(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...

    def figures(self) -> dict[str, float]: ...


@contextmanager
def running(part: Part) -> Iterator[Part]:
    """Run a component in a thread with the event loop of production; stopped after the block."""
    loop = uvloop.new_event_loop()
    stop = asyncio.Event()
    failed: list[BaseException] = []

    def live() -> None:
        try:
            loop.run_until_complete(part.run(stop))
        except BaseException as error:  # noqa: BLE001 - it fails the test below
            failed.append(error)
        finally:
            loop.close()

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield part
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(15)
        assert not thread.is_alive(), "the component did not stop"
    if failed:
        raise failed[0]


def ingest_settings(root: Path, broker: RunningBroker, **more: object) -> IngestSettings:
    return IngestSettings(
        host=broker.host,
        port=broker.port,
        username=INGEST_USER,
        password=PASSWORD,
        registry_url=registry_url(root),
        spool=root / "spool",
        dead_letters=root / "deadletter" / "ingest",
        ledger_file=root / "ledger.json",
        **more,  # type: ignore[arg-type]
    )


def store_settings(root: Path, influx: RunningInflux, **more: object) -> StoreSettings:
    return StoreSettings(
        spool=root / "spool",
        dead_letters=root / "deadletter" / "store",
        influx=InfluxAddress(influx.url, influx.username, influx.password),
        flush_s=0.05,
        max_retry_s=0.5,
        **more,  # type: ignore[arg-type]
    )


def registry_url(root: Path) -> str:
    return f"sqlite:///{root / 'registry.db'}"


def furnish(root: Path, broker: RunningBroker, tenant: str, *devices: str) -> None:
    """A tenant with one site and these pressure loggers, who may connect."""
    with Registry(registry_url(root)) as registry:
        registry.migrate()
        registry.add_tenant(tenant, tenant.title())
        registry.add_site(f"{tenant}-north", tenant, next(iter(AREAS)))
        for device in devices:
            add_device(registry, broker, tenant, device)


def add_device(registry: Registry, broker: RunningBroker, tenant: str, device: str) -> None:
    registry.add_device(device, f"{tenant}-north", "water-pressure-logger", password=PASSWORD)
    broker.add_user(device)


def spooled(root: Path) -> list[Reading]:
    """Every reading that is on disk, in the order of the spool."""
    reader = SpoolReader(root / "spool")
    try:
        return reader.read(None, 10**9).readings
    finally:
        reader.close()


def seqs(readings: list[Reading], device: str) -> list[int]:
    return [one.seq for one in readings if one.device == device]


class Device:
    """Sends readings with QoS 1, keeps them until they are stored, sends again what is not."""

    def __init__(self, broker: RunningBroker, device: str, boot: int = 1) -> None:
        self.device = device
        self.boot = boot
        self.kept: dict[int, dict[str, object]] = {}
        self.told: list[tuple[int, int]] = []
        self.acknowledged = 0
        self.sent = 0
        self.patience_s = 1.0  # without progress; then it sends again
        self._progress = time.monotonic()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=device)
        self._client.username_pw_set(device, PASSWORD)
        self._client.max_queued_messages_set(0)
        self._client.max_inflight_messages_set(10_000)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._connects = 0
        self._client.connect_async(broker.host, broker.port, keepalive=10)
        self._client.loop_start()
        wait_for(lambda: self._connects, what=f"{device} is connected")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, payload: bytes) -> None:
        """Any bytes, once."""
        self._client.publish(f"kenh/1/{self.device}/up/telemetry", payload, qos=1)

    def measure(self, count: int, **values: float) -> None:
        """Make `count` readings and send each in a message of its own."""
        for _ in range(count):
            reading: dict[str, object] = {
                "ts": time.time_ns() // 1_000_000,
                "values": values or {"pressure": 3.25},
                "seq": self.sent,
                "boot": self.boot,
                "oldest": min(self.kept, default=self.sent),
            }
            self.kept[self.sent] = reading
            self.sent += 1
            self.publish(msgspec.json.encode(reading))

    def is_done(self) -> bool:
        """Whether everything is stored; asked again and again, it sends again what is not."""
        if self.kept and time.monotonic() - self._progress > self.patience_s:
            self._send_again()
        return not self.kept

    def wait_until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait as a device does: sending again what is not stored."""
        wait_for(lambda: (self.is_done(), condition())[1], seconds)

    def _send_again(self) -> None:
        self._progress = time.monotonic()
        for reading in list(self.kept.values()):
            self.publish(msgspec.json.encode(reading))

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        self._connects += 1
        client.subscribe(f"kenh/1/{self.device}/down/#", qos=1)

    def _on_publish(self, *_: object) -> None:
        self.acknowledged += 1

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        told = msgspec.json.decode(message.payload)
        self.told.append((told["boot"], told["seq"]))
        if told["boot"] != self.boot:
            return
        for seq in [seq for seq in self.kept if seq <= told["seq"]]:
            del self.kept[seq]
            self._progress = time.monotonic()


class Process:
    """Ingest or store as a process of its own, which can be killed with -9."""

    def __init__(self, settings: IngestSettings | StoreSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kind = "ingest" if isinstance(self._settings, IngestSettings) else "store"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.service.ingest_process", kind],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(self._settings, enc_hook=str))
        self._process.stdin.close()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """Stop in order; the exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(10)
        self._process = None
        return code
