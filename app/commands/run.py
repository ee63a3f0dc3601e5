"""`kenh run NAME`: one component alone, as systemd, a container or the supervisor starts it."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.options import ConfigOption, StateOption


def add_to(cli: typer.Typer) -> None:
    @cli.command()
    def run(
        name: Annotated[str, typer.Argument(help="ingest, store, rules, portal, inbox …")],
        state: StateOption = None,
        config: ConfigOption = None,
    ) -> None:
        """Run one component in the foreground."""
        from app import wiring

        wiring.run(name, state, config)
