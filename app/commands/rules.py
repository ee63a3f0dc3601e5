"""`kenh rules`: rule files, checked before they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import StateOption

rules = typer.Typer(help="Rule files.", no_args_is_help=True)


def add_to(cli: typer.Typer) -> None:
    """Mount the command."""
    cli.add_typer(rules, name="rules")


@rules.callback()
def _group() -> None:
    """Rule files."""


@rules.command("check")
def check_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…", help="Rule files or folders.  [default: the shipped ones]"
        ),
    ] = None,
    _state: StateOption = None,
) -> None:
    """Check rule files: every mistake with its line, its column and the way out."""
    from rules.check import examine
    from rules.pack import SHIPPED

    packs, mistakes = examine(paths or [SHIPPED])
    for mistake in mistakes:
        typer.echo(str(mistake))
    if mistakes:
        raise typer.Exit(1)
    number = sum(len(pack.rules) for pack in packs)
    typer.echo(f"{_counted(number, 'rule')} in {_counted(len(packs), 'pack')}: all good")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
