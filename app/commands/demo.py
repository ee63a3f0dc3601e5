"""`kenh demo`: the main job on a fresh machine, with one live summary."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.options import ConfigOption, StateOption
from app.demo_settings import DEFAULT_SPEED, DemoSettings, find_data
from app.errors import CommandError
from app.ports import FreePorts
from app.state import State
from telemetry.durations import parse_duration


def add_to(cli: typer.Typer) -> None:
    @cli.command()
    def demo(
        state: StateOption = None,
        config: ConfigOption = None,
        run_for: Annotated[
            str | None, typer.Option("--for", help="End by itself after this time, e.g. 60s.")
        ] = None,
        report: Annotated[
            Path | None, typer.Option(help="Write the run's figures to this JSON file.")
        ] = None,
        data: Annotated[
            Path | None,
            typer.Option(
                help="The folder of real telemetry.  [default: $KENH_DATA, else "
                "../shared/data where it stands, else seeded profiles]"
            ),
        ] = None,
        ports: Annotated[
            str,
            typer.Option(help="'preferred': the usual ports where free; 'auto': any free ports."),
        ] = "preferred",
        speed: Annotated[
            float, typer.Option(min=1, max=100_000, help="Seconds of data replayed a second.")
        ] = DEFAULT_SPEED,
    ) -> None:
        """Everything up, real telemetry replayed through it, one summary; Ctrl-C stops it."""
        from app.demo import run_demo
        from app.logs import configure

        if ports not in {"preferred", "auto"}:
            raise CommandError(f"--ports {ports}: it is 'preferred' or 'auto'")
        seconds = None if run_for is None else parse_duration(run_for) / 1000
        if report is not None and not report.parent.is_dir():
            raise CommandError(f"--report {report}: the folder {report.parent} is not there")
        found = find_data(data)
        configure(quiet=True)
        asyncio.run(
            run_demo(
                State.at(state),
                config,
                DemoSettings(str(found) if found else "", speed),
                seconds,
                report,
                Console(),
                FreePorts(prefer_wanted=ports == "preferred"),
            )
        )
