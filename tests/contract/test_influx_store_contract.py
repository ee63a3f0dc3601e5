"""One suite for every InfluxDB: the real 1.x, the fake 2.x, and a real 2.x where one is given
(KENH_TEST_INFLUX2_URL, _ORG and _TOKEN)."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.cursor import Cursor
from ingest.deadletter import entries
from ingest.influx import Denied, Influx, InfluxAddress, Missing, Refused, Retry
from ingest.influx_admin import create_database
from ingest.line import line
from ingest.spool import Spool
from ingest.store import Store, StoreSettings
from registry.records import database
from telemetry.model import Reading
from tests.fake_influx2 import ORG, TOKEN, fake_influx2
from tests.service.ingest_parts import running
from tests.services import RunningInflux, wait_for
from tests.unit.ingest.making import reading

NOW = time.time_ns() // 1_000_000
"""Recent: a retention policy of a given 2.x must not refuse it."""


@dataclass
class Engine:
    """An InfluxDB, whichever, and a tenant of this test's own in it."""

    address: InfluxAddress
    client: Influx
    tenant: str

    @property
    def database(self) -> str:
        return database(self.tenant)

    def create(self) -> None:
        create_database(self.client, self.address, self.database)

    def rows(self, fields: str = "pressure, seq", tenant: str = "") -> list[list[object]]:
        """The values of every point, in the order of time."""
        found = self.client.query(database(tenant or self.tenant), f"SELECT {fields} FROM water")
        return [list(row[1:]) for series in found for row in series.values]


GIVEN = os.environ.get("KENH_TEST_INFLUX2_URL", "")


@pytest.fixture(params=["1.x", "fake 2.x", *(["2.x"] if GIVEN else [])])
def address(request: pytest.FixtureRequest) -> Iterator[InfluxAddress]:
    match request.param:
        case "1.x":
            influx: RunningInflux = request.getfixturevalue("influx")
            yield InfluxAddress(influx.url, influx.username, influx.password)
        case "fake 2.x":
            with fake_influx2() as fake:
                yield InfluxAddress(fake.url, "anybody", TOKEN, ORG)
        case _:
            yield InfluxAddress(
                GIVEN,
                "kenh",
                os.environ["KENH_TEST_INFLUX2_TOKEN"],
                os.environ["KENH_TEST_INFLUX2_ORG"],
            )


@pytest.fixture
def engine(address: InfluxAddress) -> Iterator[Engine]:
    client = Influx(address)
    yield Engine(address, client, f"t-{uuid.uuid4().hex[:10]}")
    client.close()


def at(seq: int, tenant: str = "acme", **values: float) -> Reading:
    return reading(seq, ts=NOW + seq, tenant=tenant, values=values or None)


def test_what_is_written_is_read(engine: Engine) -> None:
    engine.create()
    lines = [line(at(seq, pressure=seq + 0.5)) for seq in range(3)]
    engine.client.write(engine.database, b"\n".join(lines))
    (series,) = engine.client.query(
        engine.database, "SELECT pressure, seq FROM water WHERE device = 'pressure-1'"
    )
    assert series.name == "water"
    assert series.columns == ["time", "pressure", "seq"]
    assert series.values == [[NOW + seq, seq + 0.5, seq] for seq in range(3)]
    assert series.rows()[0] == {"time": NOW, "pressure": 0.5, "seq": 0}


def test_to_write_twice_is_to_write_once(engine: Engine) -> None:
    engine.create()
    for _ in range(2):
        engine.client.write(engine.database, line(at(1)))
    assert engine.rows() == [[3.25, 1]]


def test_two_readings_of_one_millisecond_are_two_points(engine: Engine) -> None:
    engine.create()
    lines = [line(reading(seq, ts=NOW, values={"pressure": 1.0 + seq})) for seq in (1, 2)]
    engine.client.write(engine.database, b"\n".join(lines))
    assert engine.rows() == [[2.0, 1], [3.0, 2]]


def test_a_database_is_created_once_and_again(engine: Engine) -> None:
    engine.create()
    engine.create()
    assert engine.client.query(engine.database, "SELECT pressure FROM water") == []


def test_a_database_that_is_not_there(engine: Engine) -> None:
    with pytest.raises(Missing):
        engine.client.write(engine.database, line(at(1)))
    with pytest.raises(Missing):
        engine.client.query(engine.database, "SELECT pressure FROM water")


def test_a_bad_line_is_refused_with_the_engines_words(engine: Engine) -> None:
    engine.create()
    with pytest.raises(Refused, match="unable to parse"):
        engine.client.write(engine.database, b"no line at all")


def test_a_bad_query_is_refused(engine: Engine) -> None:
    engine.create()
    with pytest.raises(Refused, match="error parsing query"):
        engine.client.query(engine.database, "SELEKT 1")


def test_a_wrong_password_is_denied(engine: Engine) -> None:
    engine.create()
    stranger = Influx(InfluxAddress(engine.address.url, "kenh", "wrong"))
    with pytest.raises(Denied):
        stranger.write(engine.database, line(at(1)))
    stranger.close()


def test_it_answers_and_its_absence_is_a_reason_to_retry(engine: Engine) -> None:
    assert engine.client.ping()
    nobody = Influx(InfluxAddress("http://127.0.0.1:9"))
    assert not nobody.ping()
    with pytest.raises(Retry, match="does not answer"):
        nobody.write("kenh_acme", b"")
    nobody.close()


def stored(root: Path, engine: Engine, readings: list[Reading]) -> Store:
    """Let the store write these readings, all of them."""
    spool = Spool(root / "spool")
    spool.append(readings)
    settings = StoreSettings(
        root / "spool", root / "dead", engine.address, flush_s=0.02, max_lines=50, max_retry_s=0.2
    )
    store = Store(settings)
    with running(store):
        wait_for(lambda: store.figures()["lag_bytes"] == 0, what=f"written: {store.last_error}")
    assert Cursor(root / "spool", "store").load() == spool.position
    spool.close()
    return store


def test_the_store_creates_a_tenants_database_and_fills_it(tmp_path: Path, engine: Engine) -> None:
    store = stored(tmp_path, engine, [at(seq, engine.tenant) for seq in range(120)])
    assert engine.rows("seq") == [[seq] for seq in range(120)]
    assert store.figures()["written"] == 120
    assert store.figures()["lag_seconds"] == store.figures()["lag_readings"] == 0


def test_a_type_conflict_costs_one_line_and_no_other_tenant(
    tmp_path: Path, engine: Engine
) -> None:
    """Somebody wrote a field as an integer: its floats are refused, by 2.x the whole body."""
    engine.create()
    engine.client.write(engine.database, b"water,device=other turbidity=1i %d" % (NOW * 10**6))
    readings = [at(seq, engine.tenant) for seq in range(100)]
    for seq in (3, 50, 99):
        readings[seq] = at(seq, engine.tenant, turbidity=1.5)
    other = f"{engine.tenant}-b"
    store = stored(tmp_path, engine, [*readings, *(at(seq, other) for seq in range(100))])
    assert engine.rows("seq", other) == [[seq] for seq in range(100)]
    good = [seq for seq in range(100) if seq not in {3, 50, 99}]
    assert [row[0] for row in engine.rows("seq")] == good
    letters = list(entries(tmp_path / "dead"))
    assert [letter.seq for letter in letters] == [3, 50, 99]
    assert all("field type conflict" in letter.detail for letter in letters)
    assert all(letter.payload.startswith(b"water,") for letter in letters)
    assert store.figures()["written"] == 197
    assert store.figures()["dead_lettered"] == 3


def test_a_body_the_engine_finds_too_large_goes_in_parts(tmp_path: Path) -> None:
    with fake_influx2() as fake:
        fake.max_body = 2000
        client = Influx(InfluxAddress(fake.url, "anybody", TOKEN, ORG))
        engine = Engine(InfluxAddress(fake.url, "anybody", TOKEN, ORG), client, "acme")
        stored(tmp_path, engine, [at(seq) for seq in range(100)])
        assert engine.rows("seq") == [[seq] for seq in range(100)]
        client.close()


def test_a_busy_engine_is_given_the_time_it_asks_for(tmp_path: Path) -> None:
    with fake_influx2() as fake:
        fake.down_for, fake.retry_after = 3, "1"
        client = Influx(InfluxAddress(fake.url, "anybody", TOKEN, ORG))
        with pytest.raises(Retry) as raised:
            client.write("kenh_acme", b"")
        assert raised.value.after == 1.0
        engine = Engine(InfluxAddress(fake.url, "anybody", TOKEN, ORG), client, "acme")
        store = stored(tmp_path, engine, [at(1)])
        assert engine.rows("seq") == [[1]]
        assert store.figures()["retries"] == 2
        client.close()


def test_a_tenant_whose_database_fails_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Its readings stay in the spool, the others' go on; when it works again, all are there."""
    with fake_influx2() as fake:
        address = InfluxAddress(fake.url, "anybody", TOKEN, ORG)
        client = Influx(address)
        fake.broken.add("kenh_unlucky")
        spool = Spool(tmp_path / "spool", roll_bytes=50_000)
        settings = StoreSettings(
            tmp_path / "spool",
            tmp_path / "dead",
            address,
            flush_s=0.01,
            max_lines=100,
            max_pending=400,
            first_retry_s=0.01,
            max_retry_s=0.05,
        )
        store = Store(settings)
        with running(store):
            for first in range(0, 3000, 100):
                for tenant in ("unlucky", "lucky"):
                    spool.append([at(seq, tenant) for seq in range(first, first + 100)])
            lucky = Engine(address, client, "lucky")
            wait_for(lambda: len(fake.points("kenh_lucky")) == 3000, what=store.last_error)
            assert lucky.rows("seq") == [[seq] for seq in range(3000)]
            figures = store.figures()
            assert figures["parked_tenants"] == 1
            assert figures["lag_readings"] <= 400
            assert figures["lag_seconds"] > 0
            assert "500" in store.last_error
            assert Cursor(tmp_path / "spool", "store").load() < spool.position
            fake.broken.clear()
            wait_for(lambda: store.figures()["lag_bytes"] == 0, what=store.last_error)
            assert store.figures()["parked_tenants"] == 0
        assert Engine(address, client, "unlucky").rows("seq") == [[seq] for seq in range(3000)]
        assert Cursor(tmp_path / "spool", "store").load() == spool.position
        spool.close()
        client.close()
