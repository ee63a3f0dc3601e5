"""From the spool into InfluxDB: follows the spool by its own cursor, one lane a tenant.

The cursor moves behind a reading only when it is written or a dead letter, so a crash at any
moment leads to lines being written again, never to lost ones; a line written twice is one point.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.backoff import Backoff
from ingest.cursor import Cursor
from ingest.deadletter import DeadLetter, DeadLetters, entries
from ingest.influx import Influx, InfluxAddress
from ingest.lane import Lane, Points, Tally
from ingest.line import line
from ingest.segments import START, Position
from ingest.spool import SpoolReader
from ingest.waiting import stopped
from registry.records import database
from telemetry.errors import Reason
from telemetry.model import Reading

CURSOR = "store"
HURRY_S = 0.01
"""The pause between two looks into the spool while there is more in it."""

STOP_S = 1.0
"""What the bodies on their way have at a stop; the rest is written after the next start."""

log = structlog.get_logger("store")


@dataclass(frozen=True)
class StoreSettings:
    """`spool` is ingest's folder, `dead_letters` is this process's own.

    `flush_s` is how long readings wait for company before they are written; `max_pending` how
    many readings are in memory at most while InfluxDB is slow or away.
    """

    spool: Path
    dead_letters: Path
    influx: InfluxAddress
    flush_s: float = 0.25
    max_lines: int = 5_000
    max_pending: int = 40_000
    max_dead_bytes: int = 64 * 1024 * 1024
    first_retry_s: float = 0.1
    max_retry_s: float = 10.0


@dataclass
class _Chunk:
    """Readings of one look into the spool that are not all written yet."""

    end: Position
    oldest_received: int
    readings: int
    open_parts: int


class Store:
    """The process `store`."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._tally = Tally()
        self._chunks: deque[_Chunk] = deque()
        self._pending = 0
        self._lanes: dict[str, Lane] = {}
        self._tasks: asyncio.TaskGroup
        self._running: list[asyncio.Task[None]] = []
        self._done_to = START
        self._saved_to = START
        self._damage_told = 0
        self._cursor = Cursor(settings.spool, CURSOR)
        self._reader = SpoolReader(settings.spool)
        self._client: Influx
        self._letters: DeadLetters
        self._buried: set[int] = set()

    @property
    def last_error(self) -> str:
        return self._tally.last_error

    def figures(self) -> dict[str, float]:
        """Counts since the start, and how far behind the spool is."""
        oldest = self._chunks[0].oldest_received if self._chunks else 0
        return {
            "written": self._tally.written,
            "batches": self._tally.batches,
            "retries": self._tally.retries,
            "dead_lettered": self._tally.dead_lettered,
            "lag_readings": self._pending,
            "lag_seconds": max(0.0, time.time() - oldest / 1000) if oldest else 0.0,
            "lag_bytes": self._reader.bytes_behind(self._done_to),
            "damaged": self._damage_told,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        settings = self._settings
        self._done_to = self._saved_to = self._cursor.load()
        self._client = Influx(settings.influx)
        self._letters = DeadLetters(settings.dead_letters, max_bytes=settings.max_dead_bytes)
        self._buried = {hash(letter.payload) for letter in entries(settings.dead_letters)}
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._follow(stop)
                await self._finish()
        finally:
            self._reader.close()
            self._client.close()
            self._letters.close()
            self._save_cursor()

    async def _follow(self, stop: asyncio.Event) -> None:
        settings = self._settings
        position = self._done_to
        while not stop.is_set():
            readings: list[Reading] = []
            if self._pending < settings.max_pending:
                readings, end = self._reader.read(position, settings.max_lines)
                if end != position:
                    self._hand_out(readings, end)
                    position = end
            self._save_cursor()
            self._tell_damage()
            hurry = len(readings) >= settings.max_lines or self._pending >= settings.max_pending
            await stopped(stop, HURRY_S if hurry else settings.flush_s)

    async def _finish(self) -> None:
        """Let what is on its way arrive, then end the lanes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while self._chunks:
                    await asyncio.sleep(0.02)
        for task in self._running:
            task.cancel()

    def _hand_out(self, readings: list[Reading], end: Position) -> None:
        """Give each tenant's readings to its lane; `end` is the place behind them."""
        by_tenant: dict[str, Points] = {}
        for reading in readings:
            points = by_tenant.get(reading.tenant)
            if points is None:
                points = by_tenant[reading.tenant] = Points([], [])
            points.readings.append(reading)
            points.lines.append(line(reading))
        first = readings[0].received if readings else 0
        chunk = _Chunk(end, first, len(readings), len(by_tenant))
        self._chunks.append(chunk)
        self._pending += len(readings)
        for tenant, points in by_tenant.items():
            self._lane(tenant).add(points, functools.partial(self._part_done, chunk))
        self._pass_finished()

    def _lane(self, tenant: str) -> Lane:
        lane = self._lanes.get(tenant)
        if lane is None:
            settings = self._settings
            lane = self._lanes[tenant] = Lane(
                self._client,
                settings.influx,
                database(tenant),
                self._bury,
                self._tally,
                max_lines=settings.max_lines,
                backoff=Backoff(settings.first_retry_s, settings.max_retry_s),
            )
            self._running.append(self._tasks.create_task(lane.run()))
        return lane

    def _part_done(self, chunk: _Chunk) -> None:
        chunk.open_parts -= 1
        self._pass_finished()

    def _pass_finished(self) -> None:
        """Move behind the chunks that are finished, in the order of the spool."""
        while self._chunks and not self._chunks[0].open_parts:
            chunk = self._chunks.popleft()
            self._pending -= chunk.readings
            self._done_to = chunk.end

    def _save_cursor(self) -> None:
        if self._done_to == self._saved_to:
            return
        try:
            self._cursor.save(self._done_to)
        except OSError as error:  # it stays behind: lines may be written again, no more
            log.warning("the cursor cannot be saved", why=str(error))
        else:
            self._saved_to = self._done_to

    def _bury(self, reading: Reading, refused: bytes, words: str) -> None:
        """Make a dead letter, once: after a crash the same line may be refused again."""
        mark = hash(refused)
        if mark in self._buried:
            return
        letter = DeadLetter(
            reading.received,
            "",
            reading.device,
            Reason.REFUSED_BY_STORE,
            words,
            refused,
            reading.seq,
            reading.boot,
        )
        self._letters.append([letter])
        self._buried.add(mark)
        with contextlib.suppress(OSError):  # the bound is tried again at the next one
            self._letters.shrink()

    def _tell_damage(self) -> None:
        if self._reader.damaged > self._damage_told:
            self._damage_told = self._reader.damaged
            log.error("the spool is damaged", where=self._reader.damage)
