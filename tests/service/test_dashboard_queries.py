"""Every query of every dashboard against a real InfluxDB, its variables filled in."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import httpx
import pytest

from dashboards.catalogue import builders
from dashboards.queries import ALL, PanelQuery, TimeRange, left_over, queries
from dashboards.render import render_all
from dashboards.saved import Saved, read
from dashboards.sectors import DEVICES_ID
from telemetry.catalogue import QUANTITIES, SECTORS, Quantity, field_of
from telemetry.kinds import KINDS, Kind
from tests.services import RunningInflux

MINUTE = 60_000
HISTORY = 190 * MINUTE
STEP = 5 * MINUTE
DASHBOARDS = {saved.uid: saved for saved in map(read, render_all().values())}
LOGGER = "q-water-pressure-logger-1"


def device_of(kind: Kind, number: int) -> str:
    return f"q-{kind.id}-{number}"


def site_of(kind: Kind, number: int) -> str:
    return f"{kind.sector}-site-{number}"


def database_of(sector: str) -> str:
    return f"kenh_q_{sector}"


def plausible(quantity: Quantity, share: float) -> float:
    """A value inside the quantity's range that grows with `share`."""
    return max(quantity.low, -1000) + share * min(quantity.high - quantity.low, 500)


def points(kind: Kind, number: int, end: int) -> list[str]:
    """Plausible readings of one device, as the contract has them: floats, and four integers."""
    quantities = [QUANTITIES[key] for key in kind.quantities]
    tags = f"site={site_of(kind, number)},device={device_of(kind, number)},area=31321"
    lines = []
    for seq, ts in enumerate(range(end - HISTORY, end, STEP)):
        share = seq / (HISTORY / STEP)  # registers grow, others drift
        values = [
            f"{field_of(one, kind.sector)}={plausible(one, share):.3f}" for one in quantities
        ]
        q = 2 if seq % 7 == 0 else 0
        counted = f"q={q}i,seq={seq}i,boot=3i,received={ts + 900}i"
        stamp = ts * 1_000_000 + seq % 1_000_000
        lines.append(f"{kind.sector},{tags},kind={kind.id} {','.join(values)},{counted} {stamp}")
    return lines


@pytest.fixture(scope="module")
def filled(influx: RunningInflux) -> TimeRange:
    """A database a sector, every kind of device in it; the time range that the data lie in."""
    end = int(time.time() * 1000)
    for sector in SECTORS:
        database = database_of(sector)
        influx.query(f'CREATE DATABASE "{database}"')
        lines = [
            line
            for kind in KINDS.values()
            if kind.sector == sector
            for number in (1, 2)
            for line in points(kind, number, end)
        ]
        reply = httpx.post(
            f"{influx.url}/write",
            params={"db": database, "precision": "ns"},
            content="\n".join(lines),
            auth=(influx.username, influx.password),
            timeout=30.0,
        )
        assert reply.status_code == 204, reply.text
    return TimeRange(end - HISTORY, end)


def variables_of(
    dashboard: Saved, chosen: Mapping[str, str | Sequence[str]]
) -> dict[str, str | Sequence[str]]:
    """Each variable's value: the sectors' datasources, and what the test chose for the tags."""
    sector = dashboard.uid.removeprefix("kenh-")
    return {
        "datasource": f"kenh-{sector}",
        "tenants": [f"kenh-{name}" for name in SECTORS],
        **chosen,
    }


def ask(influx: RunningInflux, asked: Sequence[PanelQuery]) -> dict[tuple[int | str, str], bool]:
    """Whether each query found a value in any of the databases that it went to."""
    found: dict[tuple[int | str, str], bool] = {}
    for query in asked:
        assert not left_over(query.influxql), query
        database = database_of(query.datasource.removeprefix("kenh-"))
        series = influx.query(query.influxql, database)
        key = (query.panel, query.influxql)
        found[key] = found.get(key, False) or any(map(has_value, series))
    return found


def has_value(series: dict[str, object]) -> bool:
    rows = series["values"]
    assert isinstance(rows, list)
    return any(value is not None for row in rows for value in row[1:])


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_query_returns_data(influx: RunningInflux, filled: TimeRange, uid: str) -> None:
    dashboard = DASHBOARDS[uid]
    everything = {"site": ALL, "device": LOGGER if uid == "kenh-device" else ALL}
    asked = queries(dashboard, variables_of(dashboard, everything), filled)
    answers = ask(influx, asked)
    assert len({panel for panel, _ in answers}) >= len(dashboard.panels)
    assert [key for key, found in answers.items() if not found] == []


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
@pytest.mark.parametrize("sector", SECTORS)
def test_sites_and_devices_narrow_every_query(
    influx: RunningInflux, filled: TimeRange, sector: str, several: bool
) -> None:
    """One device, or several: the table shows these and no others; no query fails."""
    kind = next(kind for kind in KINDS.values() if kind.sector == sector)
    numbers = (1, 2) if several else (1,)
    sites, devices = [site_of(kind, n) for n in numbers], [device_of(kind, n) for n in numbers]
    dashboard = DASHBOARDS[f"kenh-{sector}"]
    chosen = {"site": sites, "device": devices} if several else {
        "site": sites[0], "device": devices[0],
    }  # fmt: skip
    asked = queries(dashboard, variables_of(dashboard, chosen), filled)
    answers = ask(influx, asked)
    table = next(query for query in asked if query.panel == DEVICES_ID)
    shown = influx.query(table.influxql, database_of(sector))
    assert sorted(str(tags_of(series)["device"]) for series in shown) == devices
    assert any(found for (panel, _), found in answers.items() if panel not in {1, 2, 3})


def tags_of(series: dict[str, object]) -> dict[str, object]:
    tags = series["tags"]
    assert isinstance(tags, dict)
    return tags


def test_the_variables_offer_what_is_there(influx: RunningInflux, filled: TimeRange) -> None:
    dashboard = DASHBOARDS["kenh-water"]
    chosen = {"site": "water-site-1", "device": ALL}
    asked = queries(dashboard, variables_of(dashboard, chosen), filled)
    offered = {
        query.panel: [row[1] for row in series["values"]]  # type: ignore[attr-defined]
        for query in asked
        if isinstance(query.panel, str)
        for series in influx.query(query.influxql, database_of("water"))
    }
    water = [kind for kind in KINDS.values() if kind.sector == "water"]
    assert offered["site"] == ["water-site-1", "water-site-2"]
    assert offered["device"] == sorted(device_of(kind, 1) for kind in water)


def test_an_organisation_without_a_sector_breaks_nothing(
    influx: RunningInflux, filled: TimeRange
) -> None:
    """The overview asks every organisation: an empty database answers nothing, and no error."""
    influx.query('CREATE DATABASE "kenh_q_nothing"')
    dashboard = DASHBOARDS["kenh-overview"]
    only = {"tenants": ["kenh-nothing"]}
    asked = queries(dashboard, variables_of(dashboard, only), filled)
    assert asked
    assert not any(ask(influx, asked).values())


def test_all_dashboards_are_asked() -> None:
    assert set(DASHBOARDS) == set(builders())
