"""The province's overview, and the page of one device: both ask all organisations at once.

They read what exists now, the organisations' own databases, through Grafana's mixed datasource
and a variable with several values (docs/decisions). When `kenh_overview` has its roll-ups, the
overview reads those instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import frame, looks, panels, sectors
from dashboards.frame import TENANTS
from dashboards.influxql import SECTORS, Source
from dashboards.links import Link
from dashboards.panels import View
from dashboards.sdk import common, common_models, dashboard, models, stat, table
from dashboards.words import WORDS
from telemetry.catalogue import SECTORS as SECTOR_NAMES

OVERVIEW = "kenh-overview"
DEVICE = "kenh-device"
ONE_DEVICE = Source(TENANTS.variable, ("device",), mixed=True)
NEWEST = 50


@dataclass(frozen=True, slots=True)
class Sign:
    """A quantity that tells of trouble in a sector, by site. Its id never changes."""

    id: int
    sector: str
    key: str
    how: str


SIGNS = (
    Sign(6, "water", "water.pressure", "min"),
    Sign(7, "water", "water.free_chlorine", "min"),
    Sign(8, "water", "water.salinity", "max"),
    Sign(9, "water", "water.level", "max"),
    Sign(10, "power", "power.voltage", "min"),
    Sign(11, "power", "power.oil_temp", "max"),
    Sign(12, "traffic", "traffic.speed", "min"),
    Sign(13, "traffic", "traffic.flood_depth", "max"),
    Sign(14, "industry", "asset.temp", "max"),
    Sign(15, "industry", "ww.cod", "max"),
    Sign(16, "industry", "cold.temp", "max"),
)
SUPPLY_ID = 17


def overview() -> dashboard.Dashboard:
    """Level 1: do data arrive, are they good, and where is trouble."""
    view = panels.of_all(TENANTS, "site")
    to_device = Link(WORDS["open-device"], f"/d/{DEVICE}?var-device=${{__data.fields.device}}")
    return frame.framed(
        OVERVIEW,
        WORDS["overview"],
        WORDS["about-overview"],
        [frame.organisations()],
        [
            reporting(1),
            arriving(View(TENANTS, SECTORS, "site"), 2),
            not_good(view, 3),
            panels.devices(view, 4, {"device": to_device}),
            panels.quality(view, 5),
            *(_sign(one) for one in SIGNS),
            panels.supply(panels.of_sector(TENANTS, "power", "site"), SUPPLY_ID),
        ],
    )


def device() -> dashboard.Dashboard:
    """Level 4: one device of any organisation, its raw readings and its own health."""
    view = panels.of_all(ONE_DEVICE)
    return frame.framed(
        DEVICE,
        WORDS["device"],
        WORDS["about-device"],
        [frame.organisations(), frame.typed("device")],
        [
            panels.devices(view, 1, {}),
            panels.quality(view, 2),
            arriving(view, 3),
            counter(view, 4, "boot"),
            panels.health(view, 5),
            newest(6),
        ],
    )


def reporting(panel_id: int) -> stat.Panel:
    """How many devices have sent anything, a tile for each sector of an organisation."""
    query = (
        f'SELECT count("n") FROM (SELECT last("q") AS "n" FROM {SECTORS}'
        f' WHERE {TENANTS.where()} GROUP BY "device") WHERE $timeFilter'
    )
    tiles = (
        stat.Panel()
        .id(panel_id)
        .title(WORDS["reporting"].title)
        .description(WORDS["about-reporting"].description)
        .datasource(TENANTS.panel)
        .span(panels.THIRD)
        .height(panels.LOW)
        .unit("none")
        .with_target(TENANTS.query("A", query, "$m"))
        .thresholds(looks.thresholds(None))
        .color_mode(common_models.BigValueColorMode.NONE)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )
    for sector in SECTOR_NAMES:
        tiles.override_by_name(sector, _named(sector))
    return tiles


def arriving(view: View, panel_id: int) -> panels.Panel:
    """Readings a minute by sector."""
    query = (
        f'SELECT count("q") FROM {view.measurement} WHERE {view.source.where()}'
        " GROUP BY time(1m) fill(0)"
    )
    bars = (
        panels.lines(view, panel_id, WORDS["arriving"])
        .description(WORDS["about-arriving"].description)
        .unit("short")
        .with_target(view.source.query("A", query, "$m"))
        .color_scheme(panels.neutral())
    )
    for sector in SECTOR_NAMES:
        bars.override_by_name(sector, _named(sector))
    return bars


def not_good(view: View, panel_id: int) -> panels.Panel:
    """Readings whose quality is not good, by site."""
    query = (
        f'SELECT count("q") FROM {view.measurement} WHERE {view.source.where(_BAD)}'
        f' GROUP BY time($__interval), "{view.by}" fill(none)'
    )
    return (
        panels.lines(view, panel_id, WORDS["not-good"])
        .description(WORDS["about-not-good"].description)
        .unit("short")
        .with_target(view.source.query("A", query, view.alias))
        .draw_style(common_models.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .color_scheme(
            dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color(looks.WARNING)
        )
    )


def counter(view: View, panel_id: int, field: str) -> panels.Panel:
    """A device's own counter: it grows by one with each start."""
    query = (
        f'SELECT last("{field}") FROM {view.measurement} WHERE {view.source.where()}'
        f' GROUP BY time($__interval), "{view.by}" fill(null)'
    )
    return (
        panels.lines(view, panel_id, WORDS["boots"])
        .description(WORDS["about-boots"].description)
        .unit("none")
        .with_target(view.source.query("A", query, view.alias))
        .span_nulls(True)
        .line_interpolation(common_models.LineInterpolation.STEP_AFTER)
        .color_scheme(panels.neutral())
    )


def newest(panel_id: int) -> table.Panel:
    """The newest readings as they are stored, every field of them."""
    query = f"SELECT * FROM {SECTORS} WHERE {ONE_DEVICE.where()} ORDER BY time DESC LIMIT {NEWEST}"
    return (
        table.Panel()
        .id(panel_id)
        .title(WORDS["newest"].title)
        .description(WORDS["about-newest"].description)
        .datasource(ONE_DEVICE.panel)
        .span(panels.WIDTH)
        .height(panels.TALL)
        .unit("none")
        .with_target(ONE_DEVICE.query("A", query, table=True))
        .with_transformation(models.DataTransformerConfig("merge", options={}))
        .thresholds(looks.thresholds(None))
        .override_by_name("received", [models.DynamicConfigValue("unit", "dateTimeAsIso")])
        .override_by_name("q", panels.coloured_quality())
    )


_BAD = '"q" > 0'


def _sign(one: Sign) -> panels.Panel:
    target = sectors.uid(one.sector)
    shown = sectors.panel_of(one.sector, one.key)
    return panels.trend(
        panels.of_sector(TENANTS, one.sector, "site"),
        one.sector,
        one.key,
        one.id,
        how=one.how,
        links=[
            Link(
                WORDS["open-panel"],
                f"/d/{target}?var-site=${{__field.labels.site}}&viewPanel={shown}",
            )
        ],
    )


def _named(sector: str) -> list[models.DynamicConfigValue]:
    return [models.DynamicConfigValue("displayName", WORDS[sector].title)]
