"""The ledger: what has become of each device's readings. Invariant 3: nothing is uncounted."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ingest.sequence import Tracks


class Counts(msgspec.Struct, frozen=True, gc=False):
    """A device's readings, ever. `missing`: counted by the device, and not arrived (yet)."""

    stored: int
    duplicates: int
    dead_lettered: int
    missing: int


Ledger = dict[str, Counts]


def ledger(tracks: Tracks) -> Ledger:
    """The counts of every device that was heard of; "" stands for topics of no device."""
    return {
        device: Counts(track.stored, track.duplicates, track.dead_lettered, track.missing())
        for device, track in tracks.items()
    }


def recount(tracks: Tracks, before: Ledger) -> None:
    """After a crash: duplicates leave no trace on disk but in the ledger, as last written."""
    for device, counted in before.items():
        track = tracks.of(device)
        track.duplicates = max(track.duplicates, counted.duplicates)


def write(path: Path, counts: Ledger) -> None:
    """Write the ledger for others to read; it is rebuilt from the spool, so it needs no fsync."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(msgspec.json.encode(counts))
    draft.replace(path)


def read(path: Path) -> Ledger:
    """The ledger as it was last written; empty where none was. Raises `msgspec.DecodeError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ledger)
    except FileNotFoundError:
        return {}
