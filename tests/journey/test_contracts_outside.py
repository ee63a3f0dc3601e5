"""The contracts as an outsider meets them: the platform runs, only its promises are trusted."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.running import Running, kenh, processes_of, running
from tests.services import wait_for

PACK = """rules:
  - id: test.low
    title: {vi: Thấp, en: Low}
    scope: {sector: water, quantity: pressure}
    when: pressure < 1 bar
    clear: pressure > 1.5 bar
    severity: major
    notify: water-duty
"""


@dataclass
class Hooks:
    """A receiver of webhooks."""

    port: int
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]


@dataclass
class World:
    """The platform that runs, and the passwords of its devices."""

    running: Running
    passwords: dict[str, str]
    hooks: Hooks

    @property
    def endpoints(self) -> dict[str, Any]:
        return self.running.endpoints()

    def rows(self, database: str, query: str) -> list[dict[str, Any]]:
        influx = self.endpoints["influx"]
        reply = httpx.get(
            f"{influx['url']}/query",
            params={"db": database, "q": query, "epoch": "ns"},
            auth=(influx["username"], influx["password"]),
        ).json()
        series = reply["results"][0].get("series", [])
        return [
            dict(zip(one["columns"], row, strict=True)) for one in series for row in one["values"]
        ]


class Client:
    """A device's MQTT client; `seen` are messages on the topics that it asked for."""

    def __init__(self, world: World, device: str, client_id: str = "", *, tls: bool = False):
        broker = world.endpoints["mqtt"]
        self.seen: list[tuple[str, bytes]] = []
        self.drops = 0
        self._at = f"kenh/1/{device}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.username_pw_set(device, world.passwords[device])
        self._client.on_message = lambda _c, _u, one: self.seen.append(
            (one.topic, bytes(one.payload))
        )
        self._client.on_disconnect = self._dropped
        if tls:
            self._client.tls_set(str(world.running.state / "broker" / "tls" / "ca.pem"))
        host, port = ("localhost", "tls_port") if tls else (broker["host"], "port")
        self._client.connect(host, broker[port])
        self._client.loop_start()
        wait_for(self._client.is_connected, what=f"{device} is connected")
        granted: list[int] = []
        self._client.on_subscribe = lambda *_: granted.append(1)
        topics = ("#", "kenh/#", f"{self._at}/down/#")
        for topic in topics:
            self._client.subscribe(topic, 1)
        wait_for(lambda: len(granted) == len(topics), what="subscribed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.on_disconnect = None
        self._client.disconnect()
        self._client.loop_stop()

    def _dropped(self, *_: object) -> None:
        self.drops += 1

    def publish(self, payload: object, topic: str = "") -> None:
        said = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._client.publish(topic or f"{self._at}/up/telemetry", said, 1)

    def wait_stored(self, boot: int, seq: int) -> None:
        wanted = (f"{self._at}/down/stored", b'{"boot":%d,"seq":%d}' % (boot, seq))
        wait_for(lambda: wanted in self.seen, 20, f"stored up to {seq}")


@pytest.fixture(scope="module")
def hooks() -> Iterator[Hooks]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.append((self.headers["X-Kenh-Signature"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        found = Hooks(server.server_port)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, hooks: Hooks) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("outside")
    state = folder / "state"
    (folder / "packs").mkdir()
    (folder / "packs" / "test.yaml").write_text(PACK)
    (folder / "kenh.toml").write_text(f'[rules]\npacks = "{folder / "packs"}"\n')
    for letter in "ab":
        kenh("tenant", "add", f"cong-ty-{letter}", "--name", letter, state=state)
        place = ("--tenant", f"cong-ty-{letter}", "--area", "31321")
        kenh("site", "add", f"tram-{letter}", *place, state=state)
    passwords = {}
    for device in ("may-a1", "may-a2", "may-a3", "may-b1"):
        place = ("--site", f"tram-{device[4]}", "--kind", "water-pressure-logger")
        added = kenh("device", "add", device, *place, "--json", state=state)
        passwords[device] = json.loads(added.stdout)["password"]
    address = f"http://127.0.0.1:{hooks.port}/"
    told = ("--group", "water-duty", "--channel", "webhook", "--address", address)
    assert kenh("contact", "add", "truc", "--tenant", "cong-ty-a", *told, state=state)
    words = ("up", "--ports", "auto", "--config", str(folder / "kenh.toml"))
    with running(*words, state=state) as platform:
        yield World(platform, passwords, hooks)


def test_the_endpoints_have_exactly_the_contract_s_shape(world: World) -> None:
    found = world.endpoints
    assert {name: sorted(one) if one else one for name, one in found.items()} == {
        "mqtt": ["host", "password", "port", "tls_port", "username"],
        "influx": ["password", "url", "username", "version"],
        "portal": ["token", "url"],
        "grafana": None,
        "inbox": None,
        "metrics": ["url"],
    }


def test_a_point_has_the_contract_s_fields_tags_and_time(world: World) -> None:
    ts = time.time_ns() // 1_000_000
    with Client(world, "may-a1") as device:
        device.publish([{"ts": ts, "values": {"pressure": 3, "flow": 12.5}, "seq": 7, "boot": 1}])
        device.wait_stored(1, 7)
    query = "SELECT * FROM water WHERE device = 'may-a1'"
    wait_for(lambda: world.rows("kenh_cong_ty_a", query), what="it is in InfluxDB")
    (row,) = world.rows("kenh_cong_ty_a", query)
    assert ts <= row.pop("received")
    assert row == {
        "time": ts * 1_000_000 + 7,
        "area": "31321",
        "device": "may-a1",
        "kind": "water-pressure-logger",
        "site": "tram-a",
        "pressure": 3,
        "flow": 12.5,
        "q": 0,
        "seq": 7,
        "boot": 1,
    }
    types = world.rows("kenh_cong_ty_a", "SHOW FIELD KEYS FROM water")
    assert {one["fieldKey"]: one["fieldType"] for one in types} == {
        **dict.fromkeys(("pressure", "flow"), "float"),
        **dict.fromkeys(("boot", "q", "received", "seq"), "integer"),
    }


def test_a_device_reads_and_writes_nothing_of_another(world: World) -> None:
    with Client(world, "may-a1") as victim, Client(world, "may-b1") as other:
        with Client(world, "may-b1") as foe:  # mosquitto ends a connection that does such things
            foe.publish({"values": {"pressure": 9}, "seq": 99, "boot": 9}, victim_topic("up"))
        with Client(world, "may-b1") as foe:
            foe.publish({"boot": 2, "seq": 99}, victim_topic("down"))
        other.publish({"values": {"pressure": 2}, "seq": 1, "boot": 2})
        other.wait_stored(2, 1)
        victim.publish({"values": {"pressure": 2}, "seq": 1, "boot": 2})
        victim.wait_stored(2, 1)
        assert all("/may-b1/" in topic for topic, _ in other.seen)
        assert all(b"99" not in payload for _, payload in victim.seen)
    assert not world.rows("kenh_cong_ty_a", "SELECT * FROM water WHERE boot = 9")


def victim_topic(way: str) -> str:
    return f"kenh/1/may-a1/{way}/{'telemetry' if way == 'up' else 'stored'}"


def test_over_tls_nobody_takes_the_connection_of_another(world: World) -> None:
    """Invariant 4: a client id is no way to throw another tenant's device, or ingest, out."""
    sessions = world.running.figures("ingest")["broker_sessions"]
    with (
        Client(world, "may-a1", "may-a1", tls=True) as victim,
        Client(world, "may-b1", "may-a1", tls=True) as other,
        Client(world, "may-a2", "kenh-ingest", tls=True) as third,
    ):
        for boot, device in enumerate((victim, other, third), start=10):
            device.publish({"values": {"pressure": 2}, "seq": 1, "boot": boot})
            device.wait_stored(boot, 1)
        assert [one.drops for one in (victim, other, third)] == [0, 0, 0]
    assert world.running.figures("ingest")["broker_sessions"] == sessions


def test_refused_payloads_are_one_line_each_in_a_pipe(world: World) -> None:
    with Client(world, "may-b1") as device:
        device.publish(b'{"values":{"pressure":\x00[bold]')
        device.publish({"values": {"a quantity with a very long name": 1}, "seq": 5, "boot": 3})
        device.wait_stored(3, 5)
    listed = kenh("deadletter", "list", "--device", "may-b1", state=world.running.state)
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    assert [row[3] for row in rows] == ["undecodable", "unknown-quantity"]
    assert {len(row) for row in rows} == {5}


def test_a_webhook_is_signed_and_late_data_pages_nobody(world: World) -> None:
    now = time.time_ns() // 1_000_000
    with Client(world, "may-a3") as device:
        late = {"ts": now - 3_600_000, "values": {"pressure": 0.5}, "seq": 1, "boot": 4}
        device.publish(late)
        device.wait_stored(4, 1)
        state = world.running.state

        def alarms() -> list[dict[str, Any]]:
            return list(json.loads(kenh("alerts", "list", "--json", state=state).stdout))

        wait_for(alarms, what="an alarm")
        (alarm,) = alarms()
        assert alarm["historical"] is True
        device.publish({"ts": now, "values": {"pressure": 3}, "seq": 2, "boot": 4})
        device.publish({"ts": now + 1, "values": {"pressure": 0.25}, "seq": 3, "boot": 4})
        wait_for(lambda: world.hooks.received, 20, "the webhook is called")
    said, body = world.hooks.received[0]
    key = json.loads((state / "secrets.json").read_text())["webhook"].encode()
    assert said == f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
    (event,) = world.hooks.events()
    assert (event["event"], event["historical"]) == ("firing", False)
    shown = {name: event["alert"][name] for name in ("rule", "device", "value", "limit", "unit")}
    assert list(shown.values()) == ["test.low", "may-a3", 0.25, 1.0, "bar"]


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_it_starts_is_obeyed_at_once(tmp_path: Path, signal_: int) -> None:
    """And what a killed supervisor left behind is gone as soon as the next one starts."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "endpoints.json").write_text("{}")
    with running("up", "--ports", "auto", state=state) as up:
        wait_for(lambda: not (state / "endpoints.json").exists(), what="the old word is gone")
        up.process.send_signal(signal_)
        asked = time.monotonic()
        assert up.wait(20) == 0
        assert time.monotonic() - asked < 5
        assert "stopped before it was ready" in up.output.read_text()
    assert processes_of(state) == []


def test_a_state_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    state = tmp_path / "file"
    state.write_text("")
    for command in ("up", "demo"):
        done = kenh(command, state=state)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "--state" in done.stderr
        assert "Traceback" not in done.stderr


def test_every_command_takes_the_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    for words in (("rules", "check"), ("dashboards", "lint"), ("kinds",), ("area", "list")):
        assert kenh(*words, state=state).returncode == 0, words
    assert list(tmp_path.iterdir()) == []
