"""Small files that must be whole or absent, whatever happens in the middle of writing them."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str, mode: int = 0o644, *, durable: bool = True) -> None:
    """Write `text` so that a reader, or a crash, sees the old file or the new one, never half.

    `durable=False` leaves out the fsync: for what is written again within seconds anyway.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(handle, text.encode())
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(path)
