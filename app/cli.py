"""The `kenh` command: its sub-commands, and how an error looks."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import typer
from typer._click import exceptions as click  # Typer carries a click of its own

from app.errors import StoppedEarly
from telemetry.errors import KenhError

ROOMS = {
    "demo": ("demo",),
    "up": ("up",),
    "run": ("run",),
    "status": ("status",),
    "doctor": ("doctor",),
    "registry": ("tenant", "site", "device", "contact", "area", "kinds"),
    "rules": ("rules",),
    "alerts": ("alerts",),
    "deadletter": ("deadletter",),
    "dashboards": ("dashboards",),
    "sim": ("sim",),
    "bench": ("bench",),
    "testing": ("test",),
}
"""Modules of `app.commands` and the commands that each adds."""


def build(words: Sequence[str] = ()) -> typer.Typer:
    """The command line. Where `words` begin with a command, only that one's module is loaded:
    every component of the platform starts through here, and none waits for the others' rooms."""
    cli = typer.Typer(
        name="kenh",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @cli.callback()
    def kenh() -> None:
        """Kênh carries telemetry of water, power and traffic to the people who act on it."""

    wanted = [room for room, commands in ROOMS.items() if words and words[0] in commands]
    for room in wanted or ROOMS:
        importlib.import_module(f"app.commands.{room}").add_to(cli)
    return cli


def main() -> None:
    """Run the command line: exit code 0 done, 1 failed, 2 wrong usage; errors are one line."""
    debug = "--debug" in sys.argv or bool(os.environ.get("KENH_DEBUG"))
    words = [word for word in sys.argv[1:] if word != "--debug"]
    if debug:
        os.environ["KENH_DEBUG"] = "1"  # child processes log as much
    try:
        code = build(words)(words, prog_name="kenh", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.NoArgsIsHelpError as error:
        print(error.format_message())
        sys.exit(2)
    except click.UsageError as error:
        hint = f"; see 'kenh {_path(error)}--help'"
        print(f"kenh: {error.format_message().rstrip('.')}{hint}", file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        print(f"kenh: {error.format_message()}", file=sys.stderr)
        sys.exit(1)
    except StoppedEarly:
        print("stopped before it was ready; nothing is left running")
        sys.exit(0)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except KenhError as error:
        if debug:
            raise
        print(f"kenh: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        print(
            f"kenh: {type(error).__name__}: {error}; this is a mistake of ours: run it again with "
            "'kenh --debug …' and send us what it prints",
            file=sys.stderr,
        )
        sys.exit(1)


def _path(error: click.UsageError) -> str:
    words = error.ctx.command_path.split()[1:] if error.ctx else []
    return "".join(f"{word} " for word in words)
