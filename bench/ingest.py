"""`kenh bench ingest`: the CPU time of a message from the broker into InfluxDB, beside paho-mqtt.

Everything is real: the broker, InfluxDB, ingest and store as processes of their own with their
fsyncs and acknowledgements, 200 devices on connections of their own. The CPU time is what the
operating system has counted for the processes, user and system, over the measured time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.child import Word
from bench.noop import NoopSettings
from bench.publishers import KIND, PublishersSettings, device_ids
from bench.report import BenchmarkError, Report, machine
from ingest.consumer import BrokerAddress
from ingest.influx import InfluxAddress
from ingest.service import FILTER, IngestSettings
from ingest.store import StoreSettings
from registry.areas import AREAS
from registry.records import NewDevice
from registry.store import Registry

__all__ = ["BenchmarkError", "Report", "measure"]

RATE = 5_000
WARM_UP_S = 2.0
START_S = 20.0
ROOT = Path(__file__).resolve().parent.parent

CAVEATS = [
    "one run; broker, InfluxDB, load generator and all that is measured share the machine",
    (
        "us_per_message is user and system CPU time of ingest and store together, including the "
        "fsync before every acknowledgement, down/stored and the write to InfluxDB"
    ),
    (
        "ratio_to_paho is ours divided by paho-mqtt's, which subscribes to the same messages at "
        "the same time and throws them away: smaller is better"
    ),
    (
        "stored_p99 is from publishing until the device has down/stored; ingest gathers messages "
        "for 20 ms, and answers for at least 40 ms"
    ),
]

Progress = Callable[[str], None]


@dataclass
class _Child:
    process: subprocess.Popen[str]
    name: str

    def word(self) -> Word:
        """What it has used and counted until now."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise BenchmarkError(f"{self.name} ended: its error stands above")
        return msgspec.json.decode(line, type=Word)

    def wait_for(self, figure: str, at_least: float) -> None:
        deadline = time.monotonic() + START_S
        while self.word().figures.get(figure, 0) < at_least:
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{self.name}: {figure} is not {at_least:g} yet: gave up")
            time.sleep(0.05)


@contextmanager
def _child(name: str, settings: object) -> Iterator[_Child]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.child", name],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(msgspec.json.encode(settings, enc_hook=str).decode() + "\n")
        process.stdin.flush()
        yield _Child(process, name)
    finally:
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def measure(
    broker: BrokerAddress,
    influx: InfluxAddress,
    *,
    seconds: float = 10.0,
    clients: int = 200,
    progress: Progress = lambda _: None,
) -> Report:
    """Run the benchmark on a broker and an InfluxDB that have nothing else to do.

    `broker` is the administrators' client: it publishes for the devices and reads for ingest.
    Takes about three times `seconds`.
    """
    busy = machine()
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="kenh-bench-")))
        progress(f"registering {clients} devices")
        url = _register(folder, clients)
        progress("starting ingest, store and paho-mqtt")
        ingest = held.enter_context(_child("ingest", _ingest(folder, broker, url)))
        store = held.enter_context(
            _child("store", StoreSettings(folder / "spool", folder / "dead-store", influx))
        )
        ingest.wait_for("broker_connected", 1)
        figures: dict[str, float] = {}
        progress(f"{RATE:,} messages a second for {seconds:g} s")
        figures |= _at_5k(broker, ingest, store, clients, seconds)
        progress(f"as many as the broker takes for {seconds / 2:g} s")
        figures |= _saturated(broker, ingest, store, clients, seconds / 2)
    return Report(
        figures={name: round(value, 3) for name, value in figures.items()},
        machine=busy,
        load={
            "clients": clients,
            "messages_per_s": RATE,
            "seconds": seconds,
            "values": 8,
            "payload_bytes": 150,
            "qos": 1,
        },
        caveats=CAVEATS,
    )


def _at_5k(
    broker: BrokerAddress, ingest: _Child, store: _Child, clients: int, seconds: float
) -> dict[str, float]:
    with ExitStack() as held:
        noop = held.enter_context(
            _child(
                "noop",
                NoopSettings(broker.host, broker.port, broker.username, FILTER, broker.password),
            )
        )
        load = held.enter_context(_child("publishers", _load(broker, clients, RATE, boot=1)))
        noop.wait_for("messages", 1)
        time.sleep(WARM_UP_S)
        parts = (ingest, store, noop, load)
        before = [part.word() for part in parts]
        time.sleep(seconds)
        after = [part.word() for part in parts]
    messages = _grown(before[0], after[0], "messages")
    if messages < 0.9 * RATE * seconds:
        raise BenchmarkError(
            f"only {messages / seconds:,.0f} of {RATE:,} messages a second went through: "
            "this machine is too busy or too small"
        )
    ingest_us, store_us = (_cpu(before[part], after[part]) / messages * 1e6 for part in (0, 1))
    paho_us = _cpu(before[2], after[2]) / _grown(before[2], after[2], "messages") * 1e6
    return {
        "us_per_message_5k": ingest_us + store_us,
        "ratio_to_paho_5k": (ingest_us + store_us) / paho_us,
        "stored_p50_ms_5k": after[3].figures["stored_p50_ms"],
        "stored_p99_ms_5k": after[3].figures["stored_p99_ms"],
        "ingest_us_per_message_5k": ingest_us,
        "store_us_per_message_5k": store_us,
        "paho_us_per_message_5k": paho_us,
    }


def _saturated(
    broker: BrokerAddress, ingest: _Child, store: _Child, clients: int, seconds: float
) -> dict[str, float]:
    with _child("publishers", _load(broker, clients, 0, boot=2)) as load:
        load.wait_for("published", clients * 20)
        time.sleep(WARM_UP_S / 2)
        before = [part.word() for part in (ingest, store)]
        began = time.monotonic()
        time.sleep(seconds)
        after = [part.word() for part in (ingest, store)]
        took = time.monotonic() - began
    messages = _grown(before[0], after[0], "messages")
    written = _grown(before[1], after[1], "written")
    return {
        "us_per_message_saturated": (
            _cpu(before[0], after[0]) / messages + _cpu(before[1], after[1]) / written
        )
        * 1e6,
        "messages_per_s_saturated": messages / took,
    }


def _cpu(before: Word, after: Word) -> float:
    return after.cpu_s - before.cpu_s


def _grown(before: Word, after: Word, figure: str) -> float:
    return max(1.0, after.figures[figure] - before.figures[figure])


def _ingest(folder: Path, broker: BrokerAddress, registry_url: str) -> IngestSettings:
    return IngestSettings(
        host=broker.host,
        port=broker.port,
        username=broker.username,
        password=broker.password,
        client_id="bench-ingest",
        registry_url=registry_url,
        spool=folder / "spool",
        dead_letters=folder / "dead-ingest",
        ledger_file=folder / "ledger.json",
    )


def _load(broker: BrokerAddress, clients: int, rate: float, boot: int) -> PublishersSettings:
    return PublishersSettings(
        broker.host, broker.port, broker.username, clients, rate, boot, broker.password
    )


def _register(folder: Path, clients: int) -> str:
    url = f"sqlite:///{folder / 'registry.db'}"
    with Registry(url) as registry:
        registry.migrate()
        registry.add_tenant("bench", "Benchmark")
        registry.add_site("bench-site", "bench", next(iter(AREAS)))
        registry.add_devices(NewDevice(one, "bench-site", KIND) for one in device_ids(clients))
    return url
