"""Options that every command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="The state's folder.  [default: $KENH_STATE, else var/]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A TOML file; docs/configuration.md has every key.")
]
