"""`kenh alerts list|ack`: alarms from a terminal."""

from __future__ import annotations

import getpass
import time
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.book import Book
from alerts.model import Alarm, State
from alerts.text import VIETNAM, quantity
from app.commands.options import JsonOption, StateOption
from app.errors import CommandError
from app.state import State as StateFolder

SHOWN = 50

_STYLES = {"critical": "bold red", "major": "red", "minor": "yellow", "info": "blue"}


class Line(msgspec.Struct, frozen=True):
    """An alarm as scripts read it; times in RFC 3339."""

    id: str
    rule: str
    severity: str
    state: str
    tenant: str
    site: str
    device: str
    title: dict[str, str]
    value: float | None
    unit: str
    limit: float | None
    started_at: str
    event_time: str
    historical: bool
    acknowledged_by: str | None
    acknowledged_at: str | None
    resolved_at: str | None


def add_to(cli: typer.Typer) -> None:
    room = typer.Typer(help="Alarms from a terminal.", no_args_is_help=True)
    cli.add_typer(room, name="alerts")

    @room.command("list")
    def list_alarms(
        everything: Annotated[
            bool, typer.Option("--all", help="Those that are over as well.")
        ] = False,
        state: StateOption = None,
        json: JsonOption = False,
    ) -> None:
        """List the open alarms, the newest first."""
        folder = StateFolder.at(state)
        found: list[Alarm] = []
        if (folder.path / "alerts.db").exists():
            with Book(folder.alerts_url) as book:
                found = book.alarms(open_only=not everything)
        if json:
            typer.echo(msgspec.json.encode([_line(one) for one in found]).decode())
            return
        console = Console()
        console.print(_table(found[:SHOWN]) if found else "No alarms.")
        if len(found) > SHOWN:
            console.print(f"{len(found):,} in all; the newest {SHOWN} are shown (--json has all)")

    @room.command()
    def ack(
        alarm: Annotated[str, typer.Argument(metavar="ID", help="As 'alerts list' shows it.")],
        by: Annotated[
            str | None, typer.Option(help="Who takes it on.  [default: the user's name]")
        ] = None,
        state: StateOption = None,
    ) -> None:
        """Acknowledge an alarm: somebody has taken it on."""
        folder = StateFolder.at(state)
        if not (folder.path / "alerts.db").exists():
            raise CommandError(
                f"{folder.path} has no alarms: name the state's folder with --state"
            )
        who = (by if by is not None else getpass.getuser()).strip()
        if not who:
            raise CommandError("--by is empty: say who takes the alarm on")
        with Book(folder.alerts_url) as book:
            before = book.alarm(alarm)
            after = book.acknowledge(alarm, who, time.time_ns() // 1_000_000)
        typer.echo(_told(before, after))


def _told(before: Alarm, after: Alarm) -> str:
    if after.state is State.RESOLVED:
        return f"{after.id} is over already: there is nothing to take on"
    if before.state is State.ACKNOWLEDGED:
        return f"{after.id} was acknowledged already, by {after.acked_by}"
    return f"{after.id} acknowledged by {after.acked_by}"


def _table(alarms: list[Alarm]) -> Table:
    shown = Table("id", "started", "severity", "state", "alarm", "device", "value", box=None)
    for one in alarms:
        state = f"{one.state} by {one.acked_by}" if one.state is State.ACKNOWLEDGED else one.state
        shown.add_row(
            one.id,
            f"{datetime.fromtimestamp(one.started_at / 1000, VIETNAM):%d/%m %H:%M:%S}",
            Text(one.severity, _STYLES.get(one.severity, "")),
            Text(f"{state}, found late" if one.historical else state),
            Text(f"{one.title_vi}\n{one.title_en}"),
            Text(f"{one.device}\n{one.site}, {one.tenant}"),
            Text("" if one.value is None else quantity(one.value, one.unit, "en")),
        )
    return shown


def _line(one: Alarm) -> Line:
    return Line(
        id=one.id,
        rule=one.rule,
        severity=one.severity,
        state=one.state,
        tenant=one.tenant,
        site=one.site,
        device=one.device,
        title={"vi": one.title_vi, "en": one.title_en},
        value=one.value,
        unit=one.unit,
        limit=one.limit,
        started_at=_rfc3339(one.started_at),
        event_time=_rfc3339(one.event_time),
        historical=one.historical,
        acknowledged_by=one.acked_by,
        acknowledged_at=None if one.acked_at is None else _rfc3339(one.acked_at),
        resolved_at=None if one.resolved_at is None else _rfc3339(one.resolved_at),
    )


def _rfc3339(at: int) -> str:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
