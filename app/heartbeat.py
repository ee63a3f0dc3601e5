"""STATE/run/NAME.json: what a running component says of itself, once a second."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from app.files import write_whole


class Heartbeat(msgspec.Struct):
    """A component's word: `at` in ms since 1970, `state` starting or ready."""

    name: str
    pid: int
    state: str
    at: int
    figures: dict[str, float] = {}


def beat(folder: Path, name: str, state: str, figures: dict[str, float]) -> None:
    """Write this process's heartbeat."""
    body = Heartbeat(name, os.getpid(), state, time.time_ns() // 1_000_000, figures)
    write_whole(folder / f"{name}.json", msgspec.json.encode(body).decode(), durable=False)


def read(folder: Path, name: str) -> Heartbeat | None:
    """The last heartbeat of a component; None where there is none."""
    try:
        return msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=Heartbeat)
    except (OSError, msgspec.DecodeError):
        return None


def read_all(folder: Path) -> dict[str, Heartbeat]:
    """All heartbeats by name."""
    found = (read(folder, path.stem) for path in sorted(folder.glob("*.json")))
    return {one.name: one for one in found if one is not None}
