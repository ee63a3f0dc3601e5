"""Files that are whole, or absent, after a crash at any moment."""

from __future__ import annotations

import os
from pathlib import Path


def write_durably(path: Path, data: bytes, mode: int = 0o600, *, durable: bool = True) -> None:
    """Replace `path` by `data`: on disk when this returns, never half there.

    `durable=False` leaves out the fsyncs, for what is written again within seconds anyway; a
    reader still sees the old file or the new one. Raises `OSError`, and leaves the old file,
    where the disk does not take all of it.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        write_at(handle, data, 0)
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(path)
    if durable:
        sync_folder(path.parent)


def write_at(handle: int, data: bytes, offset: int) -> None:
    """Write all of `data` at `offset`: one `pwrite` may take only a part of it."""
    written = os.pwrite(handle, data, offset)
    while written < len(data):
        written += os.pwrite(handle, data[written:], offset + written)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk: without it a new file's name may be lost in a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
