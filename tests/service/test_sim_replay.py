"""`kenh sim replay`: anybody's CSV arrives, through the real broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from app.commands import sim, sim_replay
from app.endpoints import (
    Endpoints,
    InfluxEndpoint,
    MqttEndpoint,
    PortalEndpoint,
    UrlEndpoint,
)
from app.state import State
from registry.store import Registry
from telemetry.errors import KenhError
from tests.service.platform_stand_in import Platform
from tests.services import PASSWORD, RunningBroker

CSV = "when;P;Q\n" + "".join(
    f"2026-01-31 12:{minute:02};{30 + minute};{minute / 10}\n" for minute in range(60)
)


@pytest.fixture
def platform(broker: RunningBroker) -> Iterator[Platform]:
    platform = Platform(broker)
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def state(tmp_path: Path, broker: RunningBroker) -> State:
    """The state of a platform that runs, with one registered device."""
    state = State(tmp_path / "state")
    state.path.mkdir()
    with Registry(state.registry_url) as registry:
        registry.migrate()
        registry.add_tenant("firm", "Công ty")
        registry.add_site("plant", "firm", "31366")
        registry.add_device("mine-1", "plant", "water-pressure-logger", password=PASSWORD)
    broker.add_user("mine-1")
    endpoints = Endpoints(
        mqtt=MqttEndpoint(broker.host, broker.port, 0, "kenh-admin", PASSWORD),
        influx=InfluxEndpoint("", "", "", 1),
        portal=PortalEndpoint("", ""),
        grafana=None,
        inbox=None,
        metrics=UrlEndpoint(""),
    )
    state.endpoints.write_bytes(msgspec.json.encode(endpoints))
    return state


def replay(state: State, *words: str, text: str = CSV, password: str = PASSWORD) -> Result:
    cli = typer.Typer()
    sim.add_to(cli)
    file = state.path / "mine.csv"
    file.write_text(text)
    arguments = ["sim", "replay", str(file), "--time", "when", "--delimiter", ";", *words]
    return CliRunner().invoke(cli, [*arguments, "--state", str(state.path)], input=f"{password}\n")


COLUMNS = ("--map", "P=pressure:mH2O", "--map", "Q=flow:L/s")


def test_a_file_is_replayed_to_its_end(state: State, platform: Platform) -> None:
    words = ("--device", "mine-1", "--speed", "3600", *COLUMNS)
    first = replay(state, *words)
    assert first.exit_code == 0, first.output
    assert "60 readings sent, 60 stored" in first.output
    assert platform.seqs["mine-1"] == list(range(1, 61))
    values = platform.readings["mine-1", 1, 11]["values"]
    assert values == {"pressure": 3.92266, "flow": 3.6}

    assert replay(state, *words).exit_code == 0
    assert platform.boots("mine-1") == {1, 2}


def test_the_password_may_stand_in_the_environment(
    state: State, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sim_replay.PASSWORD_VARIABLE, PASSWORD)
    done = replay(
        state, "--device", "mine-1", "--speed", "36000", "--map", "P=pressure:mH2O", password=""
    )
    assert done.exit_code == 0, done.output


def test_a_broker_elsewhere_needs_no_state(
    state: State, platform: Platform, broker: RunningBroker
) -> None:
    state.endpoints.unlink()
    where = ("--host", broker.host, "--port", str(broker.port), "--device", "mine-1")
    done = replay(state, *where, "--speed", "36000", "--map", "P=pressure:mH2O")
    assert done.exit_code == 0, done.output
    assert platform.readings["mine-1", 1, 1]["values"] == {"water.pressure": 2.941995}


def failure(result: Result) -> str:
    assert isinstance(result.exception, KenhError), result.output
    return str(result.exception)


def test_wrong_password_is_told(
    state: State, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim_replay, "CONNECT_SECONDS", 0.5)
    told = failure(replay(state, "--device", "mine-1", *COLUMNS, password="wrong"))
    assert "wrong user name or password" in told
    assert "check the address and password" in told


def test_nobody_answers_is_told(
    state: State, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.answering = False
    monkeypatch.setattr(sim_replay, "ANSWER_SECONDS", 0.5)
    told = failure(replay(state, "--device", "mine-1", "--speed", "36000", *COLUMNS))
    assert "readings sent are not acknowledged as stored: './kenh status' shows" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--device", "other-1", *COLUMNS), "other-1"),
        (("--device", "mine-1", "--map", "Z=flow"), "no column 'Z'"),
        (("--device", "mine-1", "--delimiter", "ab", *COLUMNS), "it must be one character"),
        (("--device", "mine-1", "--kind", "toaster", *COLUMNS), "known are water-pressure-logger"),
        (("--device", "mine-1", "--ca", "/none.pem", *COLUMNS), "no certificate can be read"),
    ],
)
def test_mistakes_are_one_line(state: State, words: tuple[str, ...], message: str) -> None:
    told = failure(replay(state, *words))
    assert message in told
    assert "\n" not in told


def test_nothing_runs_is_told(state: State) -> None:
    state.endpoints.unlink()
    told = failure(replay(state, "--device", "mine-1", *COLUMNS))
    assert told.startswith("nothing runs with the state")


def test_missing_password_is_told(state: State) -> None:
    told = failure(replay(state, "--device", "mine-1", *COLUMNS, password=""))
    assert told.startswith("the password of mine-1 is missing: set $KENH_DEVICE_PASSWORD")
