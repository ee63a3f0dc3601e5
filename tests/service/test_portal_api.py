"""The portal over the real registry, the real book of alarms and a real InfluxDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from alerts.model import State
from app import heartbeat
from registry.records import NewDevice
from tests.services import RunningInflux, make_influx, wait_for
from tests.unit.portal.served import TOKEN, RealParts, firing, now_ms, real_parts, served

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
METERS = [f"meter-{number}" for number in range(1, 6)]


def point(device: str, at: int, fields: str, seq: int = 1) -> str:
    tags = f"site=plant,device={device},area=31321,kind=water-pressure-logger"
    return f"water,{tags} {fields},seq={seq}i,boot=1i,received={at}i {at * 1_000_000 + seq}"


@pytest.fixture
def parts(tmp_path: Path, influx: RunningInflux) -> Iterator[RealParts]:
    with real_parts(tmp_path, influx) as found:
        registry = found.registry
        registry.add_tenant("water-co", "Cấp nước", "Water supply", "water")
        registry.add_tenant("power-co", "Điện lực", "Power company", "power")
        registry.add_site("plant", "water-co", "31321", "Nhà máy", "Plant")
        registry.add_site("grid", "power-co", "31340", "Trạm", "Station")
        registry.add_devices(
            [
                *(NewDevice(one, "plant", "water-pressure-logger") for one in METERS),
                NewDevice("power-1", "grid", "power-meter"),
            ]
        )
        yield found
        found.client.query("", 'DROP DATABASE "kenh_water_co"')


@pytest.fixture
def api(parts: RealParts) -> Iterator[httpx.Client]:
    with (
        served(parts.settings()) as url,
        httpx.Client(base_url=url, headers=AUTHORIZED, timeout=20) as client,
    ):
        yield client


def test_lists_come_in_pages(api: httpx.Client) -> None:
    found: list[str] = []
    query = {"limit": "2", "tenant": "water-co"}
    while True:
        page = api.get("/api/v1/devices", params=query).json()
        assert len(page["items"]) <= 2
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == METERS


def test_records_say_where_they_belong(api: httpx.Client) -> None:
    tenants = api.get("/api/v1/tenants").json()["items"]
    assert [one["id"] for one in tenants] == ["power-co", "water-co"]
    site = api.get("/api/v1/sites", params={"tenant": "power-co"}).json()["items"]
    assert [(one["id"], one["area"], one["lat"]) for one in site] == [("grid", "31340", 9.8018)]
    device = api.get("/api/v1/devices", params={"site": "grid"}).json()["items"]
    assert device == [
        {
            "id": "power-1",
            "tenant": "power-co",
            "site": "grid",
            "kind": "power-meter",
            "sector": "power",
            "name": "power-1",
            "active": True,
        }
    ]


def test_latest_readings(parts: RealParts, api: httpx.Client) -> None:
    at = now_ms() - 1_000
    parts.write(
        "water-co",
        point("meter-1", at - 60_000, "pressure=2.5,flow=11,q=0i", seq=4),
        point("meter-1", at, "pressure=3.1,q=3i", seq=5),
        point("meter-1", at, "pressure=3.21,q=1i", seq=6),  # the same ms, the next seq
        point("meter-2", at - 7_200_000, "pressure=2.5,q=0i"),
        point("meter-3", at - 172_800_000, "pressure=2.5,q=0i"),  # beyond a day
    )
    query = {"tenant": "water-co"}
    items = api.get("/api/v1/readings/latest", params=query).json()["items"]
    by_device = {one["device"]: one for one in items}
    assert {name: one["freshness"] for name, one in by_device.items()} == {
        "meter-1": "live",
        "meter-2": "silent",
        "meter-3": "never",
        "meter-4": "never",
        "meter-5": "never",
    }
    newest = by_device["meter-1"]
    assert newest["quality"] == "calibrating"
    assert [
        (one["quantity"], one["value"], one["unit"], one["stale"]) for one in newest["values"]
    ] == [("water.pressure", 3.21, "bar", False), ("water.flow", 11.0, "m3/h", False)]
    assert by_device["meter-2"]["values"][0]["stale"] is True


def test_a_hundred_devices_are_quick(parts: RealParts, api: httpx.Client) -> None:
    parts.registry.add_devices(
        [NewDevice(f"many-{n:03}", "plant", "water-pressure-logger") for n in range(100)]
    )
    at = now_ms()
    parts.write(
        "water-co",
        *(
            point(f"many-{n:03}", at - age * 30_000, f"pressure={n}.5,q=0i")
            for n in range(100)
            for age in range(200)
        ),
    )
    reply = api.get("/api/v1/readings/latest", params={"limit": "1000"})
    live = [one for one in reply.json()["items"] if one["freshness"] == "live"]
    assert len(live) == 100
    assert reply.elapsed.total_seconds() < 1.5  # about 0.1 s on an idle machine


def test_an_alarm_is_acknowledged_once(parts: RealParts, api: httpx.Client) -> None:
    at = now_ms() - 60_000
    (older,) = parts.book.commit([firing("meter-1", at)], {}, None, at, [])
    (newer,) = parts.book.commit([firing("meter-2", at + 1_000)], {}, None, at, [])
    alarms = api.get("/api/v1/alarms", params={"open": "true"}).json()["items"]
    assert [one["id"] for one in alarms] == [newer.id, older.id]
    assert alarms[1]["title"] == {"vi": "Áp lực nước thấp", "en": "Low water pressure"}
    assert alarms[1]["state"] == "firing"
    assert alarms[1]["started_at"].endswith("Z")

    first = api.post(f"/api/v1/alarms/{older.id}/acknowledge", json={"who": "Ca trực A"})
    again = api.post(f"/api/v1/alarms/{older.id}/acknowledge")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["state"] == "acknowledged"
    assert again.json()["acknowledged_by"] == "Ca trực A"
    assert parts.book.alarm(older.id).state is State.ACKNOWLEDGED
    assert parts.book.alarm(newer.id).state is State.FIRING
    assert api.get("/api/v1/notifications").json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/devices?limit=0", 422),
        ("GET", "/api/v1/devices?limit=1001", 422),
        ("GET", "/api/v1/devices?cursor=made-up", 422),
        ("DELETE", "/api/v1/devices", 405),
        ("POST", "/api/v1/alarms/none/acknowledge", 404),
    ],
)
def test_every_error_is_a_problem(api: httpx.Client, method: str, path: str, status: int) -> None:
    reply = api.request(method, path, headers={"Accept": "text/html"})
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status
    assert problem["instance"] == path.partition("?")[0]
    assert problem["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "tenants",
        "sites",
        "devices",
        "alarms",
        "notifications",
        "readings/latest",
    ],
)
def test_nothing_is_told_without_the_token(api: httpx.Client, path: str) -> None:
    for authorization in ("", "Bearer wrong", "Basic x"):
        reply = api.get(f"/api/v1/{path}", headers={"Authorization": authorization})
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        assert reply.json()["title"] == "Unauthorized"
    assert api.get(f"/api/v1/{path}").status_code == 200


def test_the_openapi_names_every_route_and_its_errors(api: httpx.Client) -> None:
    document = api.get("/api/openapi.json", headers={"Authorization": ""}).json()
    assert {
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/tenants",
        "/api/v1/sites",
        "/api/v1/devices",
        "/api/v1/alarms",
        "/api/v1/alarms/{alarm_id}/acknowledge",
        "/api/v1/notifications",
        "/api/v1/readings/latest",
    } == set(document["paths"])
    devices = document["paths"]["/api/v1/devices"]["get"]
    assert devices["security"]
    assert "application/problem+json" in devices["responses"]["4XX"]["content"]
    assert "422" not in devices["responses"]


def test_metrics_of_the_whole_platform(parts: RealParts, api: httpx.Client) -> None:
    at = now_ms()
    parts.write("water-co", point("meter-1", at, "pressure=3.21,q=0i"))
    parts.book.commit([firing("meter-1", at)], {}, None, at, [])
    heartbeat.beat(parts.folder / "run", "ingest", "ready", {"messages": 17.0})
    reply = api.get("/metrics", headers={"Authorization": ""})
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = reply.text.splitlines()
    assert 'kenh_component_up{component="ingest"} 1.0' in lines
    assert "kenh_ingest_messages 17.0" in lines
    assert 'kenh_alarms_open{severity="major"} 1.0' in lines
    assert 'kenh_alarms_open{severity="critical"} 0.0' in lines
    assert 'kenh_devices{freshness="live"} 1.0' in lines
    assert 'kenh_devices{freshness="never"} 5.0' in lines


def test_alive_is_not_ready(tmp_path: Path) -> None:
    influx = make_influx(tmp_path / "influx")
    influx.start()
    try:
        with (
            real_parts(tmp_path, influx) as parts,
            served(parts.settings()) as url,
            httpx.Client(base_url=url, headers=AUTHORIZED, timeout=20) as client,
        ):
            assert client.get("/readyz").json() == {"ready": True}
            influx.kill()
            wait_for(lambda: client.get("/readyz").status_code == 503)
            away = client.get("/readyz")
            assert away.headers["content-type"] == "application/problem+json"
            assert away.json()["missing"] == ["influxdb"]
            latest = client.get("/api/v1/readings/latest")
            assert (latest.status_code, latest.headers["retry-after"]) == (503, "5")
            assert latest.json()["missing"] == ["influxdb"]
            assert client.get("/api/v1/alarms").status_code == 200
            assert client.get("/healthz").json() == {"alive": True}
            assert "kenh_alarms_open" in client.get("/metrics").text
            influx.start()
            wait_for(lambda: client.get("/readyz").status_code == 200)
    finally:
        influx.stop()


def test_a_registry_that_is_not_set_up_is_named(tmp_path: Path, influx: RunningInflux) -> None:
    with real_parts(tmp_path, influx) as parts:
        settings = parts.settings()
    (tmp_path / "registry.db").unlink()
    with served(settings) as url, httpx.Client(base_url=url, headers=AUTHORIZED) as client:
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["missing"]) == (503, ["registry"])
        listed = client.get("/api/v1/devices")
        assert (listed.status_code, listed.json()["missing"]) == (503, ["registry"])
