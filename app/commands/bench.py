"""`kenh bench`: what a message costs, beside a peer in the same run."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.commands.options import JsonOption, StateOption


def add_to(cli: typer.Typer) -> None:
    room = typer.Typer(help="Benchmarks: real parts, compared within one run.")
    cli.add_typer(room, name="bench")

    @room.callback(invoke_without_command=True)
    def bench(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())
            raise typer.Exit(2)

    @room.command()
    def ingest(
        seconds: Annotated[float, typer.Option(min=2, max=600, help="Of measuring.")] = 10.0,
        clients: Annotated[int, typer.Option(min=1, max=2000, help="That publish.")] = 200,
        _state: StateOption = None,
        json: JsonOption = False,
    ) -> None:
        """CPU time a message from the broker into InfluxDB, beside paho-mqtt's no-op."""
        import msgspec

        from app import packages
        from app.bench_ground import ground
        from app.errors import CommandError
        from bench.ingest import BenchmarkError, measure

        console = Console(stderr=True)
        packages.ensure(packages.PLATFORM, console)
        with ground() as parts, console.status("starting a broker and InfluxDB …") as status:
            try:
                report = measure(
                    parts.broker,
                    parts.influx,
                    seconds=seconds,
                    clients=clients,
                    progress=lambda step: status.update(f"{step} …"),
                )
            except BenchmarkError as error:
                raise CommandError(str(error)) from error
        if json:
            typer.echo(msgspec.json.encode(report).decode())
            return
        table = Table(show_header=False, box=None)
        for name, value in report.figures.items():
            table.add_row(name, f"{value:,.3f}")
        console = Console()
        console.print(table)
        console.print(f"machine: {report.machine}", f"load: {report.load}", sep="\n")
        for caveat in report.caveats:
            console.print(f"- {caveat}")
