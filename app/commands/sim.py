"""`kenh sim`: simulated devices against a running platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import StateOption


def add_to(cli: typer.Typer) -> None:
    sim = typer.Typer(help="Simulated devices against a running platform.", no_args_is_help=True)
    cli.add_typer(sim, name="sim")

    # A second command would come here; without this callback Typer drops the word `replay`.
    @sim.callback()
    def commands() -> None:
        pass

    @sim.command()
    def replay(
        file: Annotated[Path, typer.Argument(help="A CSV file whose first line names columns.")],
        device: Annotated[str, typer.Option(help="The registered device that sends.")],
        mapping: Annotated[
            list[str],
            typer.Option(
                "--map",
                help="COLUMN=QUANTITY or COLUMN=QUANTITY:UNIT, such as 'P1=pressure:mH2O'; "
                "again for each column.",
            ),
        ],
        time_column: Annotated[
            str, typer.Option("--time", help="The column of times: ISO, day first, or epoch.")
        ] = "time",
        speed: Annotated[
            float, typer.Option(min=0.001, help="How many times as fast as it was.")
        ] = 300.0,
        delimiter: Annotated[str, typer.Option(help="What separates the columns.")] = ",",
        kind: Annotated[
            str, typer.Option(help="The device's kind.  [default: as registered]")
        ] = "",
        host: Annotated[
            str, typer.Option(help="The broker.  [default: that of the running platform]")
        ] = "",
        port: Annotated[int, typer.Option(help="The broker's port, with --host.")] = 8884,
        ca: Annotated[
            Path | None, typer.Option(help="The CA of the broker's certificate: use TLS.")
        ] = None,
        state: StateOption = None,
    ) -> None:
        """Replay a CSV file as a device, its times shifted to now.

        The device's password is read from $KENH_DEVICE_PASSWORD, else from standard input.
        """
        from app.commands.sim_replay import Wishes, replay_file

        wishes = Wishes(device, tuple(mapping), time_column, delimiter, kind, speed)
        replay_file(file, wishes, host, port, ca, state)
