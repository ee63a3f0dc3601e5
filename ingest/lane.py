"""One tenant's way into InfluxDB: its points in order, until each is written or a dead letter.

Every tenant has a lane of its own, so that one's bad lines, or its missing database, keep
nobody else waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import structlog

from ingest.backoff import Backoff
from ingest.influx import (
    Influx,
    InfluxAddress,
    InfluxError,
    Missing,
    Refused,
    Retry,
    TooLarge,
)
from ingest.influx_admin import create_database
from ingest.waiting import beside
from telemetry.model import Reading

log = structlog.get_logger("store")


class Points(NamedTuple):
    """Readings, and the line of each."""

    readings: list[Reading]
    lines: list[bytes]

    def part(self, first: int, last: int) -> Points:
        return Points(self.readings[first:last], self.lines[first:last])


@dataclass
class Tally:
    """What all lanes have done together."""

    written: int = 0
    batches: int = 0
    retries: int = 0
    dead_lettered: int = 0


Bury = Callable[[Reading, bytes, str], None]
"""Makes a dead letter of a reading and its line, with the engine's words. Raises `OSError`."""


class Lane:
    """Writes what `add` brings into one database; calls `done` of each addition at its end."""

    def __init__(
        self,
        client: Influx,
        address: InfluxAddress,
        database: str,
        bury: Bury,
        tally: Tally,
        *,
        max_lines: int,
        backoff: Backoff,
    ) -> None:
        self._client = client
        self._address = address
        self._database = database
        self._bury = bury
        self._tally = tally
        self._max_lines = max_lines
        self._backoff = backoff
        self._waiting: deque[tuple[Points, Callable[[], None]]] = deque()
        self._on_its_way: list[Callable[[], None]] = []
        self._filled = asyncio.Event()
        self._batches_before = 0
        self.pending = 0
        self.problem = ""

    @property
    def fails_alone(self) -> bool:
        """Whether it makes no headway although others do: it is not InfluxDB that is away."""
        return bool(self.problem) and self._tally.batches > self._batches_before

    def add(self, points: Points, done: Callable[[], None]) -> None:
        """Queue points; `done` is called when each is written or a dead letter."""
        self.pending += len(points.lines)
        self._waiting.append((points, done))
        self._filled.set()

    def abandon(self) -> None:
        """Forget what waits, as if it were done: it will be added again. What is on its way now
        is still tried; to write it twice is harmless."""
        for finish in (*self._on_its_way, *(done for _, done in self._waiting)):
            finish()
        self.pending -= sum(len(points.lines) for points, _ in self._waiting)
        self._on_its_way.clear()
        self._waiting.clear()
        self._filled.clear()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._filled.wait()
            points = self._take()
            for first in range(0, len(points.lines), self._max_lines):
                await self._settle(points.part(first, first + self._max_lines))
            self.pending -= len(points.lines)
            for finish in self._on_its_way:
                finish()
            self._on_its_way.clear()

    def _take(self) -> Points:
        """What waits, up to one full body: the slower InfluxDB is, the larger the bodies."""
        points = Points([], [])
        while self._waiting:
            following, done = self._waiting[0]
            if self._on_its_way and len(points.lines) + len(following.lines) > self._max_lines:
                break
            points.readings.extend(following.readings)
            points.lines.extend(following.lines)
            self._on_its_way.append(done)
            self._waiting.popleft()
        if not self._waiting:
            self._filled.clear()
        return points

    async def _settle(self, points: Points) -> None:
        """Write points; where the engine refuses them, halve them until the bad ones are found.

        What it says about how many it has kept is not relied on: 1.x keeps the good lines and
        reports a parse error as `dropped=0`, 2.x keeps none. To write a line twice is harmless.
        """
        refused = await self._post(b"\n".join(points.lines))
        count = len(points.lines)
        if refused is None:
            self._tally.written += count
        elif count == 1:
            await self._make_dead_letter(points.readings[0], points.lines[0], str(refused))
        else:
            middle = count // 2
            await self._settle(points.part(0, middle))
            await self._settle(points.part(middle, count))

    async def _post(self, body: bytes) -> InfluxError | None:
        """Write a body, for ever if need be; return why only where it is no use to repeat it."""
        while True:
            try:
                await beside(lambda: self._client.write(self._database, body))
            except (Refused, TooLarge) as error:
                self._recover()
                return error
            except InfluxError as error:
                await self._wait_after(error)
            else:
                self._recover()
                self._tally.batches += 1
                return None

    def _recover(self) -> None:
        """InfluxDB has answered."""
        self._backoff.reset()
        self.problem = ""

    async def _wait_after(self, error: InfluxError) -> None:
        """Do what may help, and wait before the next attempt."""
        failure: InfluxError | None = error
        if isinstance(error, Missing):
            failure = await self._create()
        delay = self._backoff.next()
        if isinstance(failure, Retry) and failure.after is not None:
            delay = max(delay, min(failure.after, self._backoff.most))
        if failure is not None:
            self._note(str(failure))
        await asyncio.sleep(delay)

    async def _create(self) -> InfluxError | None:
        """Create the database; return why it could not be."""
        try:
            await beside(lambda: create_database(self._client, self._address, self._database))
        except InfluxError as error:
            return error
        log.info("created a database", name=self._database)
        return None

    async def _make_dead_letter(self, reading: Reading, line: bytes, words: str) -> None:
        while True:
            try:
                self._bury(reading, line, words)
            except OSError as error:
                self._note(f"a dead letter cannot be written: {error}")
                await asyncio.sleep(self._backoff.next())
            else:
                self._tally.dead_lettered += 1
                return

    def _note(self, what: str) -> None:
        self._tally.retries += 1
        if not self.problem:
            self._batches_before = self._tally.batches
        if what != self.problem:
            log.warning("readings wait", database=self._database, why=what)
        self.problem = what
