"""Rules with alerts in one process: spool → engine → book, and the outbox's sender beside it.

What a batch changed (alarms, outbox, the rules' states, the spool position) becomes durable in
one transaction of the book, so a kill at any point gives the same alarms as no kill.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from alerts.book import Book
from alerts.channels import Channel
from alerts.outbox import Sender
from ingest.cursor import Cursor
from ingest.spool import Position, SpoolReader
from registry.directory import Directory
from registry.records import Contact
from registry.store import Registry
from rules.engine import Engine
from rules.model import Transition

log = structlog.get_logger("rules")

BATCH = 2_000
IDLE_SECONDS = 0.05
TICK_MS = 200
SAVE_MS = 1_000
"""Without a transition the states are saved this often; a kill replays at most this much."""


class RulesPart:
    """Reads the spool, evaluates, commits; `run(stop)` and `figures()` as every component."""

    def __init__(
        self,
        reader: SpoolReader,
        cursor: Cursor,
        engine: Engine,
        registry: Registry,
        directory: Directory,
        book: Book,
        sender: Sender,
        channels: Mapping[str, Channel],
        listening: Callable[[int], bool],
    ) -> None:
        self._reader = reader
        self._cursor = cursor
        self._engine = engine
        self._registry = registry
        self._directory = directory
        self._book = book
        self._sender = sender
        self._channels = channels
        self._listening = listening
        self._deaf_since: int | None = None
        self._listened_at = 0
        self._contacts: list[Contact] = []
        self._found: list[Transition] = []
        self._position: Position | None = None
        self._told: Position | None = None
        self._received = 0  # ms, of the reading that was evaluated last
        self._readings = 0
        self._lag_ms = 0
        self._caught_up = False
        self._saved_at = 0
        self._ticked_at = 0

    def figures(self) -> dict[str, float]:
        return {
            "evaluated": self._engine.evaluated,
            "readings": self._readings,
            "firing": self._engine.firing,
            "lag_seconds": self._lag_ms / 1000,
            **{f"outbox_{name}": value for name, value in self._sender.figures().items()},
        }

    async def run(self, stop: asyncio.Event) -> None:
        known = self._book.position()
        self._position = Position(*known) if known else None
        self._engine.restore(self._book.states())
        self._follow_registry(force=True)
        self._deaf_since = self._book.saved_at()
        self._listen_again(_now())
        sending = asyncio.create_task(self._sender.run(stop), name="outbox")
        refreshed = time.monotonic()
        try:
            while not stop.is_set():
                if sending.done():
                    sending.result()
                if time.monotonic() - refreshed > 1.0:
                    self._follow_registry()
                    refreshed = time.monotonic()
                if not self._turn(_now()):
                    await asyncio.sleep(IDLE_SECONDS)
                else:
                    await asyncio.sleep(0)
            self._save(_now())
            await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await asyncio.gather(*(one.close() for one in self._channels.values()))
            self._reader.close()
            self._directory.close()
            self._registry.close()
            self._book.close()

    def _turn(self, now: int) -> bool:
        """Evaluate what came; True where there was something."""
        batch = self._reader.read(self._position, BATCH)
        if batch.readings and batch.readings[-1].received > (self._deaf_since or now):
            self._listen_again(batch.readings[-1].received)
        for reading in batch.readings:
            self._found += self._engine.step(reading, now)
            self._received = reading.received
        self._readings += len(batch.readings)
        self._position = batch.position
        self._caught_up = not batch.readings
        self._lag_ms = 0 if self._caught_up else max(0, now - self._received)
        if now - self._ticked_at >= TICK_MS:
            self._tick(now)
            self._ticked_at = now
        if self._found or now - self._saved_at >= SAVE_MS:
            self._save(now)
        return bool(batch.readings)

    def _tick(self, now: int) -> None:
        """Let the time pass for silences and waiting alarms.

        A device is not silent because we have not come to its readings yet: while the spool is
        behind, the readings' own time is the clock. Nor is it while nobody listens to the broker
        (ingest or the broker is away, or we were not running ourselves): that time is excused.
        """
        if not self._listening(now):
            self._deaf_since = self._deaf_since or self._listened_at or now
            return
        self._listen_again(now)
        self._found += self._engine.tick(now if self._caught_up else self._received)

    def _listen_again(self, now: int) -> None:
        if self._deaf_since is not None:
            log.info("listening again", deaf_s=(now - self._deaf_since) / 1000)
            self._engine.excuse(self._deaf_since, now)
            self._deaf_since = None
        self._listened_at = now

    def _save(self, now: int) -> None:
        at = self._position
        alarms = self._book.commit(self._found, self._engine.dirty(), at, now, self._contacts)
        if self._found:
            log.info("transitions", count=len(self._found), alarms=len(alarms))
            self._sender.wake()
        if at is not None and at != self._told:
            # The book's position is the one that counts; this one lets the spool be shortened.
            self._cursor.save(at)
            self._told = at
        self._found = []
        self._saved_at = now

    def _follow_registry(self, *, force: bool = False) -> None:
        if self._directory.refresh() or force:
            self._engine.watch(self._directory.homes())
            self._contacts = self._registry.contacts()


def _now() -> int:
    return time.time_ns() // 1_000_000
