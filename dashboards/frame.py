"""What a dashboard has around its panels: identity, times, variables, the way to the others."""

from __future__ import annotations

from dashboards.influxql import TYPE, Source
from dashboards.links import Dropdown
from dashboards.panels import Panel
from dashboards.sdk import dashboard, models
from dashboards.words import WORDS, Words

TAG = "kenh"
REFRESH = "1m"
SPAN = "now-6h"
TIME_ZONE = "Asia/Ho_Chi_Minh"
ANY = ".*"
"""What *all* means in a query: also a point without the tag."""

TENANTS = Source("tenants", mixed=True)
"""All organisations at once. Its name differs from a sector's `datasource`, so that a link which
takes the variables along does not hand several organisations to a dashboard of one."""


def framed(
    uid: str, title: Words, about: Words, variables: list[Variable], panels: list[Panel]
) -> dashboard.Dashboard:
    """A dashboard with these panels, laid out from left to right."""
    made = (
        dashboard.Dashboard(title.title)
        .uid(uid)
        .description(about.description)
        .tags([TAG])
        .time(SPAN, "now")
        .refresh(REFRESH)
        .timezone(TIME_ZONE)
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .annotations([])
        .link(Dropdown(WORDS["other-dashboards"], TAG))
    )
    for variable in variables:
        made = made.with_variable(variable)
    for panel in panels:
        made = made.with_panel(panel)
    return made


Variable = dashboard.DatasourceVariable | dashboard.QueryVariable | dashboard.TextBoxVariable


def organisation(sector: str) -> dashboard.DatasourceVariable:
    """One organisation's datasource, of those that have this sector; air and rain concern all."""
    named = r"/ · /" if sector == "environment" else rf"/ · .*(\b{sector}\b|\*)/"
    return _datasource("datasource").regex(named)


def organisations() -> dashboard.DatasourceVariable:
    """All organisations' datasources that this viewer may ask."""
    everyone = models.VariableOption(selected=True, text="All", value="$__all")
    return (
        _datasource(TENANTS.variable)
        .regex(r"/ · /")
        .multi(True)
        .include_all(True)
        .current(everyone)
    )


def tag(name: str, source: Source, sector: str, above: str = "") -> dashboard.QueryVariable:
    """The values of a tag within the time range; `above` is a condition that narrows them."""
    condition = f"{above} AND " if above else ""
    query = f'SHOW TAG VALUES FROM "{sector}" WITH KEY = "{name}" WHERE {condition}$timeFilter'
    return (
        dashboard.QueryVariable(name)
        .label(WORDS[name].title)
        .datasource(source.reference)
        .query(query)
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(ANY)
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )


def typed(name: str) -> dashboard.TextBoxVariable:
    """A value that a link brings along, or that somebody types."""
    return dashboard.TextBoxVariable(name).label(WORDS[name].title).default_value("")


def _datasource(name: str) -> dashboard.DatasourceVariable:
    return dashboard.DatasourceVariable(name).label(WORDS["organisation"].title).type(TYPE)
