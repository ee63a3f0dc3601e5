"""`kenh up`: the platform alone, in the foreground."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.commands.options import ConfigOption, StateOption
from app.config import load
from app.errors import CommandError
from app.logs import configure
from app.platform import Platform
from app.ports import FreePorts, PortPicker, strict_port
from app.screen import addresses
from app.signals import stop_at_signals
from app.state import State


def add_to(cli: typer.Typer) -> None:
    @cli.command()
    def up(
        state: StateOption = None,
        config: ConfigOption = None,
        ports: Annotated[
            str, typer.Option(help="'configured', or 'auto': any free ports.")
        ] = "configured",
    ) -> None:
        """Run the platform in the foreground; Ctrl-C or SIGTERM stops it in order."""
        if ports not in {"configured", "auto"}:
            raise CommandError(f"--ports {ports}: it is 'configured' or 'auto'")
        pick: PortPicker = FreePorts(prefer_wanted=False) if ports == "auto" else strict_port
        configure()
        asyncio.run(_up(State.at(state), config, pick))


async def _up(state: State, config: Path | None, pick: PortPicker) -> None:
    console = Console()
    platform = Platform(state, load(config), console, pick, config)
    stop_at_signals(platform.stop)
    async with platform:
        console.print(addresses(platform.runtime, state))
        console.print("Ctrl-C stops it.")
        await platform.stop.wait()
        console.print("stopping …")
