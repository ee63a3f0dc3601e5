"""From the spool into InfluxDB: follows the spool by its own cursor, one lane a tenant.

The cursor moves behind a reading only when it is written or a dead letter, so a crash at any
moment leads to lines being written again, never to lost ones; a line written twice is one point.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.backoff import Backoff
from ingest.cursor import Cursor
from ingest.deadletter import DeadLetter, DeadLetters, entries
from ingest.influx import Influx, InfluxAddress
from ingest.lane import Lane, Points, Tally
from ingest.line import line
from ingest.progress import Progress
from ingest.rate import Rate
from ingest.spool import SpoolReader
from ingest.waiting import stopped
from registry.records import database
from telemetry.errors import Reason
from telemetry.model import Reading

CURSOR = "store"
HURRY_S = 0.01
"""The pause between two looks into the spool while there is more in it."""

SAVE_S = 0.5
"""How often the cursor is saved: what lies behind it is written again after a crash."""

LANE_SHARE = 0.25
"""Of the readings in memory, what one tenant's may be while its lane alone makes no headway."""

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


class Store:
    """The process `store`: opens everything at once, works in `run`, closes everything at its end.

    Raises `FolderInUseError` where another store owns the dead letters.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._cursor = Cursor(settings.spool, CURSOR)
        self._saved_to = self._cursor.load()
        self._saved_at = 0.0
        self._position = self._saved_to
        self._progress = Progress(self._saved_to)
        self._reader = SpoolReader(settings.spool)
        self._damage_told = 0
        self._tally = Tally()
        self._rate = Rate()
        self._lanes: dict[str, Lane] = {}
        self._parked: set[str] = set()
        self._tasks: asyncio.TaskGroup
        self._running: list[asyncio.Task[None]] = []
        self._letters = DeadLetters(settings.dead_letters, max_bytes=settings.max_dead_bytes)
        self._buried = {hash(letter.payload) for letter in entries(settings.dead_letters)}
        self._client = Influx(settings.influx)

    @property
    def last_error(self) -> str:
        """What keeps a tenant's readings waiting, "" where nothing does."""
        return next((lane.problem for lane in self._lanes.values() if lane.problem), "")

    def figures(self) -> dict[str, float]:
        """Counts since the start, and how far behind the spool is."""
        oldest = self._progress.oldest_received
        return {
            "written": self._tally.written,
            "written_per_s": self._rate.per_second,
            "batches": self._tally.batches,
            "retries": self._tally.retries,
            "dead_lettered": self._tally.dead_lettered,
            "lag_readings": self._progress.pending,
            "lag_seconds": max(0.0, time.time() - oldest / 1000) if oldest else 0.0,
            "lag_bytes": self._reader.bytes_behind(self._progress.done_to),
            "parked_tenants": len(self._parked),
            "damaged": self._damage_told,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._follow(stop)
                await self._finish()
        finally:
            self._save_cursor()
            self._reader.close()
            self._client.close()
            self._letters.close()

    async def _follow(self, stop: asyncio.Event) -> None:
        settings = self._settings
        while not stop.is_set():
            full = self._progress.pending >= settings.max_pending
            self._park_failing(settings.max_pending * LANE_SHARE if not full else 1)
            count = 0 if full else self._read_on()
            now = time.monotonic()
            if now - self._saved_at >= SAVE_S:
                self._rate.see(self._tally.written, now)
                self._save_cursor()
            hurry = full or count >= settings.max_lines
            await stopped(stop, HURRY_S if hurry else settings.flush_s)

    async def _finish(self) -> None:
        """Let what is on its way arrive, then end the lanes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while self._progress.pending:
                    await asyncio.sleep(0.02)
        for task in self._running:
            task.cancel()

    def _read_on(self) -> int:
        """Hand the next readings to their tenants' lanes; return how many."""
        readings, end = self._reader.read(self._position, self._settings.max_lines)
        if end == self._position:
            return 0
        by_tenant = _by_tenant(readings)
        parts = {tenant: them for tenant, them in by_tenant.items() if tenant not in self._parked}
        first = readings[0].received if readings else 0
        count = sum(len(points.lines) for points in parts.values())
        chunk = self._progress.begin(end, first, count, len(parts))
        self._position = end
        for tenant, points in parts.items():
            done = functools.partial(self._progress.finish_part, chunk, len(points.lines))
            self._lane(tenant).add(points, done)
        if self._reader.damaged > self._damage_told:
            self._damage_told = self._reader.damaged
            log.error("the spool is damaged", where=self._reader.damage)
        return len(readings)

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

    def _park_failing(self, pending: float) -> None:
        """Leave on the disk what lanes that alone make no headway have, if it is so much.

        Else it would fill the memory that all share, and everybody would wait for one database.
        """
        for tenant, lane in self._lanes.items():
            if lane.fails_alone and lane.pending >= pending and tenant not in self._parked:
                log.warning("a tenant's readings stay in the spool", tenant=tenant)
                self._parked.add(tenant)
                progress = self._progress
                progress.hold(tenant, progress.done_to, progress.oldest_received)
                lane.abandon()
                self._running.append(self._tasks.create_task(self._catch_up(tenant, lane)))

    async def _catch_up(self, tenant: str, lane: Lane) -> None:
        """Read a parked tenant's part of the spool again as its lane makes headway."""
        reader = SpoolReader(self._settings.spool)
        position = self._progress.held(tenant)
        try:
            while position < self._position:
                readings, position = reader.read(position, self._settings.max_lines)
                mine = _by_tenant(one for one in readings if one.tenant == tenant)
                written = asyncio.Event()
                lane.add(mine.get(tenant, Points([], [])), written.set)
                await written.wait()
                self._progress.hold(tenant, position, readings[-1].received if readings else 0)
        finally:
            reader.close()
        self._parked.remove(tenant)
        self._progress.release(tenant)
        log.info("a tenant's readings are written again", tenant=tenant)

    def _save_cursor(self) -> None:
        self._saved_at = time.monotonic()
        done_to = self._progress.done_to
        if done_to == self._saved_to:
            return
        try:
            self._cursor.save(done_to)
        except OSError as error:  # it stays behind: lines may be written again, no more
            log.warning("the cursor cannot be saved", why=str(error))
        else:
            self._saved_to = done_to

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


def _by_tenant(readings: Iterable[Reading]) -> dict[str, Points]:
    """Each tenant's readings with their lines, in order."""
    found: dict[str, Points] = {}
    for reading in readings:
        points = found.get(reading.tenant)
        if points is None:
            points = found[reading.tenant] = Points([], [])
        points.readings.append(reading)
        points.lines.append(line(reading))
    return found
