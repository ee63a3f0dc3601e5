"""The real parts start with our configuration, on IPv4 and on IPv6 alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services import RunningInflux, answers, make_broker, make_influx


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_broker_starts_with_the_shipped_configuration(tmp_path: Path, host: str) -> None:
    broker = make_broker(tmp_path / "broker", host)
    broker.start()
    try:
        assert answers(host, broker.port)
    finally:
        broker.stop()
    assert "Error" not in (tmp_path / "broker" / "log").read_text()


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
