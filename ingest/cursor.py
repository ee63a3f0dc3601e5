"""Cursors: how far each reader of the spool has come, so that it goes on there after a crash."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ingest.durable import write_durably
from ingest.segments import START, Position

FOLDER = "cursors"


class Cursor:
    """The durable position of the reader `name`: `cursors/NAME.json` in the spool's folder.

    A reader saves it when everything before it is dealt with for good; what lies before every
    cursor may be removed from the spool.
    """

    def __init__(self, spool: Path, name: str) -> None:
        self._path = spool / FOLDER / f"{name}.json"

    def load(self) -> Position:
        """The saved position; the spool's start where there is none."""
        return _load(self._path)

    def save(self, position: Position) -> None:
        """Keep `position`: on disk when this returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self._path, msgspec.json.encode(position))


def cursors(spool: Path) -> dict[str, Position]:
    """Every reader's saved position by its name."""
    return {path.stem: _load(path) for path in sorted((spool / FOLDER).glob("[!.]*.json"))}


def _load(path: Path) -> Position:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Position)
    except FileNotFoundError:
        return START
