"""The real parts start with our configuration, on IPv4 and on IPv6 alone."""

from __future__ import annotations

import threading
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.services import (
    PASSWORD,
    RunningBroker,
    RunningInflux,
    answers,
    make_broker,
    make_influx,
    wait_for,
)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_broker_starts_with_the_shipped_configuration(tmp_path: Path, host: str) -> None:
    broker = make_broker(tmp_path / "broker", host)
    broker.start()
    try:
        assert answers(host, broker.port)
    finally:
        broker.stop()
    assert "Error" not in (tmp_path / "broker" / "log").read_text()


def test_the_brokers_log_says_why_a_device_does_not_get_through(broker: RunningBroker) -> None:
    broker.add_user("pump-1")
    lost = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="pump-1")
    client.username_pw_set("pump-1", PASSWORD)
    client.on_disconnect = lambda *_: lost.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.publish("kenh/1/pump-1/up/telemetry", b"x" * 300_000, qos=1)
    assert lost.wait(10)
    client.disconnect()
    client.loop_stop()
    log = broker.broker.folder / "log"
    wait_for(lambda: "Client pump-1 disconnected due to oversize packet" in log.read_text())


def test_influxdb_answers_queries(influx: RunningInflux) -> None:
    influx.query("CREATE DATABASE kenh_start")
    assert "kenh_start" in str(influx.query("SHOW DATABASES"))


def test_influxdb_on_ipv6_alone(tmp_path: Path) -> None:
    influx = make_influx(tmp_path / "influx", "::1")
    influx.start()
    try:
        assert influx.query("SHOW DATABASES")
    finally:
        influx.stop()
