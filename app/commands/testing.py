"""`kenh test`: installs what the tests need and runs all that CI runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import typer
from rich.console import Console

from app import packages
from app.components import ROOT

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("style", ("ruff", "check", "--no-cache", ".")),
    ("format", ("ruff", "format", "--no-cache", "--check", ".")),
    ("types", ("mypy", ".")),
    ("floors", ("lint-imports",)),
)


def add_to(cli: typer.Typer) -> None:
    @cli.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
    def test(context: typer.Context) -> None:
        """Install what the tests need and run everything; with pytest arguments, only pytest."""
        console = Console(stderr=True)
        packages.ensure(
            (*packages.PLATFORM, packages.CHROMIUM),
            console,
            extra=packages.missing_for_browser_tests(),
        )
        failed = []
        if not context.args:
            failed = [name for name, command in CHECKS if not _passes(name, command, console)]
        if not _passes("tests", ("pytest", *context.args), console):
            failed.append("tests")
        if failed:
            console.print(f"kenh: not good: {', '.join(failed)}; each says above what it found")
            raise typer.Exit(1)


def _passes(name: str, command: tuple[str, ...], console: Console) -> bool:
    """Run one check, its output straight to the terminal."""
    console.rule(f"{name}: {' '.join(command)}")
    started = time.monotonic()
    tool = Path(sys.executable).parent / command[0]
    environment = {**os.environ, "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([str(tool), *command[1:]], cwd=ROOT, check=False, env=environment)
    word = "good" if done.returncode == 0 else "NOT GOOD"
    console.print(f"{name}: {word} ({time.monotonic() - started:.0f} s)")
    return done.returncode == 0
