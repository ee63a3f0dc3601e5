from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import heartbeat
from portal.metrics import (
    FRESH_MS,
    ComponentReport,
    component_metrics,
    gauge,
    read_reports,
    render,
)

NOW = 1_767_225_600_000


def samples(text: bytes) -> dict[str, float]:
    """Every sample by its name, with the value of its only label where it has one."""
    return {
        "".join([one.name, *(f"[{value}]" for value in one.labels.values())]): one.value
        for family in text_string_to_metric_families(text.decode())
        for one in family.samples
    }


def test_every_figure_of_every_component() -> None:
    reports = [
        ComponentReport("ingest", 1, "ready", NOW, {"messages": 12.0, "lag-seconds": 0.5}),
        ComponentReport("store", 2, "starting", NOW, {"written": 7.0}),
    ]
    assert samples(render(component_metrics(reports, NOW))) == {
        "kenh_component_up[ingest]": 1.0,
        "kenh_component_up[store]": 0.0,
        "kenh_ingest_messages": 12.0,
        "kenh_ingest_lag_seconds": 0.5,
        "kenh_store_written": 7.0,
    }


@pytest.mark.parametrize(
    ("state", "age", "up", "gone"),
    [
        ("ready", 0, True, False),
        ("ready", FRESH_MS, True, False),
        ("ready", FRESH_MS + 1, False, True),
        ("starting", 0, False, False),
        ("stopped", 0, False, True),
        ("unreadable", 0, False, False),
    ],
)
def test_up_means_ready_and_lately_heard(state: str, age: int, up: bool, gone: bool) -> None:
    report = ComponentReport("ingest", 1, state, NOW - age)
    assert (report.up(NOW), report.gone(NOW)) == (up, gone)


def test_reports_are_what_the_components_write(tmp_path: Path) -> None:
    heartbeat.beat(tmp_path, "ingest", "ready", {"messages": 3.0})
    (tmp_path / "store.json").write_text("{half")
    (tmp_path / "status.txt").write_text("not a report")
    ingest, store = read_reports(tmp_path)
    assert (ingest.name, ingest.state, ingest.figures) == ("ingest", "ready", {"messages": 3.0})
    assert (store.name, store.up(NOW), store.gone(NOW)) == ("store", False, True)


def test_without_a_folder_there_are_no_reports(tmp_path: Path) -> None:
    assert read_reports(tmp_path / "nowhere") == []


def test_a_gauge_has_a_value_for_each_label() -> None:
    text = render([gauge("kenh_devices", "Devices.", "freshness", [("live", 3), ("late", 0)])])
    assert samples(text) == {"kenh_devices[live]": 3.0, "kenh_devices[late]": 0.0}
