"""What is committed is what the code makes, and the SDK reads it back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from grafana_foundation_sdk.cog import plugins

from dashboards import provision
from dashboards.render import COMMITTED, render_all, write_all
from dashboards.saved import read
from dashboards.sdk import JSONEncoder, models
from telemetry.catalogue import QUANTITIES, SECTORS, field_of
from telemetry.kinds import KINDS

RENDERED = render_all()


def test_the_committed_dashboards_are_the_rendered_ones() -> None:
    """After a change: 'kenh dashboards render'."""
    committed = {path.name: path.read_text() for path in COMMITTED.glob("*")}
    assert committed == RENDERED


def test_the_committed_provisioning_is_the_generated_one() -> None:
    committed = {path.name: path.read_text() for path in provision.COMMITTED.glob("*")}
    assert committed == provision.committed()


def test_rendering_is_repeatable() -> None:
    assert render_all() == RENDERED


def test_there_is_one_for_the_province_and_one_a_sector() -> None:
    wanted = {"kenh-overview", "kenh-device", *(f"kenh-{sector}" for sector in SECTORS)}
    assert {read(text).uid for text in RENDERED.values()} == wanted


@pytest.mark.parametrize("name", RENDERED)
def test_the_sdk_reads_it_back(name: str) -> None:
    plugins.register_default_plugins()
    document = json.loads(RENDERED[name])
    again = json.loads(json.dumps(models.Dashboard.from_json(document), cls=JSONEncoder))
    # The SDK has no class for our queries, and its links have keys of their own.
    assert without(again, {"targets", "links"}) == without(document, {"targets", "links"})


def without(document: object, names: set[str]) -> object:
    if isinstance(document, dict):
        return {k: without(v, names) for k, v in document.items() if k not in names}
    return [without(one, names) for one in document] if isinstance(document, list) else document


@pytest.mark.parametrize("sector", SECTORS)
def test_every_quantity_of_a_sectors_devices_is_shown(sector: str) -> None:
    asked = " ".join(
        target.query
        for panel in read(RENDERED[f"kenh-{sector}.json"]).panels
        for target in panel.targets
    )
    for kind in KINDS.values():
        if kind.sector == sector:
            missing = [
                key
                for key in kind.quantities
                if f'("{field_of(QUANTITIES[key], sector)}")' not in asked
            ]
            assert missing == [], kind.id


def test_files_of_dashboards_that_are_gone_are_removed(tmp_path: Path) -> None:
    (tmp_path / "kenh-gone.json").touch()
    (tmp_path / "own.json").touch()
    write_all(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*RENDERED, "own.json"}
