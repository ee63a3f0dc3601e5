"""The lint passes what is committed, and finds each mistake."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from app.commands import dashboards as command
from app.errors import CommandError
from dashboards.lint import Problem, lint, lint_all
from dashboards.render import COMMITTED
from dashboards.saved import read

KNOWN = {path.stem: read(path.read_bytes()) for path in COMMITTED.glob("*.json")}


def document() -> dict[str, Any]:
    """The water dashboard, to be spoilt."""
    found: dict[str, Any] = msgspec.json.decode((COMMITTED / "kenh-water.json").read_bytes())
    return found


def problems(spoilt: dict[str, Any]) -> list[Problem]:
    return lint(read(msgspec.json.encode(spoilt)), KNOWN)


def test_what_is_committed_has_no_problem() -> None:
    assert lint_all(KNOWN) == []


def panel(spoilt: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in spoilt["panels"] if one["id"] == number)
    return found


MISTAKES: list[tuple[str, str, object, str]] = [
    # (key of panel 4, what it becomes, what is said)
    ("unit", "fieldConfig.defaults.unit", "", "no unit"),
    ("title", "title", "", "no title"),
    ("one language", "title", "Áp lực", "wants Vietnamese and English"),
    ("English twice", "title", "Pressure · Pressure", "'Pressure' is not Vietnamese"),
    ("description", "description", "", "no description"),
    ("one paragraph", "description", "Áp lực mạng", "wants Vietnamese and English"),
    ("no target", "targets", [], "no target"),
    ("id", "id", 5, "id 5 stands at 2 panels"),
    ("no id", "id", 0, "a panel without an id"),
    ("overlap", "gridPos", {"x": 4, "y": 9, "w": 8, "h": 7}, "panels 4 and 5 overlap"),
    ("outside", "gridPos", {"x": 20, "y": 90, "w": 8, "h": 7}, "stands outside the grid"),
    ("fixed datasource", "targets.0.datasource.uid", "kenh-acme", "is no variable of type"),
    ("unknown variable", "targets.0.query", "SELECT $x WHERE $timeFilter", "$x is no variable"),
    ("no time", "targets.0.query", "SELECT q FROM water", "no $timeFilter"),
    ("flux", "targets.0.query", "from(bucket: 1) |> range() $timeFilter", "Flux"),
    (
        "link to nowhere",
        "links",
        [{"title": "Mở · Open", "url": "/d/kenh-sewage"}],
        "there is no such dashboard",
    ),
    (
        "link to a panel that is gone",
        "links",
        [{"title": "Mở · Open", "url": "/d/kenh-power?viewPanel=99"}],
        "kenh-power has no panel 99",
    ),
    (
        "link with an unknown variable",
        "fieldConfig.defaults.links",
        [{"title": "Mở · Open", "url": "/d/kenh-power?var-feeder=x"}],
        "kenh-power has no variable feeder",
    ),
]


@pytest.mark.parametrize(("key", "value", "said"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])  # fmt: skip  # noqa: E501
def test_each_mistake_of_a_panel_is_found(key: str, value: object, said: str) -> None:
    spoilt = document()
    *way, last = key.split(".")
    place: Any = panel(spoilt, 4)
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[last] = value
    found = problems(spoilt)
    assert any(said in problem.what for problem in found), found


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("uid", "", "no stable uid"),
        ("title", "Water", "title"),
        ("tags", [], "no tag 'kenh'"),
        ("links", [], "no drop-down"),
        ("panels", [{"id": i, "gridPos": {"y": i}} for i in range(1, 22)], "21 panels"),
    ],
)
def test_each_mistake_of_a_dashboard_is_found(key: str, value: object, said: str) -> None:
    spoilt = document() | {key: value}
    assert any(said in problem.what for problem in problems(spoilt))


def test_a_variable_without_a_time_clause_is_found() -> None:
    spoilt = document()
    spoilt["templating"]["list"][1]["query"] = 'SHOW TAG VALUES FROM "water" WITH KEY = "site"'
    assert ["InfluxDB 3" in problem.what for problem in problems(spoilt)] == [True]


def test_several_datasources_need_a_mixed_panel() -> None:
    spoilt = document()
    spoilt["templating"]["list"][0]["multi"] = True
    found = problems(spoilt)
    assert len(found) == sum(len(one["targets"]) for one in spoilt["panels"])
    assert all("'-- Mixed --'" in problem.what for problem in found)


def commands() -> typer.Typer:
    cli = typer.Typer()
    command.add_to(cli)
    return cli


def test_the_command_says_where(tmp_path: Any) -> None:
    spoilt = document()
    panel(spoilt, 4)["fieldConfig"]["defaults"]["unit"] = ""
    file = tmp_path / "spoilt.json"
    file.write_bytes(msgspec.json.encode(spoilt))
    result = CliRunner().invoke(commands(), ["dashboards", "lint", str(file)])
    assert "kenh-water, panel 4: no unit\n" in result.output
    assert isinstance(result.exception, CommandError)


def test_the_command_names_a_file_that_is_no_dashboard(tmp_path: Any) -> None:
    file = tmp_path / "broken.json"
    file.write_text('{"panels": 3}')
    result = CliRunner().invoke(commands(), ["dashboards", "lint", str(file)])
    assert isinstance(result.exception, CommandError)
    assert str(result.exception).startswith(f"{file}: no dashboard's JSON")


def test_the_commands_render_and_lint(tmp_path: Any) -> None:
    runner = CliRunner()
    rendered = runner.invoke(commands(), ["dashboards", "render", "--out", str(tmp_path)])
    assert rendered.exit_code == 0
    assert len(rendered.output.splitlines()) == len(KNOWN)
    linted = runner.invoke(commands(), ["dashboards", "lint"])
    assert (linted.exit_code, linted.output) == (0, "7 dashboards, no problem\n")
