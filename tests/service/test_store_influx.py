"""The store on a real InfluxDB that goes and comes: readings wait, none is lost, none is twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from ingest.cursor import Cursor
from ingest.deadletter import entries
from ingest.service import Ingest
from ingest.spool import Spool
from ingest.store import Store
from telemetry.model import Reading
from tests.service.ingest_parts import (
    Device,
    Process,
    furnish,
    ingest_settings,
    running,
    store_settings,
)
from tests.services import RunningBroker, RunningInflux, make_influx, wait_for
from tests.unit.ingest.making import NOW, reading


@pytest.fixture
def own_influx(tmp_path: Path) -> Iterator[RunningInflux]:
    """An InfluxDB that this test may kill."""
    one = make_influx(tmp_path / "influx")
    one.start()
    yield one
    one.stop()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    one = Spool(tmp_path / "spool", roll_bytes=50_000)
    yield one
    one.close()


def group(first: int, count: int, tenant: str = "acme") -> list[Reading]:
    return [reading(seq, ts=NOW + seq, tenant=tenant) for seq in range(first, first + count)]


def stored(influx: RunningInflux, database: str = "kenh_acme") -> list[object]:
    """The sequence numbers that are in InfluxDB."""
    found = influx.query("SELECT seq FROM water", database)
    return [row[1] for series in found for row in series["values"]]  # type: ignore[attr-defined]


def test_from_a_device_to_influxdb(
    tmp_path: Path, broker: RunningBroker, influx: RunningInflux
) -> None:
    """The straight way: published once, stored once, with the tags of the registry."""
    furnish(tmp_path, broker, "straight-way", "pressure-1")
    ingest = Ingest(ingest_settings(tmp_path, broker))
    store = Store(store_settings(tmp_path, influx))
    with ExitStack() as held:
        held.enter_context(running(ingest))
        held.enter_context(running(store))
        device = Device(broker, "pressure-1", boot=3)
        held.callback(device.close)
        device.measure(250)
        wait_for(device.is_done, what="everything is stored")
        wait_for(lambda: store.figures()["written"] == 250, what=store.last_error)
    assert stored(influx, "kenh_straight_way") == list(range(250))
    (series,) = influx.query("SELECT * FROM water GROUP BY * LIMIT 1", "kenh_straight_way")
    assert series["tags"] == {
        "area": series["tags"]["area"],  # type: ignore[index]
        "device": "pressure-1",
        "kind": "water-pressure-logger",
        "site": "straight-way-north",
    }
    assert series["columns"] == ["time", "boot", "pressure", "q", "received", "seq"]


@pytest.mark.parametrize("killed", [False, True])
def test_readings_wait_while_influxdb_is_away(
    tmp_path: Path, own_influx: RunningInflux, spool: Spool, killed: bool
) -> None:
    store = Store(store_settings(tmp_path, own_influx, max_pending=2000))
    with running(store):
        spool.append(group(0, 500))
        wait_for(lambda: store.figures()["written"] == 500)
        own_influx.kill() if killed else own_influx.stop()
        for first in range(500, 10_500, 500):
            spool.append(group(first, 500))
        wait_for(lambda: store.figures()["retries"] >= 2, what="it tries again")
        waiting = store.figures()
        assert waiting["written"] == 500
        assert waiting["lag_readings"] <= 2000 + 5000
        assert waiting["lag_seconds"] > 0
        assert waiting["lag_bytes"] > 0
        assert "does not answer" in store.last_error
        own_influx.start()
        wait_for(lambda: store.figures()["lag_bytes"] == 0, 30, "everything is written")
        assert store.figures()["written"] == 10_500
    assert stored(own_influx) == list(range(10_500))
    assert not list(entries(tmp_path / "deadletter" / "store"))


def test_the_store_is_killed_in_the_middle(
    tmp_path: Path, own_influx: RunningInflux, spool: Spool
) -> None:
    store = Process(store_settings(tmp_path, own_influx, max_lines=200))
    cursor = Cursor(tmp_path / "spool", "store")
    for first in range(0, 40_000, 200):
        spool.append(group(first, 200))
    for _ in range(3):
        before = cursor.load()
        store.start()
        wait_for(lambda: cursor.load() > before, what="it has written something")  # noqa: B023
        store.kill()
    store.start()
    wait_for(lambda: cursor.load() == spool.position, 30, "everything is written")
    store.kill()
    assert stored(own_influx) == list(range(40_000))


def test_a_bad_line_is_one_dead_letter_also_after_a_kill(
    tmp_path: Path, influx: RunningInflux, spool: Spool
) -> None:
    """Killed between the dead letter and the cursor: the line is refused again, and not kept
    twice."""
    influx.query("CREATE DATABASE kenh_bad_line")
    influx.query("CREATE DATABASE kenh_good_line")
    bad = group(0, 50, "bad-line")
    with running(Store(store_settings(tmp_path, influx))) as store:
        spool.append([reading(99, ts=NOW - 1, tenant="bad-line", values={"pressure": 1.0})])
        wait_for(lambda: store.figures()["written"] == 1)
    influx.query("DROP MEASUREMENT water", "kenh_bad_line")
    conflict = f"water,device=other pressure=1i {NOW}000000"
    written = httpx.post(
        f"{influx.url}/write?db=kenh_bad_line",
        content=conflict,
        auth=(influx.username, influx.password),
    )
    assert written.status_code == 204
    before = Cursor(tmp_path / "spool", "store").load()
    spool.append([*bad[:3], *group(0, 50, "good-line")])
    for _ in range(2):
        Cursor(tmp_path / "spool", "store").save(before)
        again = Store(store_settings(tmp_path, influx))
        with running(again):
            wait_for(lambda: again.figures()["lag_bytes"] == 0, what=again.last_error)  # noqa: B023
    letters = list(entries(tmp_path / "deadletter" / "store"))
    assert [letter.seq for letter in letters] == [0, 1, 2]
    assert "field type conflict" in letters[0].detail
    assert stored(influx, "kenh_good_line") == list(range(50))


def test_the_store_on_ipv6_alone(tmp_path: Path, spool: Spool) -> None:
    influx = make_influx(tmp_path / "influx6", "::1")
    influx.start()
    try:
        store = Store(store_settings(tmp_path, influx))
        with running(store):
            spool.append(group(0, 10))
            wait_for(lambda: store.figures()["written"] == 10, what=store.last_error)
        assert stored(influx) == list(range(10))
    finally:
        influx.stop()


def test_a_stop_waits_for_nobody(tmp_path: Path, own_influx: RunningInflux, spool: Spool) -> None:
    """InfluxDB hangs: the store ends all the same, and writes it all after its next start."""
    store = Store(store_settings(tmp_path, own_influx))
    with running(store):
        spool.append(group(0, 10))
        wait_for(lambda: store.figures()["written"] == 10)
        assert own_influx.process is not None
        own_influx.process.send_signal(signal.SIGSTOP)
        spool.append(group(10, 10))
        wait_for(lambda: store.figures()["lag_readings"] == 10, what="they are on their way")
        began = time.monotonic()
    assert time.monotonic() - began < 3
    own_influx.process.send_signal(signal.SIGCONT)
    again = Store(store_settings(tmp_path, own_influx))
    with running(again):
        wait_for(lambda: again.figures()["lag_bytes"] == 0)
    assert stored(own_influx) == list(range(20))
