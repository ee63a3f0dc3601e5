"""`kenh dashboards render|lint`: Grafana's dashboards as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from app.commands.options import StateOption
from app.errors import CommandError


def add_to(cli: typer.Typer) -> None:
    room = typer.Typer(help="Grafana's dashboards.", no_args_is_help=True)
    cli.add_typer(room, name="dashboards")

    @room.command()
    def render(
        out: Annotated[
            Path | None,
            typer.Option(help="The folder to write to.  [default: dashboards/json]"),
        ] = None,
        _state: StateOption = None,
    ) -> None:
        """Write every dashboard as JSON; without --out, the committed provisioning files too."""
        from dashboards.provision import write_committed
        from dashboards.render import COMMITTED, write_all

        folder = out or COMMITTED
        try:
            written = write_all(folder) + ([] if out else write_committed())
        except OSError as error:
            raise CommandError(
                f"{folder}: {error.strerror}; choose a folder with --out"
            ) from error
        for path in written:
            typer.echo(path)

    @room.command()
    def lint(
        files: Annotated[
            list[Path] | None,
            typer.Argument(help="Dashboards as JSON.  [default: those in dashboards/json]"),
        ] = None,
        _state: StateOption = None,
    ) -> None:
        """Check that every panel has what it must have: units, both languages, links, queries."""
        from dashboards.lint import lint_all
        from dashboards.render import COMMITTED
        from dashboards.saved import Saved, read

        known: dict[str, Saved] = {}
        for path in files or sorted(COMMITTED.glob("*.json")):
            try:
                dashboard = read(path.read_bytes())
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from error
            except msgspec.DecodeError as error:
                raise CommandError(f"{path}: no dashboard's JSON: {error}") from error
            known[dashboard.uid or path.stem] = dashboard
        problems = lint_all(known)
        for problem in problems:
            typer.echo(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problems in {len(known)} dashboards")
        typer.echo(f"{len(known)} dashboards, no problem")
