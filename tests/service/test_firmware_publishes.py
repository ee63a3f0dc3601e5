"""The firmware on real MicroPython against the real broker: a batch is delivered, or kept."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from app import certificate
from app.broker import ADMIN_USER, Broker, Tls
from app.ports import free_ports
from ingest.service import Ingest
from ingest.store import Store
from tests.service.ingest_parts import furnish, ingest_settings, running, store_settings
from tests.services import (
    PASSWORD,
    RunningBroker,
    RunningInflux,
    make_broker,
    wait_for,
)
from tests.unit.device_fw.board import FIRMWARE, Board, micropython

DEVICE = "wp-001"
PRESSURE = {"pressure": [321, 2], "flow": [127, 1]}


class Telemetry(TypedDict):
    """What the firmware sends for one reading."""

    ts: int
    seq: int
    boot: int
    oldest: int
    values: dict[str, float]


class Platform:
    """Stands in for ingest: keeps what the device sends, says `stored` when told to."""

    def __init__(self, broker: RunningBroker) -> None:
        self.payloads: list[list[Telemetry]] = []
        self.answers = True
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "stand-in")
        self._client.username_pw_set(ADMIN_USER, PASSWORD)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._client.subscribe("kenh/1/+/up/#", qos=1)
        assert self._subscribed.wait(10)

    def _take(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        batch = json.loads(message.payload)
        self.payloads.append(batch)
        if self.answers:
            self.say_stored(batch[-1]["boot"], batch[-1]["seq"])

    def say_stored(self, boot: int, seq: int) -> None:
        stored = json.dumps({"boot": boot, "seq": seq})
        self._client.publish(f"kenh/1/{DEVICE}/down/stored", stored, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def platform(broker: RunningBroker) -> Iterator[Platform]:
    broker.add_user(DEVICE)
    platform = Platform(broker)
    yield platform
    platform.close()


def flashed(folder: Path, broker: RunningBroker, **more: object) -> Board:
    config: dict[str, object] = {
        "device": DEVICE,
        "password": PASSWORD,
        "host": broker.host,
        "port": broker.port,
        "values": PRESSURE,
        "readings": 3,
        "every_ms": 5,
        "tries": 8,
    }
    return Board.flashed(folder / "board", config | more)


def test_a_batch_is_delivered(tmp_path: Path, broker: RunningBroker, platform: Platform) -> None:
    board = flashed(tmp_path, broker)
    code, printed = board.run()
    assert (code, printed) == (0, "stored: boot 1 seq 3\n")
    (batch,) = platform.payloads
    assert [(reading["seq"], reading["boot"]) for reading in batch] == [(1, 1), (2, 1), (3, 1)]
    assert batch[0]["values"] == {"pressure": 3.21, "flow": 12.7}
    assert batch[0]["oldest"] == 1
    times = [reading["ts"] for reading in batch]
    assert times == sorted(times)
    assert abs(times[-1] - time.time() * 1000) < 60_000


def test_a_reading_goes_from_the_board_into_influxdb(
    tmp_path: Path, broker: RunningBroker, influx: RunningInflux
) -> None:
    """The whole way: MicroPython, mosquitto, ingest, the spool, store, InfluxDB."""
    furnish(tmp_path, broker, "firmware", DEVICE)
    board = flashed(tmp_path, broker)
    with (
        running(Ingest(ingest_settings(tmp_path, broker))) as ingest,
        running(Store(store_settings(tmp_path, influx))),
    ):
        wait_for(lambda: ingest.figures()["broker_connected"], what="ingest is subscribed")
        assert board.run() == (0, "stored: boot 1 seq 3\n")
        query = 'SELECT * FROM "water"'
        wait_for(lambda: len(rows(influx, query)) == 3, what="three readings in InfluxDB")
    first = rows(influx, query)[0]
    assert (first["pressure"], first["flow"]) == (3.21, 12.7)
    assert (first["device"], first["site"]) == (DEVICE, "firmware-north")
    assert (first["boot"], first["seq"], first["q"]) == (1, 1, 0)


def rows(influx: RunningInflux, query: str) -> list[dict[str, object]]:
    """The rows of the firmware's database; none while store has not made it."""
    try:
        series = influx.query(query, "kenh_firmware")
    except AssertionError:
        return []
    return [
        dict(zip(one["columns"], row, strict=True))  # type: ignore[call-overload]
        for one in series
        for row in one["values"]  # type: ignore[attr-defined]
    ]


def test_every_start_is_a_boot_of_its_own(
    tmp_path: Path, broker: RunningBroker, platform: Platform
) -> None:
    board = flashed(tmp_path, broker)
    assert [board.run()[1] for _ in range(2)] == [
        "stored: boot 1 seq 3\n",
        "stored: boot 2 seq 3\n",
    ]


def test_a_puback_alone_does_not_end_it(
    tmp_path: Path, broker: RunningBroker, platform: Platform
) -> None:
    """The broker has the batch, nobody stored it: it is sent again until `down/stored` comes."""
    platform.answers = False
    board = flashed(tmp_path, broker, stored_s=1)
    with board.power_on() as device:
        wait_for(lambda: len(platform.payloads) >= 2, what="the batch is sent again")
        assert device.poll() is None
        # Neither another boot's nor a lower number lets the batch go.
        platform.say_stored(7, 3)
        platform.say_stored(1, 2)
        sent = len(platform.payloads)
        wait_for(lambda: len(platform.payloads) > sent, what="it is still kept")
        platform.say_stored(1, 3)
        printed, _ = device.communicate(timeout=30)
    assert device.returncode == 0
    assert "attempt 1 failed: TimeoutError" in printed
    assert printed.endswith("stored: boot 1 seq 3\n")
    assert all(batch == platform.payloads[0] for batch in platform.payloads)


def test_it_outlives_the_broker(tmp_path: Path, broker: RunningBroker) -> None:
    """The broker is away at first, then killed in the middle: the batch arrives all the same."""
    broker.add_user(DEVICE)
    broker.kill()
    board = flashed(tmp_path, broker, stored_s=2)
    with board.power_on() as device:
        assert device.stdout is not None
        assert device.stdout.readline().startswith("attempt 1 failed: OSError")
        broker.start()
        silent = Platform(broker)
        silent.answers = False
        wait_for(lambda: silent.payloads, what="the batch arrives")
        broker.kill()
        silent.close()
        broker.start()
        platform = Platform(broker)
        printed, _ = device.communicate(timeout=60)
    platform.close()
    assert device.returncode == 0
    assert printed.endswith("stored: boot 1 seq 3\n")
    assert platform.payloads


def test_a_wrong_password_is_said(tmp_path: Path, broker: RunningBroker) -> None:
    broker.add_user(DEVICE)
    code, printed = flashed(tmp_path, broker, password="wrong", tries=1).run()
    assert code == 1
    assert "refused wp-001: code 5" in printed
    assert "wrong" not in printed


def test_on_ipv6_alone(tmp_path: Path) -> None:
    broker = make_broker(tmp_path / "broker", "::1")
    broker.add_user(DEVICE)
    broker.start()
    try:
        platform = Platform(broker)
        assert flashed(tmp_path, broker).run()[0] == 0
        platform.close()
    finally:
        broker.stop()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_over_tls_the_broker_is_checked(tmp_path: Path, name: str) -> None:
    """The device trusts the installation's own authority, and no other name or authority."""
    plain, secure = free_ports("127.0.0.1", 2)
    pair = certificate.ensure(tmp_path / "tls", [name], datetime.now(UTC))
    broker = RunningBroker(
        Broker(
            tmp_path / "broker",
            "127.0.0.1",
            plain,
            # By name: on many machines localhost is ::1 first, and MicroPython tries the first.
            Tls("localhost", secure, pair.certificate, pair.key),
        )
    )
    for user in (ADMIN_USER, DEVICE):
        broker.add_user(user)
    stranger = certificate.ensure(tmp_path / "other-tls", [name], datetime.now(UTC))
    broker.start()
    platform = Platform(broker)
    try:
        for case, authority, host, expected in (
            ("right", pair.authority, name, 0),
            ("stranger", stranger.authority, name, 1),
            ("name", pair.authority, "localhost" if name != "localhost" else "127.0.0.1", 1),
        ):
            ca = tmp_path / f"{case}.der"
            ca.write_bytes(ssl.PEM_cert_to_DER_cert(authority.read_text()))
            folder = tmp_path / case
            folder.mkdir()
            board = flashed(folder, broker, host=host, port=secure, ca=str(ca), tries=1)
            code, printed = board.run()
            assert code == expected, (case, printed)
    finally:
        platform.close()
        broker.stop()
    assert len(platform.payloads) == 1


def test_on_a_board_it_joins_the_wifi_first(
    tmp_path: Path, broker: RunningBroker, platform: Platform
) -> None:
    board = flashed(tmp_path, broker, wifi={"ssid": "kenh", "password": "only-here"})
    # The unix port has no radio: this stands in for the module of an ESP32.
    (board.folder / "network.py").write_text(
        "STA_IF = 0\n"
        "class WLAN:\n"
        "    def __init__(self, interface):\n"
        "        self.asked = 0\n"
        "    def active(self, on):\n"
        "        print('radio', on)\n"
        "    def connect(self, ssid, password):\n"
        "        print('join', ssid, len(password))\n"
        "    def isconnected(self):\n"
        "        self.asked += 1\n"
        "        return self.asked > 2\n"
    )
    assert board.run() == (0, "radio True\njoin kenh 9\nstored: boot 1 seq 3\n")


def test_a_broker_that_says_nothing_is_left(tmp_path: Path) -> None:
    """A listener that accepts and never answers holds nobody for ever."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        config: dict[str, object] = {
            "device": DEVICE,
            "password": PASSWORD,
            "host": "127.0.0.1",
            "port": mute.getsockname()[1],
            "values": PRESSURE,
            "tries": 1,
        }
        board = Board.flashed(tmp_path / "board", config)
        # Ten seconds on a device; a test need not wait for so long.
        module = board.folder / "mqtt.py"
        module.write_text(module.read_text().replace("ANSWER_S = 10", "ANSWER_S = 1"))
        code, printed = board.run()
    assert code == 1
    assert "TimeoutError" in printed


def test_the_encoder_writes_the_same_bytes_on_micropython(tmp_path: Path) -> None:
    script = tmp_path / "check.py"
    vectors = Path(__file__).parent.parent / "unit" / "device_fw"
    script.write_text(
        f"import sys\nsys.path[:0] = [{str(FIRMWARE)!r}, {str(vectors)!r}]\n"
        "from encoder import encode_batch\n"
        "from vectors import HOST_FLOATS, VECTORS\n"
        "for readings, oldest, payload in VECTORS + [HOST_FLOATS]:\n"
        "    made = encode_batch(readings, oldest)\n"
        "    assert made == payload, made\n"
        "print(len(VECTORS), 'vectors')\n"
    )
    done = subprocess.run(
        [*micropython(), str(script)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "7 vectors\n"
