"""Small files of the simulators that must be whole or absent."""

from __future__ import annotations

from pathlib import Path

from ingest.durable import write_durably


def keep(path: Path, content: bytes, *, mode: int = 0o644, durable: bool = False) -> None:
    """Replace the file at once, as `ingest.durable` does; a missing folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, content, mode, durable=durable)
