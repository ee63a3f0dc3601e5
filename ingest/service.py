"""The process `ingest`: from the broker onto the disk, then the acknowledgement, then `stored`.

For each batch, in this order: decode, admit, fsync the spool and the dead letters, PUBACK,
`down/stored`. Where the disk does not take a batch, nothing is acknowledged and the connection
stays paused until it does.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from ingest import ledger, recovery
from ingest.admit import Clocks
from ingest.answers import Answers
from ingest.backoff import Backoff
from ingest.consumer import Batch, BrokerAddress, Consumer
from ingest.deadletter import DeadLetters
from ingest.intake import Homes, Intake, Intaken
from ingest.journal import Journal
from ingest.ledger import Counts
from ingest.rate import Rate
from ingest.spool import Spool, SpoolFullError
from ingest.waiting import beside
from registry.directory import Directory
from telemetry.topics import up

FILTER = up("+", "telemetry")
LEDGER_SHARE = 20
"""The ledger is written at most this part of the time: it grows with the number of devices."""

MIB = 1024 * 1024

log = structlog.get_logger("ingest")


@dataclass(frozen=True)
class IngestSettings:
    """Where ingest listens and what it owns.

    It alone writes the folders `spool` and `dead_letters` and the file `ledger_file`. `readers`
    are the cursors without which the spool forgets nothing. `coalesce_s` is how long messages
    are gathered for one fsync, `stored_every_s` the least time between two rounds of answers.
    """

    host: str
    port: int
    spool: Path
    dead_letters: Path
    ledger_file: Path
    registry_url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    client_id: str = "kenh-ingest"
    future_tolerance_ms: int = 300_000
    lateness_ms: int = 300_000
    spool_max_bytes: int = 8192 * MIB
    spool_keep_bytes: int = 256 * MIB
    segment_bytes: int = 64 * MIB
    dead_letters_max_bytes: int = 256 * MIB
    readers: tuple[str, ...] = ("store",)
    coalesce_s: float = 0.02
    stored_every_s: float = 0.04
    keep_alive_s: int = 30


class FollowedHomes(Homes, Protocol):
    """The registry's directory, or what a test puts in its place."""

    def refresh(self) -> bool:
        """Whether the registry has changed and was loaded again. May block."""

    def close(self) -> None: ...


@dataclass
class _Counted:
    """Since the start of this process."""

    messages: int = 0
    readings: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    stored_published: int = 0
    disk_refusals: int = 0


class Ingest:
    """Opens everything at once, works in `run`, and closes everything at its end.

    Without a `directory` it follows the registry at `settings.registry_url`. Raises
    `RegistryError`, and `FolderInUseError` where another ingest owns the folders.
    """

    def __init__(self, settings: IngestSettings, directory: FollowedHomes | None = None) -> None:
        self._settings = settings
        self._directory = directory or Directory(settings.registry_url)
        try:
            self._journal = _open_journal(settings)
        except BaseException:
            self._directory.close()
            raise
        clocks = Clocks(settings.future_tolerance_ms, settings.lateness_ms)
        self._intake = Intake(self._journal.tracks, self._directory, clocks)
        self._consumer = Consumer(
            BrokerAddress(
                settings.host,
                settings.port,
                settings.username,
                settings.password,
                settings.client_id,
            ),
            (FILTER,),
            self._receive,
            coalesce_s=settings.coalesce_s,
            keep_alive_s=settings.keep_alive_s,
        )
        self._counted = _Counted()
        self._rate = Rate()
        self._answers = Answers()
        self._telling: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        self._deferred: asyncio.Queue[tuple[Batch, Intaken | None]] = asyncio.Queue()
        self._deferring = 0
        self._refreshing = asyncio.Lock()
        self._last_refusal = ""

    @property
    def last_error(self) -> str:
        """What keeps readings waiting, "" where nothing does."""
        return self._last_refusal or self._consumer.last_error

    def figures(self) -> dict[str, float]:
        """Counts since the start, and how it stands now; `ready` follows the connection."""
        counted = self._counted
        connected = float(self._consumer.connected)
        return {
            "messages": counted.messages,
            "readings": counted.readings,
            "readings_per_s": self._rate.per_second,
            "duplicates": counted.duplicates,
            "dead_lettered": counted.dead_lettered,
            "dead_letters_removed": self._journal.letters_removed,
            "stored_published": counted.stored_published,
            "spooled_bytes": self._journal.bytes,
            "disk_refusals": counted.disk_refusals,
            "broker_connected": connected,
            "broker_sessions": self._consumer.sessions,
            "ready": connected,
        }

    def ledger(self) -> dict[str, Counts]:
        """What has become of each device's readings, ever."""
        return ledger.ledger(self._journal.tracks)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        try:
            async with asyncio.TaskGroup() as tasks:
                others = [
                    tasks.create_task(self._work_off()),
                    tasks.create_task(self._keep_house()),
                    tasks.create_task(self._keep_ledger()),
                ]
                await self._consumer.run(stop)
                for task in others:
                    task.cancel()
        finally:
            if self._telling is not None:
                self._telling.cancel()
            self._write_ledger()
            self._journal.close()
            self._directory.close()

    def _receive(self, batch: Batch) -> None:
        """Take a batch from the consumer. What cannot be done at once is put off, in order."""
        self._counted.messages += len(batch.messages)
        if self._deferring or self._intake.has_unknown(batch.messages):
            self._put_off(batch, None)
            return
        intaken = self._intake.sort(batch.messages, _now())
        if self._keep(intaken):
            self._acknowledge(batch, intaken)
        else:
            self._put_off(batch, intaken)

    def _put_off(self, batch: Batch, intaken: Intaken | None) -> None:
        self._deferring += 1
        self._deferred.put_nowait((batch, intaken))

    async def _work_off(self) -> None:
        """Finish what was put off: for the registry to be asked again, or for the disk."""
        while True:
            batch, intaken = await self._deferred.get()
            # Of a connection that is gone, the broker will deliver it again.
            if intaken is not None or not batch.stale:
                if intaken is None:
                    # A device that was added a moment ago is no stranger.
                    await self._refresh()
                    intaken = self._intake.sort(batch.messages, _now())
                backoff = Backoff(0.1, 2.0)
                while not self._keep(intaken):
                    await asyncio.sleep(backoff.next())
                    self._tidy()
                self._acknowledge(batch, intaken)
            self._deferring -= 1

    def _keep(self, intaken: Intaken) -> bool:
        """Put a batch on disk; False where the disk does not take it now."""
        try:
            self._journal.keep(intaken)
        except (OSError, SpoolFullError) as error:
            self._counted.disk_refusals += 1
            if str(error) != self._last_refusal:
                log.warning("readings cannot be kept: the broker has to wait", why=str(error))
            self._last_refusal = str(error)
            return False
        if self._last_refusal:
            log.info("readings are kept again")
            self._last_refusal = ""
        return True

    def _acknowledge(self, batch: Batch, intaken: Intaken) -> None:
        """All is on disk: tell the broker at once, and the devices in a moment."""
        batch.commit()
        counted = self._counted
        counted.readings += len(intaken.readings)
        counted.dead_lettered += len(intaken.letters)
        counted.duplicates += intaken.duplicates
        self._answers.note(intaken.touched.items())
        if not self._answers:
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._told_at >= self._settings.stored_every_s:
            self._tell()
        elif self._telling is None:
            # Nearly always the next batch comes first and takes these answers with it.
            self._telling = loop.call_later(2 * self._settings.stored_every_s, self._tell)

    def _tell(self) -> None:
        """Publish `down/stored`. Without a connection it is left: devices ask by sending again."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._told_at = asyncio.get_running_loop().time()
        count = len(self._answers)
        if self._consumer.send(self._answers.packets()):
            self._counted.stored_published += count

    async def _refresh(self) -> None:
        async with self._refreshing:
            if await beside(self._directory.refresh):
                self._intake.forget_homes()

    async def _keep_house(self) -> None:
        while True:
            await self._refresh()
            self._tidy()
            self._rate.see(self._counted.readings, time.monotonic())
            await asyncio.sleep(1.0)

    async def _keep_ledger(self) -> None:
        while True:
            began = time.monotonic()
            self._write_ledger()
            took = time.monotonic() - began
            await asyncio.sleep(max(1.0, took * LEDGER_SHARE))

    def _tidy(self) -> None:
        try:
            self._journal.tidy()
        except OSError as error:
            log.warning("old segments cannot be removed", why=str(error))

    def _write_ledger(self) -> None:
        try:
            ledger.write(self._settings.ledger_file, self.ledger())
        except OSError as error:
            log.warning("the ledger cannot be written", why=str(error))


def _open_journal(settings: IngestSettings) -> Journal:
    began = time.monotonic()
    with ExitStack() as opened:
        spool = Spool(
            settings.spool,
            roll_bytes=settings.segment_bytes,
            keep_bytes=settings.spool_keep_bytes,
            max_bytes=settings.spool_max_bytes,
            readers=settings.readers,
        )
        opened.callback(spool.close)
        letters = DeadLetters(settings.dead_letters, max_bytes=settings.dead_letters_max_bytes)
        opened.callback(letters.close)
        # Now that nobody else can write them.
        tracks = recovery.recover(settings.spool, settings.dead_letters)
        ledger.recount(tracks, _last_ledger(settings.ledger_file))
        opened.pop_all()
    log.info("recovered", seconds=round(time.monotonic() - began, 3))
    return Journal(settings.spool, spool, letters, tracks)


def _last_ledger(path: Path) -> ledger.Ledger:
    try:
        return ledger.read(path)
    except msgspec.MsgspecError as error:
        log.warning("the last ledger cannot be read", why=str(error))
        return {}


def _now() -> int:
    return time.time_ns() // 1_000_000
