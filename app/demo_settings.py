"""STATE/demo/settings.json: what the demo's simulators replay, and how fast."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from app.components import ROOT
from app.errors import CommandError
from app.files import write_whole
from app.state import State

DEFAULT_SPEED = 300.0
DATA_MARK = "README.md"


class DemoSettings(msgspec.Struct, frozen=True):
    """`data` is the folder of real telemetry, "" where seeded profiles stand in for it."""

    data: str
    speed: float
    seed: int = 20_261_123

    @classmethod
    def read(cls, state: State) -> DemoSettings:
        try:
            return msgspec.json.decode((state.demo / "settings.json").read_bytes(), type=cls)
        except FileNotFoundError:
            raise CommandError(
                f"{state.path} has no demo: './kenh demo' makes one and starts the simulators"
            ) from None

    def write(self, state: State) -> None:
        write_whole(state.demo / "settings.json", msgspec.json.encode(self).decode())


def find_data(named: Path | None) -> Path | None:
    """The folder of real telemetry: as named, `$KENH_DATA`, else beside the project.

    An empty `$KENH_DATA` asks for the seeded profiles, wherever the folder may be.
    """
    if named is None and os.environ.get("KENH_DATA") == "":
        return None
    wanted = named or (Path(v) if (v := os.environ.get("KENH_DATA")) else None)
    if wanted is not None:
        if not (wanted / DATA_MARK).exists():
            where = "--data" if named else "$KENH_DATA"
            raise CommandError(
                f"{where}: {wanted} has no {DATA_MARK}: it is not the folder of real telemetry; "
                "leave it out to run on seeded profiles"
            )
        return wanted.resolve()
    beside = ROOT.parent / "shared" / "data"
    return beside if (beside / DATA_MARK).exists() else None
