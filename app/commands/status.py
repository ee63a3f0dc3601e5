"""`kenh status`: what runs, how far it lags, what it counted."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from app.commands.options import JsonOption, StateOption
from app.state import State
from app.status import Report, gather


def add_to(cli: typer.Typer) -> None:
    @cli.command()
    def status(state: StateOption = None, json: JsonOption = False) -> None:
        """Show components, lag, rates, the last error and the ledger's sums."""
        import msgspec

        found = gather(State.at(state))
        if json:
            typer.echo(msgspec.json.encode(found).decode())
        else:
            _show(found, Console())


def _show(found: Report, console: Console) -> None:
    if found.state == "stopped":
        console.print("Kênh does not run with this state; start it with './kenh up'.")
        return
    table = Table(box=None)
    for column in ("component", "pid", "state", "restarts"):
        table.add_column(column, no_wrap=True)
    table.add_column("figures", overflow="fold")
    for one in found.components:
        figures = "  ".join(f"{key} {value:,.10g}" for key, value in sorted(one.figures.items()))
        table.add_row(one.name, str(one.pid or "-"), one.state, str(one.restarts), figures)
    console.print(table)
    for name, lag in found.cursors.items():
        console.print(f"{name} lags {lag:.1f} s behind the spool")
    sums = "  ".join(f"{key} {value:,}" for key, value in found.ledger.items())
    console.print(f"ledger: {sums or 'nothing yet'}")
    if found.last_error:
        console.print(f"last error: {found.last_error}")
