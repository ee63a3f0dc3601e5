"""Variables and macros are filled in as Grafana does it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.queries import ALL, TimeRange, Values, left_over, queries
from dashboards.saved import Datasource, Panel, Saved, Target

SPAN = TimeRange(1_000, 2_000, "30s")


def asked(query: str, variables: Values, datasource: str = "${datasource}") -> list[str]:
    target = Target(query, "A", raw_query=True, source=Datasource(datasource))
    found = queries(Saved(panels=[Panel(id=1, targets=[target])]), variables, SPAN)
    return [f"{one.datasource}: {one.influxql}" for one in found]


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("WHERE $timeFilter", {}, "WHERE time >= 1000ms and time <= 2000ms"),
        ("time($__interval), time($interval)", {}, "time(30s), time(30s)"),
        ("x =~ /^${site:regex}$/", {"site": "a.b"}, r"x =~ /^a\.b$/"),
        ("x =~ /^${site:regex}$/", {"site": ["a", "b/c"]}, r"x =~ /^(a|b\/c)$/"),
        ("x =~ /^${site:regex}$/", {"site": ["a"]}, "x =~ /^a$/"),
        ("x =~ /^${site:regex}$/", {"site": ALL}, "x =~ /^.*$/"),
        ("x = '$site' ${site}", {"site": "a"}, "x = 'a' a"),
        ("x = $unknown", {}, "x = $unknown"),
    ],
)
def test_filling_in(query: str, variables: Values, expected: str) -> None:
    assert asked(query, variables | {"datasource": "kenh-acme"}) == [f"kenh-acme: {expected}"]  # type: ignore[operator]


def test_several_datasources_are_asked_each() -> None:
    found = asked("q", {"tenants": ["kenh-a", "kenh-b"]}, "${tenants}")
    assert found == ["kenh-a: q", "kenh-b: q"]


def test_what_is_left_over_is_found_and_the_end_of_an_expression_is_none() -> None:
    assert left_over("x =~ /^${site:regex}$/ AND $device [[area]]") == ["${site", "$device", "[["]
    assert left_over("x =~ /^(a|b)$/ AND y =~ /c$/") == []


@given(st.text(min_size=1))
def test_a_value_matches_itself_and_nothing_else(value: str) -> None:
    (query,) = asked("${site:regex}", {"site": value}, "x")
    pattern = query.removeprefix("x: ").replace(r"\/", "/").replace(r"\{", "{").replace(r"\}", "}")
    if value != ALL:
        assert re.fullmatch(pattern, value)
        assert not re.fullmatch(pattern, value + "x")
