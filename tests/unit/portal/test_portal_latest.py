from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from ingest.influx import InfluxError, Missing, Refused, Retry, Series
from portal import latest as latest_module
from portal.latest import KEEP_MS, LatestReader, latest_of, query_for
from telemetry.model import Quality
from tests.unit.portal.fakes import NOW, FakeInflux, points

COLUMNS = ["area", "boot", "pressure", "flow", "q", "received", "seq", "site"]
WANTED = [("kenh_water_co", "water")]


def row(at: int, pressure: float | None, flow: float | None, q: int = 0) -> list[object]:
    return [at, "31321", 1, pressure, flow, q, at + 40, 7, "plant"]


def water(*rows: list[object]) -> Series:
    return points("meter-1", COLUMNS, *rows)  # type: ignore[arg-type]


def test_the_newest_value_of_each_quantity_is_taken() -> None:
    found = latest_of(
        "water", water(row(300, 3.2, None, q=3), row(200, 3.1, 12.0), row(100, 3, 9))
    )
    assert found is not None
    assert (found.device, found.at, found.quality) == ("meter-1", 300, Quality.UNCERTAIN)
    assert [(v.quantity.key, v.value, v.at) for v in found.values] == [
        ("water.pressure", 3.2, 300),
        ("water.flow", 12.0, 200),
    ]


def test_fields_are_named_as_in_their_sector() -> None:
    found = latest_of("industry", points("m", ["ww_temp", "asset_temp"], [100, 31.5, 70.0]))
    assert found is not None
    assert {v.quantity.key: v.field for v in found.values} == {
        "ww.temp": "ww_temp",
        "asset.temp": "asset_temp",
    }


@pytest.mark.parametrize("code", [None, 9, -1])
def test_a_quality_nobody_knows_is_not_good(code: int | None) -> None:
    found = latest_of("water", points("m", ["pressure", "q"], [100, 3.2, code]))
    assert found is not None
    assert found.quality is Quality.UNCERTAIN


def test_an_empty_series_says_nothing() -> None:
    assert latest_of("water", points("m", ["pressure"])) is None


def test_all_who_look_at_once_cost_one_question() -> None:
    influx = FakeInflux({"kenh_water_co": [water(row(NOW, 3.2, 1.0))]})
    reader = LatestReader(influx)
    for later in (0, 10, KEEP_MS - 1):
        found = reader.read(WANTED, NOW + later)
        assert found.readable
        assert found.by_device["kenh_water_co", "meter-1"].at == NOW
    assert influx.questions == [("kenh_water_co", query_for("water"))]
    reader.read(WANTED, NOW + KEEP_MS)
    assert len(influx.questions) == 2


def test_a_clock_that_was_set_back_asks_again() -> None:
    influx = FakeInflux()
    reader = LatestReader(influx)
    reader.read(WANTED, NOW)
    reader.read(WANTED, NOW - 3_600_000)
    assert len(influx.questions) == 2


def test_where_influxdb_is_away_the_last_values_are_marked() -> None:
    influx = FakeInflux({"kenh_water_co": [water(row(NOW, 3.2, 1.0))]})
    reader = LatestReader(influx)
    assert reader.read(WANTED, NOW).readable
    influx.away = True
    found = reader.read(WANTED, NOW + KEEP_MS)
    assert not found.readable
    assert found.by_device["kenh_water_co", "meter-1"].at == NOW
    influx.away = False
    assert reader.read(WANTED, NOW + 2 * KEEP_MS).readable


class Failing(FakeInflux):
    def __init__(self, failure: Callable[[], InfluxError]) -> None:
        super().__init__()
        self.failure = failure

    def query(self, database: str, influxql: str) -> list[Series]:
        raise self.failure()


def test_a_tenant_that_never_reported_has_no_values() -> None:
    found = LatestReader(Failing(lambda: Missing("database not found"))).read(WANTED, NOW)
    assert (dict(found.by_device), found.readable) == ({}, True)


@pytest.mark.parametrize("kind", [Retry, Refused])
def test_an_error_in_between_is_not_an_answer(kind: type[InfluxError]) -> None:
    assert not LatestReader(Failing(lambda: kind("no"))).read(WANTED, NOW).readable


def test_nobody_waits_for_an_influxdb_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    asked: list[str] = []

    class Hanging(FakeInflux):
        def query(self, database: str, influxql: str) -> list[Series]:
            asked.append(database)
            assert released.wait(20)
            return [water(row(NOW, 3.2, 1.0))]

    monkeypatch.setattr(latest_module, "WAIT_S", 0.05)
    reader = LatestReader(Hanging())
    assert not reader.read(WANTED, NOW).readable
    assert not reader.read(WANTED, NOW + 10 * KEEP_MS).readable
    assert asked == ["kenh_water_co"]  # the second question waits for the first
    monkeypatch.setattr(latest_module, "WAIT_S", 20.0)
    released.set()
    assert reader.read(WANTED, NOW + 10 * KEEP_MS).readable
