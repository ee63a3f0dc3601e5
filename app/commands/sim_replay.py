"""`kenh sim replay`: what it does; its options stand in `app.commands.sim`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from app import endpoints
from app.errors import CommandError
from app.signals import stop_at_signals
from app.state import State
from registry.store import Registry
from simulators import csv_replay
from simulators.device import Connection
from simulators.fleet import Fleet, Part
from simulators.series import Series
from telemetry.kinds import KINDS

PASSWORD_VARIABLE = "KENH_DEVICE_PASSWORD"  # noqa: S105 - a variable's name
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
REFRESH_SECONDS = 0.1


@dataclass(frozen=True)
class Wishes:
    """How the file is to be read and sent, as it stands on the command line."""

    device: str
    mapping: tuple[str, ...]
    time_column: str
    delimiter: str
    kind: str
    speed: float


def replay_file(
    file: Path, wishes: Wishes, host: str, port: int, ca: Path | None, state: Path | None
) -> None:
    """Replay the file once, until every reading is acknowledged as stored.

    Raises `CommandError` and what `simulators.csv_replay` raises.
    """
    where = State.at(state)
    delimiter = "\t" if wishes.delimiter == "\\t" else wishes.delimiter
    if len(delimiter) != 1:
        raise CommandError(
            f"--delimiter {wishes.delimiter!r}: it must be one character, or '\\t' for a tab"
        )
    kind = _named_kind(wishes.kind)
    if not host:
        mqtt = endpoints.read(where).mqtt
        host, port = mqtt.host, mqtt.port
        kind = kind or _registered_kind(wishes.device, where)
    series = csv_replay.read(file, wishes.mapping, wishes.time_column, kind, delimiter)
    passwords = {wishes.device: _password(wishes.device)}
    connection = Connection(host, port, passwords, _tls(ca))
    asyncio.run(_replay(series, wishes, connection, where))


def _named_kind(kind: str) -> str | None:
    if kind and kind not in KINDS:
        raise CommandError(f"--kind {kind!r}: known are {', '.join(KINDS)}")
    return kind or None


def _registered_kind(device: str, state: State) -> str:
    with Registry(state.registry_url) as registry:
        return registry.device(device).kind


def _tls(ca: Path | None) -> ssl.SSLContext | None:
    try:
        return ssl.create_default_context(cafile=ca) if ca else None
    except OSError as error:
        raise CommandError(f"--ca {ca}: no certificate can be read there: {error}") from error


def _password(device: str) -> str:
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if not password and sys.stdin.isatty():
        password = str(typer.prompt(f"password of {device}", hide_input=True))
    elif not password:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise CommandError(
            f"the password of {device} is missing: set ${PASSWORD_VARIABLE} or write it to "
            "standard input ('./kenh device add' printed it)"
        )
    return password


async def _replay(series: Series, wishes: Wishes, connection: Connection, state: State) -> None:
    stop = asyncio.Event()
    stop_at_signals(stop)
    fleet = Fleet(
        [Part(wishes.device, series)],
        connection,
        state.path / "sim" / wishes.device,
        wishes.speed,
        resume=False,
        laps=1,
    )
    running = asyncio.create_task(fleet.run(stop))
    try:
        await _watch(fleet, len(series.rows), f"{connection.host}:{connection.port}", stop)
    finally:
        stop.set()
        await running


async def _watch(fleet: Fleet, total: int, broker: str, stop: asyncio.Event) -> None:
    """Show how far it is until every reading is acknowledged as stored, or the stop comes."""
    seen = time.monotonic()  # when the devices were connected last
    heard = seen, 0.0  # when how many readings were acknowledged last
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn()) as progress:
        sent = progress.add_task("sent", total=total)
        stored = progress.add_task("stored", total=total)
        while not stop.is_set() and not fleet.drained:
            figures, now = fleet.figures(), time.monotonic()
            progress.update(sent, completed=figures["sent"])
            progress.update(stored, completed=figures["acknowledged"])
            if figures["connected"]:
                seen = now
            elif now - seen > CONNECT_SECONDS:
                reason = next(iter(fleet.errors().values()), "it does not answer")
                raise CommandError(f"broker {broker}: {reason}: check the address and password")
            if not figures["waiting"] or figures["acknowledged"] > heard[1]:
                heard = now, figures["acknowledged"]
            elif now - heard[0] > ANSWER_SECONDS:
                raise CommandError(
                    f"{figures['waiting']:.0f} of {figures['sent']:.0f} readings sent are not "
                    "acknowledged as stored: './kenh status' shows whether ingest runs"
                )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await stop.wait()
        figures = fleet.figures()
        progress.update(sent, completed=figures["sent"])
        progress.update(stored, completed=figures["acknowledged"])
    refused = figures["out_of_range"]
    note = f", {refused:.0f} of them beyond the physical range" if refused else ""
    print(f"{figures['sent']:.0f} readings sent, {figures['acknowledged']:.0f} stored{note}")
