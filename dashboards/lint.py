"""What a dashboard of ours must have, checked without a Grafana."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import parse_qs, urlsplit

from dashboards.frame import TAG
from dashboards.influxql import MIXED, TYPE
from dashboards.queries import TimeRange, left_over, queries
from dashboards.saved import Link, Panel, Saved
from dashboards.words import BETWEEN, PARAGRAPH

MOST_PANELS = 20
GRID = 24
_UID = re.compile(r"[a-z0-9-]{1,40}")
_FLUX = re.compile(r"\|>|from\(bucket")
_TIMELESS = re.compile(r"^(?!.*\$timeFilter)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and at which panel (0: at the dashboard itself)."""

    dashboard: str
    panel: int
    what: str

    def __str__(self) -> str:
        where = f"{self.dashboard}, panel {self.panel}" if self.panel else self.dashboard
        return f"{where}: {self.what}"


def lint(dashboard: Saved, known: Mapping[str, Saved] | None = None) -> list[Problem]:
    """All problems of a dashboard; `known` are the dashboards that links may go to, by uid."""
    targets = known if known is not None else {dashboard.uid: dashboard}
    found = [(0, what) for what in _of_dashboard(dashboard)]
    for panel in dashboard.panels:
        found += [(panel.id, what) for what in _of_panel(panel, dashboard)]
        for link in panel.all_links:
            found += [(panel.id, what) for what in _of_link(link, targets)]
    return [Problem(dashboard.uid or dashboard.title, panel, what) for panel, what in found]


def lint_all(dashboards: Mapping[str, Saved]) -> list[Problem]:
    """All problems of several dashboards that link to each other."""
    return [problem for one in dashboards.values() for problem in lint(one, dashboards)]


def _of_dashboard(one: Saved) -> Iterator[str]:
    if not _UID.fullmatch(one.uid):
        yield "no stable uid (1 to 40 of a-z 0-9 -)"
    yield from _two_languages("title", one.title, BETWEEN)
    yield from _two_languages("description", one.description, PARAGRAPH)
    if len(one.panels) > MOST_PANELS:
        yield f"{len(one.panels)} panels: at most {MOST_PANELS}"
    yield from _of_layout(one)
    shared = [link for link in one.links if link.type == "dashboards" and link.as_dropdown]
    if not any(TAG in link.tags and link.include_vars and link.keep_time for link in shared):
        yield f"no drop-down of the tag '{TAG}' that keeps variables and time"
    if TAG not in one.tags:
        yield f"no tag '{TAG}': the others' drop-down does not find it"
    yield from _of_variables(one)


def _of_layout(one: Saved) -> Iterator[str]:
    ids = [panel.id for panel in one.panels]
    if 0 in ids:
        yield "a panel without an id: deep links need ids"
    for twice in sorted({i for i in ids if ids.count(i) > 1 and i}):
        yield f"id {twice} stands at {ids.count(twice)} panels"
    for first, second in combinations(one.panels, 2):
        if first.grid_pos.overlaps(second.grid_pos):
            yield f"panels {first.id} and {second.id} overlap"


def _of_variables(one: Saved) -> Iterator[str]:
    for variable in one.variables:
        yield from _two_languages(f"label of ${variable.name}", variable.label, BETWEEN)
        if variable.type == "query" and _TIMELESS.search(variable.query):
            yield f"${variable.name}: no $timeFilter, so InfluxDB 3 sees the last day only"
    span = TimeRange(0, 1)
    defined = {variable.name: "x" for variable in one.variables}
    for query in queries(one, defined, span):
        for name in left_over(query.influxql) + left_over(query.datasource):
            yield f"panel {query.panel}: {name} is no variable of this dashboard"


def _of_panel(panel: Panel, one: Saved) -> Iterator[str]:
    yield from _two_languages("title", panel.title, BETWEEN)
    yield from _two_languages("description", panel.description, PARAGRAPH)
    if not panel.field_config.defaults.unit:
        yield "no unit"
    if panel.grid_pos.x + panel.grid_pos.w > GRID or not panel.grid_pos.w * panel.grid_pos.h:
        yield "stands outside the grid"
    if not panel.targets:
        yield "no target"
    sources = {f"${{{v.name}}}": v for v in one.variables if v.type == "datasource"}
    for target in panel.targets:
        source = sources.get(target.datasource)
        if source is None or target.source.type != TYPE or source.query != TYPE:
            yield f"target {target.ref_id}: its datasource is no variable of type {TYPE}"
        elif source.multi and panel.source.uid != MIXED:
            yield f"target {target.ref_id}: several datasources need the panel's '{MIXED}'"
        if not target.raw_query or not target.query.strip():
            yield f"target {target.ref_id}: no InfluxQL"
        elif _FLUX.search(target.query):
            yield f"target {target.ref_id}: Flux, which only some InfluxDB speak"
        elif _TIMELESS.search(target.query):
            yield f"target {target.ref_id}: no $timeFilter"


def _of_link(link: Link, known: Mapping[str, Saved]) -> Iterator[str]:
    yield from _two_languages("title of a link", link.title, BETWEEN)
    parts = urlsplit(link.url)
    match = re.fullmatch(r"/d/([a-z0-9-]+)", parts.path)
    target = known.get(match.group(1)) if match else None
    if target is None:
        yield f"link to {link.url}: there is no such dashboard"
        return
    # `${name:queryparam}` writes `var-name=…` by itself.
    asked = parse_qs(parts.query, keep_blank_values=True)
    for shown in asked.get("viewPanel", []):
        if shown not in {str(panel.id) for panel in target.panels}:
            yield f"link to {link.url}: {target.uid} has no panel {shown}"
    variables = {variable.name for variable in target.variables}
    for name in asked:
        if name.startswith("var-") and name.removeprefix("var-") not in variables:
            yield f"link to {link.url}: {target.uid} has no variable {name.removeprefix('var-')}"


def _two_languages(what: str, text: str, between: str) -> Iterator[str]:
    if not text:
        yield f"no {what}"
        return
    vi, _, en = (part.strip() for part in text.partition(between))
    if not vi or not en:
        mark = between.strip() or "an empty line"
        yield f"{what}: wants Vietnamese and English, with '{mark}' between"
    elif not _is_vietnamese(vi):
        yield f"{what}: '{vi}' is not Vietnamese"


def _is_vietnamese(text: str) -> bool:
    """Whether any letter has a mark: hardly a Vietnamese text has none."""
    decomposed = unicodedata.normalize("NFD", text)
    return "đ" in text.lower() or any(unicodedata.combining(letter) for letter in decomposed)
