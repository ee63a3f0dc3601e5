"""`bench ingest` measures the whole way on real parts, and says what it holds for."""

from __future__ import annotations

import pytest

from app.broker import ADMIN_USER
from bench import ingest as bench
from bench.report import BenchmarkError
from ingest.consumer import BrokerAddress
from ingest.influx import InfluxAddress
from tests.services import PASSWORD, RunningBroker, RunningInflux


def test_a_short_run(
    broker: RunningBroker, influx: RunningInflux, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a small load: it has to work here, not to impress."""
    monkeypatch.setattr(bench, "RATE", 400)
    monkeypatch.setattr(bench, "WARM_UP_S", 0.4)
    said: list[str] = []
    report = bench.measure(
        BrokerAddress(broker.host, broker.port, ADMIN_USER, PASSWORD),
        InfluxAddress(influx.url, influx.username, influx.password),
        seconds=1.5,
        clients=20,
        progress=said.append,
    )
    assert len(said) == 4
    figures = report.figures
    assert all(value > 0 for value in figures.values())
    assert {
        "us_per_message_5k",
        "us_per_message_saturated",
        "ratio_to_paho_5k",
        "stored_p99_ms_5k",
    } <= set(figures)
    assert figures["stored_p50_ms_5k"] <= figures["stored_p99_ms_5k"]
    parts = figures["ingest_us_per_message_5k"] + figures["store_us_per_message_5k"]
    assert figures["us_per_message_5k"] == pytest.approx(parts, abs=0.01)
    text = report.text()
    assert all(name in text for name in figures)
    assert "smaller is better" in text
    stored = influx.query("SELECT count(seq) FROM water", "kenh_bench")
    assert stored[0]["values"][0][1] > 600  # type: ignore[index]


def test_a_broker_that_lets_nobody_in(
    broker: RunningBroker, influx: RunningInflux, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "START_S", 0.5)
    with pytest.raises(BenchmarkError, match="ingest: broker_connected is not 1"):
        bench.measure(
            BrokerAddress(broker.host, broker.port, "nobody", PASSWORD),
            InfluxAddress(influx.url),
            clients=2,
        )
