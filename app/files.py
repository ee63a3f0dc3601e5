"""Small files that must be whole or absent, whatever happens in the middle of writing them."""

from __future__ import annotations

from pathlib import Path

from ingest.durable import write_durably


def write_whole(path: Path, text: str, mode: int = 0o644, *, durable: bool = True) -> None:
    """Write `text`, as `ingest.durable` writes; the folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, text.encode(), mode, durable=durable)
