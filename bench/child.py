"""A part of a benchmark as a process of its own, whose CPU time the operating system counts.

`python -m bench.child NAME` reads its settings as one line of JSON, and then answers each further
line with one: the CPU time that it has used and its figures. It ends when its input ends.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import threading
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
import structlog
import uvloop

from bench.noop import Noop, NoopSettings
from bench.publishers import Publishers, PublishersSettings
from ingest.service import Ingest, IngestSettings
from ingest.store import Store, StoreSettings

T = TypeVar("T")


class Word(msgspec.Struct):
    """What a child says: CPU seconds of all its threads since its start, and its counts."""

    cpu_s: float
    figures: dict[str, float]


class Part(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...

    def figures(self) -> dict[str, float]: ...


def _decode(line: str, wanted: type[T]) -> T:
    return msgspec.json.decode(line, type=wanted, dec_hook=lambda _, text: Path(text))


def make(name: str, settings: str) -> Part:
    match name:
        case "ingest":
            return Ingest(_decode(settings, IngestSettings))
        case "store":
            return Store(_decode(settings, StoreSettings))
        case "publishers":
            return Publishers(_decode(settings, PublishersSettings))
        case _:
            return Noop(_decode(settings, NoopSettings))


async def live(part: Part) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer() -> None:
        for _ in sys.stdin:
            used = resource.getrusage(resource.RUSAGE_SELF)
            word = Word(used.ru_utime + used.ru_stime, part.figures())
            sys.stdout.write(msgspec.json.encode(word).decode() + "\n")
            sys.stdout.flush()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=answer, daemon=True).start()
    await part.run(stop)


def warnings_to_stderr() -> None:
    """Standard output belongs to the answers."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
    )


if __name__ == "__main__":
    warnings_to_stderr()
    uvloop.run(live(make(sys.argv[1], sys.stdin.readline())))
