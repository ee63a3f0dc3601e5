"""`kenh doctor`: looks at what Kênh stands on and says what to do."""

from __future__ import annotations

import typer
from rich.console import Console

from app.commands.options import ConfigOption, JsonOption, StateOption
from app.state import State


def add_to(cli: typer.Typer) -> None:
    @cli.command()
    def doctor(
        state: StateOption = None, config: ConfigOption = None, json: JsonOption = False
    ) -> None:
        """Check versions, ports, disk, certificates and clock; exit 1 where something is wrong."""
        import msgspec

        from app.config import load
        from app.health import examine

        findings = examine(State.at(state), load(config))
        if json:
            typer.echo(msgspec.json.encode(findings).decode())
        else:
            console = Console()
            for one in findings:
                mark = {"good": "[green]✓[/]", "note": "[yellow]•[/]", "bad": "[red]✗[/]"}[
                    one.verdict
                ]
                advice = f": {one.advice}" if one.advice else ""
                console.print(f"{mark} {one.what}{advice}", highlight=False, soft_wrap=True)
        if any(one.verdict == "bad" for one in findings):
            raise typer.Exit(1)
