"""One dashboard a sector: every quantity its devices usually send, of one organisation."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import frame, panels
from dashboards.influxql import Source
from dashboards.limits import DRINKING_TURBIDITY, Band
from dashboards.links import Link
from dashboards.sdk import dashboard
from dashboards.words import WORDS, Words

SOURCE = Source("datasource", ("site", "device"))
DEVICES_ID, QUALITY_ID, HEALTH_ID = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Trend:
    """A panel of one quantity. Its id never changes: links and alerts name it."""

    id: int
    key: str
    how: str = "mean"
    kinds: str = ""  # only devices of these kinds, as a regular expression
    only: Words | None = None  # those kinds in words
    band: Band | None = None


@dataclass(frozen=True, slots=True)
class Hourly:
    """A panel of a register's growth."""

    id: int
    key: str


@dataclass(frozen=True, slots=True)
class Supply:
    """The panel of `power.outage`."""

    id: int


_RIVER, _DRINKING = WORDS["for-river"], WORDS["for-drinking"]

# fmt: off
PLANS: dict[str, tuple[Trend | Hourly | Supply, ...]] = {
    "water": (
        Trend(4, "water.pressure"),
        Trend(5, "water.flow"),
        Hourly(6, "water.volume"),
        Trend(7, "water.tank_level"),
        Trend(8, "water.pump_current"),
        Trend(9, "power.active"),
        Trend(10, "water.free_chlorine", how="min"),
        Trend(11, "water.turbidity", how="max", kinds="water-quality-station",
              only=_DRINKING, band=DRINKING_TURBIDITY),
        Trend(12, "water.ph"),
        Trend(13, "water.ec"),
        Trend(14, "water.orp"),
        Trend(15, "water.temp"),
        Trend(16, "water.level", how="max"),
        Trend(17, "water.salinity", how="max"),
        Trend(18, "water.turbidity", kinds="river-station", only=_RIVER),
        Trend(19, "water.do", how="min"),
        Trend(20, "env.rain", how="max"),
    ),
    "power": (
        Supply(4),
        Trend(5, "power.voltage"),
        Trend(6, "power.current", how="max"),
        Trend(7, "power.active"),
        Trend(8, "power.reactive"),
        Trend(9, "power.pf"),
        Trend(10, "power.frequency"),
        Trend(11, "power.thd_u", how="max"),
        Trend(12, "power.unbalance", how="max"),
        Hourly(13, "power.energy"),
        Trend(14, "power.oil_temp", how="max"),
    ),
    "traffic": (
        Trend(4, "traffic.speed"),
        Trend(5, "traffic.volume"),
        Trend(6, "traffic.occupancy"),
        Trend(7, "traffic.travel_time"),
        Trend(8, "traffic.queue", how="max"),
        Trend(9, "traffic.flood_depth", how="max"),
        Trend(10, "env.rain", how="max"),
        Trend(11, "traffic.axle_load", how="max"),
    ),
    "environment": (
        Trend(4, "env.rain", how="max"),
        Trend(5, "env.air_temp"),
        Trend(6, "env.humidity"),
    ),
    "industry": (
        Trend(4, "ww.cod", how="max"),
        Trend(5, "ww.tss", how="max"),
        Trend(6, "ww.nh4n", how="max"),
        Trend(7, "ww.ph"),
        Trend(8, "ww.temp", how="max"),
        Trend(9, "ww.flow_in"),
        Trend(10, "ww.flow_out"),
        Trend(11, "asset.temp", how="max"),
        Trend(12, "asset.vibration", how="max"),
        Trend(13, "power.current", how="max"),
        Trend(14, "cold.temp", how="max"),
        Trend(15, "env.humidity"),
        Supply(16),
    ),
}
# fmt: on
_WITHOUT_HEALTH = {"power"}
"""Sectors whose devices have no battery: mains are what they measure."""


def uid(sector: str) -> str:
    return f"kenh-{sector}"


def panel_of(sector: str, key: str) -> int:
    """The id of the panel that shows a quantity: what a link from the overview names."""
    if key == "power.outage":
        return next(item.id for item in PLANS[sector] if isinstance(item, Supply))
    return next(
        item.id for item in PLANS[sector] if not isinstance(item, Supply) and item.key == key
    )


def sector_dashboard(sector: str) -> dashboard.Dashboard:
    """The dashboard of a sector: age and quality first, then its quantities."""
    view = panels.of_sector(SOURCE, sector)
    here = f"/d/{uid(sector)}?${{datasource:queryparam}}"
    links = {
        "site": Link(WORDS["open-site"], here + "&var-site=${__data.fields.site}"),
        "device": Link(WORDS["open-device"], "/d/kenh-device?var-device=${__data.fields.device}"),
    }
    made: list[panels.Panel] = [
        panels.devices(view, DEVICES_ID, links),
        panels.quality(view, QUALITY_ID),
        *(_panel(view, sector, item) for item in PLANS[sector]),
    ]
    if sector not in _WITHOUT_HEALTH:
        made.append(panels.health(view, HEALTH_ID))
    by_site = '"site" =~ /^${site:regex}$/'
    return frame.framed(
        uid(sector),
        WORDS[sector],
        WORDS["about-sector"].filled(sector=WORDS[sector]),
        [
            frame.organisation(sector),
            frame.tag("site", SOURCE, sector),
            frame.tag("device", SOURCE, sector, by_site),
        ],
        made,
    )


def _panel(view: panels.View, sector: str, item: Trend | Hourly | Supply) -> panels.Panel:
    match item:
        case Supply():
            return panels.supply(view, item.id)
        case Hourly():
            return panels.hourly(view, sector, item.key, item.id)
    where = f'"kind" =~ /^({item.kinds})$/' if item.kinds else ""
    return panels.trend(
        view, sector, item.key, item.id, how=item.how, where=where, band=item.band, only=item.only
    )
