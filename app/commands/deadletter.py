"""`kenh deadletter list|show`: what was refused, why, and its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.options import JsonOption, StateOption
from app.errors import CommandError
from app.state import State
from ingest.deadletter import DeadLetter, entries
from telemetry.durations import parse_duration
from telemetry.errors import Reason

SHOWN = 50


class Line(msgspec.Struct, frozen=True):
    """A dead letter as scripts read it; `id` is what `show` takes."""

    id: str
    received: str
    writer: str  # ingest refused it, or the store's InfluxDB did
    device: str
    topic: str
    reason: str
    detail: str
    payload: str


def add_to(cli: typer.Typer) -> None:
    room = typer.Typer(help="Refused payloads, with their reasons.", no_args_is_help=True)
    cli.add_typer(room, name="deadletter")

    @room.command("list")
    def list_letters(
        reason: Annotated[str | None, typer.Option(help=f"One of {', '.join(Reason)}.")] = None,
        device: Annotated[str | None, typer.Option(help="Only this device's.")] = None,
        since: Annotated[str | None, typer.Option(help="Only the last, e.g. 2h.")] = None,
        state: StateOption = None,
        json: JsonOption = False,
    ) -> None:
        """List dead letters, the newest last."""
        if reason is not None and reason not in set(Reason):
            raise CommandError(f"--reason {reason}: it is one of {', '.join(Reason)}")
        found = list(
            _lines(
                State.at(state),
                Reason(reason) if reason else None,
                device,
                None if since is None else _ago(since),
            )
        )
        if json:
            typer.echo(msgspec.json.encode(found).decode())
            return
        console = Console()
        if not console.is_terminal:  # for grep and awk: one line each, with tabs
            for line in found:
                typer.echo("\t".join(_cells(line)))
            return
        table = Table(box=None)
        for column in ("id", "received", "device", "reason"):
            table.add_column(column, no_wrap=True)
        table.add_column("detail", overflow="fold")
        for line in found[-SHOWN:]:
            table.add_row(*(Text(cell) for cell in _cells(line)))  # details are no markup
        console.print(table if found else "No dead letters: nothing was refused.")
        if len(found) > SHOWN:
            console.print(f"{len(found):,} in all; the last {SHOWN} are shown (--json has all)")

    @room.command()
    def show(letter: str, state: StateOption = None) -> None:
        """Show one dead letter whole, by the id that `list` prints."""
        for line in _lines(State.at(state), None, None, None):
            if line.id == letter:
                typer.echo(msgspec.json.format(msgspec.json.encode(line)).decode())
                return
        raise CommandError(f"no dead letter has the id {letter}: see 'kenh deadletter list'")


def _lines(
    state: State, reason: Reason | None, device: str | None, since: int | None
) -> Iterator[Line]:
    for folder in sorted(state.dead_letters.glob("*/")):
        for number, letter in enumerate(entries(folder)):
            if (
                (reason is None or letter.reason == reason)
                and (device is None or letter.device == device)
                and (since is None or letter.received >= since)
            ):
                yield _line(folder.name, number, letter)


def _line(writer: str, number: int, letter: DeadLetter) -> Line:
    moment = datetime.fromtimestamp(letter.received / 1000, UTC)
    return Line(
        # The place counts letters of the same millisecond apart, and stays when others are added.
        id=f"{writer}-{letter.received}-{number}",
        received=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        writer=writer,
        device=letter.device,
        topic=letter.topic,
        reason=letter.reason,
        detail=letter.detail,
        payload=letter.payload.decode(errors="backslashreplace"),
    )


def _cells(line: Line) -> tuple[str, ...]:
    return (line.id, line.received, line.device, line.reason, line.detail)


def _ago(text: str) -> int:
    moment = datetime.now(UTC) - timedelta(milliseconds=parse_duration(text))
    return int(moment.timestamp() * 1000)
