"""The queries of a dashboard as Grafana would send them, so that a real InfluxDB can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards.frame import ANY
from dashboards.saved import Saved

Values = Mapping[str, str | Sequence[str]]
"""What each variable is set to: one value, several, or `ALL`."""

ALL = "$__all"
LEFT_OVER = re.compile(r"\$\{?[A-Za-z_]\w*|\[\[")
"""A variable that nobody filled in; the `$` that ends a regular expression is none."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From and to, in ms since 1970 UTC, and the width of one interval, as InfluxQL has it."""

    start: int
    end: int
    interval: str = "1m"


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query that Grafana sends. `panel` is a panel's id, or the name of a variable.

    `datasource` is the uid that it is sent to; the database stands behind that.
    """

    panel: int | str
    title: str
    datasource: str
    influxql: str


def queries(dashboard: Saved, variables: Values, span: TimeRange) -> list[PanelQuery]:
    """Every query of the panels and variables, with variables and macros filled in.

    A datasource variable with several values gives one query for each. What is not in
    `variables` stays as it is: `left_over` finds it.
    """
    asked: list[tuple[int | str, str, str, str]] = [
        (variable.name, variable.label, variable.datasource, variable.query)
        for variable in dashboard.variables
        if variable.type == "query"
    ]
    for panel in dashboard.panels:
        asked += [(panel.id, panel.title, one.datasource, one.query) for one in panel.targets]
    return [
        PanelQuery(panel, title, uid, _fill(text, variables, span))
        for panel, title, datasource, text in asked
        for uid in _datasources(datasource, variables)
    ]


def left_over(text: str) -> list[str]:
    """The variables and macros that still stand in a query."""
    return LEFT_OVER.findall(text)


def _datasources(uid: str, variables: Values) -> Iterator[str]:
    match = _VARIABLE.fullmatch(uid)
    value = variables.get((match.group(1) or match.group(3)) if match else "", uid)
    yield from [value] if isinstance(value, str) else value


def _fill(text: str, variables: Values, span: TimeRange) -> str:
    macros: dict[str, str] = {
        "timeFilter": f"time >= {span.start}ms and time <= {span.end}ms",
        "__interval": span.interval,
        "interval": span.interval,
    }

    def filled(match: re.Match[str]) -> str:
        name, style = match.group(1) or match.group(3), match.group(2)
        value: str | Sequence[str] | None = variables.get(name, macros.get(name))
        if value is None:
            return match.group(0)
        if value == ALL:  # Grafana formats no custom value of *all*
            return ANY
        if style != "regex":
            return value if isinstance(value, str) else ",".join(value)
        if isinstance(value, str):
            return _escaped(value)
        return f"({'|'.join(map(_escaped, value))})" if len(value) > 1 else _escaped(value[0])

    return _VARIABLE.sub(filled, text)


def _escaped(value: str) -> str:
    """As Grafana escapes for a regular expression between slashes."""
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", value)
