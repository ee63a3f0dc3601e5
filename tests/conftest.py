"""Fixtures of every floor: real brokers and databases, started once and on free ports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import RunningBroker, RunningInflux, make_broker, make_influx

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A real mosquitto of this test's own."""
    running = make_broker(tmp_path / "broker")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInflux]:
    """A real InfluxDB for the whole run: each test uses databases with names of its own."""
    running = make_influx(tmp_path_factory.mktemp("influx"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real telemetry; where it is not at hand the test is skipped."""
    named = os.environ.get("KENH_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "README.md").exists():
        pytest.skip(f"no real telemetry at {folder}: set KENH_DATA to the folder that has it")
    return folder
