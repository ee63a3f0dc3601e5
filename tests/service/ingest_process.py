"""Ingest or store as a process: its settings come as JSON on the standard input."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import msgspec
import uvloop

from ingest.service import Ingest, IngestSettings
from ingest.store import Store, StoreSettings


async def live(part: Ingest | Store) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await part.run(stop)


def path(_wanted: type, text: str) -> Path:
    return Path(text)


if __name__ == "__main__":
    words = sys.stdin.buffer.read()
    if sys.argv[1] == "ingest":
        one = msgspec.json.decode(words, type=IngestSettings, dec_hook=path)
        uvloop.run(live(Ingest(one)))
    else:
        other = msgspec.json.decode(words, type=StoreSettings, dec_hook=path)
        uvloop.run(live(Store(other)))
