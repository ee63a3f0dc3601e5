"""A person sees alarms on a terminal and takes one on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from alerts.book import Book
from alerts.errors import UnknownAlarm
from alerts.model import Event, State
from app.commands import alerts
from app.errors import CommandError
from tests.contract.alerting import FIRING, HOOK, MINUTE, NOON, RESOLVED


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def run(*words: str) -> Any:
    cli = typer.Typer()
    alerts.add_to(cli)

    @cli.callback()
    def root() -> None:
        """Keep `alerts` a sub-command."""

    return CliRunner().invoke(cli, ["alerts", *words], env={"COLUMNS": "160"})


def kenh(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    printed: str = result.output
    return printed


def fired(state: Path) -> str:
    """Two alarms, one of them over; the id of the open one."""
    over = msgspec.structs.replace(FIRING, device="pl-02", at=NOON - MINUTE)
    ends = msgspec.structs.replace(RESOLVED, device="pl-02")
    with Book(f"sqlite:///{state / 'alerts.db'}") as book:
        book.commit([over, ends, FIRING], {}, None, NOON, [HOOK])
        return book.alarms(open_only=True)[0].id


def test_open_alarms_are_listed_with_their_facts(state: Path) -> None:
    one = fired(state)
    printed = kenh("list", "--state", str(state))
    for fact in (one, "major", "firing", "Áp lực nước thấp", "Low water pressure", "1.32 bar"):
        assert fact in printed
    assert "pl-02" not in printed
    assert "pl-02" in kenh("list", "--all", "--state", str(state))


def test_scripts_read_json(state: Path) -> None:
    one = fired(state)
    (line,) = json.loads(kenh("list", "--json", "--state", str(state)))
    assert line["id"] == one
    assert line["title"] == {"vi": "Áp lực nước thấp", "en": "Low water pressure"}
    assert line["started_at"] == "2023-11-15T04:50:00.000Z"
    assert line["resolved_at"] is None
    states = [
        each["state"]
        for each in json.loads(kenh("list", "--json", "--all", "--state", str(state)))
    ]
    assert states == ["firing", "resolved"]


def test_a_state_without_alarms_is_left_as_it_is(state: Path) -> None:
    assert "No alarms" in kenh("list", "--state", str(state))
    assert json.loads(kenh("list", "--json", "--state", str(state))) == []
    assert not state.exists()


def test_an_alarm_is_taken_on_once_and_webhooks_hear_of_it(state: Path) -> None:
    one = fired(state)
    assert kenh("ack", one, "--by", "Hoa", "--state", str(state)) == f"{one} acknowledged by Hoa\n"
    assert "already, by Hoa" in kenh("ack", one, "--by", "Nam", "--state", str(state))
    with Book(f"sqlite:///{state / 'alerts.db'}") as book:
        assert book.alarm(one).state is State.ACKNOWLEDGED
        told = [(row.event, row.contact) for row in book.notifications(one)]
        assert (Event.ACKNOWLEDGED, "hook") in told
    assert "acknowledged by Hoa" in " ".join(kenh("list", "--state", str(state)).split())


def test_an_alarm_that_is_over_cannot_be_taken_on(state: Path) -> None:
    fired(state)
    (over,) = [
        each["id"]
        for each in json.loads(kenh("list", "--json", "--all", "--state", str(state)))
        if each["state"] == "resolved"
    ]
    assert "is over already" in kenh("ack", over, "--by", "Hoa", "--state", str(state))


def test_mistakes_are_one_line_that_says_what_to_do(state: Path) -> None:
    missing = run("ack", "nope", "--state", str(state))
    assert isinstance(missing.exception, CommandError)
    assert "--state" in str(missing.exception)
    one = fired(state)
    unknown = run("ack", "nope", "--state", str(state))
    assert isinstance(unknown.exception, UnknownAlarm)
    assert str(unknown.exception) == "no alarm 'nope': 'kenh alerts list --all' shows every id"
    nobody = run("ack", one, "--by", " ", "--state", str(state))
    assert isinstance(nobody.exception, CommandError)
