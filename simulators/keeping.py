"""Small files of the simulators that must be whole or absent."""

from __future__ import annotations

import os
from pathlib import Path


def keep(path: Path, content: bytes, *, mode: int = 0o644, durable: bool = False) -> None:
    """Replace the file at once, so that a reader never sees half of it; `durable` also puts it on
    disk before returning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(handle, content)
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(path)
