"""The panels of all dashboards: each has an id, a title, a description, a unit and a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import looks
from dashboards.influxql import SECTORS, Source
from dashboards.limits import BANDS, Band
from dashboards.links import Link
from dashboards.sdk import (
    Builder,
    common,
    common_models,
    dashboard,
    models,
    statetimeline,
    table,
    timeseries,
)
from dashboards.units import grafana_unit, written
from dashboards.words import WORDS, Words
from telemetry.catalogue import QUANTITIES, field_of
from telemetry.kinds import KINDS

Panel = Builder[models.Panel]

WIDTH = 24
THIRD, HALF = 8, 12
LOW, TALL = 7, 9
MIN_INTERVAL = "1m"
LOST_READINGS = 3
"""After so many missing readings a line is broken."""
SLOW_S = 900
"""The interval of the slowest devices whose gaps are told from silence (meters report hourly)."""


@dataclass(frozen=True, slots=True)
class View:
    """What a panel looks at: the datasource, the measurement, and the tag that tells lines apart.

    `measurement` is InfluxQL: `"water"`, or a regular expression over all sectors.
    """

    source: Source
    measurement: str
    by: str = "device"

    @property
    def alias(self) -> str:
        return f"$tag_{self.by}"


def of_sector(source: Source, sector: str, by: str = "device") -> View:
    return View(source, f'"{sector}"', by)


def of_all(source: Source, by: str = "device") -> View:
    return View(source, SECTORS, by)


def trend(
    view: View,
    sector: str,
    key: str,
    panel_id: int,
    *,
    how: str = "mean",
    where: str = "",
    band: Band | None = None,
    only: Words | None = None,
    links: Sequence[Link] = (),
) -> timeseries.Panel:
    """One quantity over time, its normal band behind it.

    `how` is the InfluxQL function of each interval; `where` and `only` narrow it to some kinds.
    """
    quantity = QUANTITIES[key]
    name = Words(quantity.vi, quantity.en)
    band = band or BANDS.get(key)
    unit = WORDS["dimensionless"] if quantity.unit == "1" else written(quantity.unit)
    about = WORDS["about-trend"].filled(
        how=WORDS[how], quantity=name, unit=unit, by=WORDS[view.by]
    )
    if band is not None:
        about += WORDS["band"].filled(band=band.text, source=band.source)
    field = field_of(quantity, sector)
    query = (
        f'SELECT {how}("{field}") FROM {view.measurement} WHERE {view.source.where(*_some(where))}'
        f' GROUP BY time($__interval), "{view.by}" fill(null)'
    )
    panel = (
        lines(view, panel_id, name + Words(f"({only.vi})", f"({only.en})") if only else name)
        .description((about + WORDS["gap"]).description)
        .unit(grafana_unit(quantity.unit))
        .with_target(view.source.query("A", query, view.alias))
        .span_nulls(_broken_after_ms(key))
        .data_links(list(links))
        .thresholds(looks.thresholds(band))
        .thresholds_style(_edges(band))
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .gradient_mode(common_models.GraphGradientMode.SCHEME)
    )
    # The band stays in sight while the values are far inside it.
    edges = [] if band is None else band.edges
    return panel.axis_soft_min(edges[0]).axis_soft_max(edges[-1]) if len(edges) > 1 else panel


def hourly(view: View, sector: str, key: str, panel_id: int) -> timeseries.Panel:
    """How much a register grew in each hour, as bars."""
    quantity = QUANTITIES[key]
    query = (
        f'SELECT non_negative_difference(last("{field_of(quantity, sector)}"))'
        f" FROM {view.measurement} WHERE {view.source.where()}"
        f' GROUP BY time(1h), "{view.by}" fill(none)'
    )
    return (
        lines(view, panel_id, WORDS[f"hourly-{key}"])
        .description(
            WORDS["about-hourly"]
            .filled(quantity=Words(quantity.vi, quantity.en), unit=written(quantity.unit))
            .description
        )
        .unit(grafana_unit(quantity.unit))
        .with_target(view.source.query("A", query, view.alias))
        .draw_style(common_models.GraphDrawStyle.BARS)
        .fill_opacity(60)
        .color_scheme(neutral())
    )


def health(view: View, panel_id: int) -> timeseries.Panel:
    """Battery and signal of the devices, on two axes."""
    targets = [
        view.source.query(
            ref,
            f'SELECT mean("{field}") FROM {view.measurement} WHERE {view.source.where()}'
            f' GROUP BY time($__interval), "{view.by}" fill(null)',
            f"{view.alias} {field}",
        )
        for ref, field in (("A", "battery"), ("B", "rssi"))
    ]
    signal = [
        models.DynamicConfigValue("unit", grafana_unit("dBm")),
        models.DynamicConfigValue("custom.axisPlacement", "right"),
    ]
    return (
        lines(view, panel_id, WORDS["health"])
        .description((WORDS["about-health"] + WORDS["gap"]).description)
        .unit(grafana_unit("%"))
        .targets(list(targets))
        .override_by_query("B", signal)
        .span_nulls(_broken_after_ms("device.battery"))
        .color_scheme(neutral())
    )


def quality(view: View, panel_id: int, width: int = HALF) -> statetimeline.Panel:
    """The quality code of each line's readings; a gap is no data."""
    return (
        _states(view, panel_id, "q", width)
        .title(WORDS["quality-over-time"].title)
        .description(WORDS["about-quality"].description)
        .mappings(list(looks.quality_mapping()))
    )


def supply(view: View, panel_id: int, width: int = THIRD) -> statetimeline.Panel:
    """Whether there is supply: 0, or an outage: 1."""
    quantity = QUANTITIES["power.outage"]
    return (
        _states(view, panel_id, "outage", width)
        .title(Words(quantity.vi, quantity.en).title)
        .description(WORDS["about-supply"].filled(by=WORDS[view.by]).description)
        .mappings(list(looks.supply_mapping()))
    )


def devices(view: View, panel_id: int, links: dict[str, Link], width: int = HALF) -> table.Panel:
    """Every device's newest data: its age and quality, the oldest first.

    `links` go on the columns that they are named after.
    """
    query = (
        f'SELECT "q", "received" FROM {view.measurement} WHERE {view.source.where()}'
        ' GROUP BY "device", "site", "area", "kind" ORDER BY time DESC LIMIT 1'
    )
    order = ("device", "site", "kind", "area", "Time", "q", "received")
    panel = (
        table.Panel()
        .id(panel_id)
        .title(WORDS["devices"].title)
        .description(WORDS["about-devices"].description)
        .datasource(view.source.panel)
        .span(width)
        .height(TALL)
        .unit("none")
        .with_target(view.source.query("A", query, table=True))
        .with_transformation(models.DataTransformerConfig("merge", options={}))
        .with_transformation(
            models.DataTransformerConfig(
                "organize", options={"indexByName": {name: i for i, name in enumerate(order)}}
            )
        )
        .thresholds(looks.thresholds(None))
        .sort_by(
            [common.TableSortByFieldState().display_name(WORDS["data-age"].title).desc(False)]
        )
    )
    for column, words, properties in (
        ("device", "device", []),
        ("site", "site", []),
        ("kind", "kind", [models.DynamicConfigValue("mappings", looks.kind_mapping())]),
        ("area", "area", [models.DynamicConfigValue("mappings", looks.area_mapping())]),
        ("Time", "data-age", [models.DynamicConfigValue("unit", "dateTimeFromNow")]),
        ("received", "received", [models.DynamicConfigValue("unit", "dateTimeFromNow")]),
        ("q", "quality", coloured_quality()),
    ):
        named = [models.DynamicConfigValue("displayName", WORDS[words].title), *properties]
        if column in links:
            named.append(models.DynamicConfigValue("links", [links[column].build()]))
        panel.override_by_name(column, named)
    return panel


def coloured_quality() -> list[models.DynamicConfigValue]:
    return [
        models.DynamicConfigValue("mappings", looks.quality_mapping()),
        models.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def lines(view: View, panel_id: int, title: Words) -> timeseries.Panel:
    """A chart of lines as all of ours look."""
    return (
        timeseries.Panel()
        .id(panel_id)
        .title(title.title)
        .datasource(view.source.panel)
        .span(THIRD)
        .height(LOW)
        .interval(MIN_INTERVAL)
        .line_width(1)
        .fill_opacity(0)
        .show_points(common_models.VisibilityMode.AUTO)
        .legend(_legend())
        .tooltip(
            common.VizTooltipOptions()
            .mode(common_models.TooltipDisplayMode.MULTI)
            .sort(common_models.SortOrder.NONE)
        )
    )


def _states(view: View, panel_id: int, field: str, width: int) -> statetimeline.Panel:
    """A timeline of states as all of ours look."""
    query = (
        f'SELECT max("{field}") FROM {view.measurement} WHERE {view.source.where()}'
        f' GROUP BY time($__interval), "{view.by}" fill(null)'
    )
    return (
        statetimeline.Panel()
        .id(panel_id)
        .datasource(view.source.panel)
        .span(width)
        .height(TALL if width == HALF else LOW)
        .interval(MIN_INTERVAL)
        .unit("none")
        .with_target(view.source.query("A", query, view.alias))
        .span_nulls(1000 * LOST_READINGS * SLOW_S)
        .merge_values(True)
        .show_value(common_models.VisibilityMode.NEVER)
        .row_height(0.8)
        .fill_opacity(80)
        .legend(_legend())
        .thresholds(looks.thresholds(None))
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
    )


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(common_models.LegendDisplayMode.LIST)
        .placement(common_models.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def neutral() -> dashboard.FieldColor:
    """Shades of one colour: lines that have no limit are told apart, and none of them shouts."""
    return dashboard.FieldColor().mode(models.FieldColorModeId.SHADES).fixed_color(looks.UNLIMITED)


def _edges(band: Band | None) -> common.GraphThresholdsStyleConfig:
    mode = common_models.GraphThresholdsStyleMode
    return common.GraphThresholdsStyleConfig().mode(mode.OFF if band is None else mode.DASHED)


def _some(condition: str) -> tuple[str, ...]:
    return (condition,) if condition else ()


def _broken_after_ms(key: str) -> float:
    """The gap that breaks a line of this quantity."""
    usual = max((k.interval_s for k in KINDS.values() if key in k.quantities), default=SLOW_S)
    return 1000.0 * LOST_READINGS * min(usual, max(SLOW_S, QUANTITIES[key].report_s))
