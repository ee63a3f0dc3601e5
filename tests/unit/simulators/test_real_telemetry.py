"""The demo's plan on the real collections: all of it is there, and its events are met soon."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators import fit, fitted, loaders, plan
from simulators.fleet import Part
from simulators.replay import DEFAULT_SPEED, Replay
from simulators.roles import ROLES
from telemetry.catalogue import names
from telemetry.kinds import KINDS

NOW = 1_800_000_000_000

UNLABELLED = ("uci/", "ett/", "metr-la/")


@pytest.fixture(scope="module")
def parts(data_folder: Path) -> list[Part]:
    return plan.from_data(data_folder)


@pytest.mark.parametrize(
    ("source", "rows", "events", "out_of_range"),
    [
        ("gecco/inlet", 40_000, 36, 0),
        ("gecco/outlet", 40_000, 36, 0),
        ("lro/main-street", 15_000, 28, 91),
        ("skab/draining", 175, 1, 0),
        ("graphleak/n2", 2161, 10, 0),
        ("uci/household", 2203, 0, 0),
        ("sgah/single-phase-ground", 80, 1, 0),
        ("sgah/main-transformer", 80, 1, 4),
        ("pvanalytics/stale", 1851, 3, 0),
        ("pvanalytics/outliers", 500, 6, 0),
        ("ett/high", 5000, 0, 25),
        ("nab/occupancy-6005", 2380, 2, 0),
        ("nab/speed-6005", 2500, 2, 23),
        ("nab/speed-7578", 1127, 8, 0),
        ("nab/travel-time-387", 2500, 6, 0),
        ("metr-la/716339", 288, 0, 0),
        ("i94/westbound", 6533, 7, 3151),
        ("nab-machine/temperature", 22_695, 8, 196),
    ],
)
def test_collections_are_whole(
    data_folder: Path, source: str, rows: int, events: int, out_of_range: int
) -> None:
    series = loaders.load(data_folder, source)
    assert (len(series.rows), len(series.events)) == (rows, events)
    assert series.out_of_range() == out_of_range
    times = [row.ts for row in series.rows]
    assert times == sorted(times)
    assert len(times) - len(set(times)) == (12 if source.startswith("nab-machine") else 0)
    known = names(KINDS[series.kind or ""])
    assert {known[name].key for row in series.rows for name in row.values} == set(
        series.quantities
    )


def test_every_role_begins_inside_its_series(parts: list[Part]) -> None:
    assert len(parts) == len(ROLES) == 72
    for part in parts:
        assert 0 <= part.first < len(part.series.rows) - 1


def test_labelled_events_are_met_within_a_minute(parts: list[Part]) -> None:
    missed = []
    for part in parts:
        replay = Replay(part.series, part.first, DEFAULT_SPEED, NOW)
        assert replay.due(NOW + 60_000)
        if not replay.met():
            missed.append(part)
    # Of the labelled collections all are met but in the two that misbehave or show the weather.
    assert {part.device for part in missed if not part.series.source.startswith(UNLABELLED)} == {
        "ap-luc-hong-1",
        "xe-nam-song-hau-9",
    }


def test_fitted_figures_are_those_of_the_data(data_folder: Path) -> None:
    """`python -m simulators.fit` would print the very module that stands here."""
    found = fit.module(*fit.tables(data_folder))
    assert found == Path(fitted.__file__).read_text()
