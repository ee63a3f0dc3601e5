"""Where the portal reads: the registry, the book of alarms, InfluxDB, the components' reports."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from alerts.model import Alarm, Notification
from portal.latest import LatestOfAll, LatestReader
from portal.metrics import ComponentReport, read_reports
from portal.overview import overview, wanted
from portal.shown import Overview, Records
from registry.areas import AREAS
from registry.records import Device, Site, Tenant


class RegistryView(Protocol):
    """What the portal reads of `registry.store.Registry`."""

    def revision(self) -> int: ...
    def tenants(self) -> Sequence[Tenant]: ...
    def sites(self) -> Sequence[Site]: ...
    def devices(self) -> Sequence[Device]: ...


class BookView(Protocol):
    """What the portal asks of `alerts.book.Book`."""

    def alarms(self, open_only: bool = ...) -> Sequence[Alarm]: ...
    def notifications(self) -> Sequence[Notification]: ...
    def acknowledge(self, alarm_id: str, who: str, now: int) -> Alarm: ...


def wall_clock() -> int:
    """Now, in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


class Sources:
    """All that a request may read. `now` is the portal's only clock."""

    def __init__(
        self,
        registry: RegistryView,
        book: BookView,
        reader: LatestReader,
        run_folder: Path,
        time_scale: float = 1.0,
        now: Callable[[], int] = wall_clock,
    ) -> None:
        self.registry = registry
        self.book = book
        self.now = now
        self.time_scale = time_scale
        self._reader = reader
        self._run_folder = run_folder
        self._lock = threading.Lock()
        self._records: tuple[int, Records] | None = None

    def records(self) -> Records:
        """The registry's records, read again when its revision has moved."""
        revision = self.registry.revision()
        with self._lock:
            if self._records is None or self._records[0] != revision:
                records = Records(
                    tenants=self.registry.tenants(),
                    sites=self.registry.sites(),
                    devices=self.registry.devices(),
                    areas=AREAS,
                )
                self._records = (revision, records)
            return self._records[1]

    def latest(self) -> LatestOfAll:
        return self._reader.read(wanted(self.records()), self.now())

    def open_alarms(self) -> Sequence[Alarm]:
        return self.book.alarms(open_only=True)

    def overview(self) -> Overview:
        """The first page's facts as of now."""
        latest = self.latest()
        return overview(self.records(), latest, self.open_alarms(), self.now(), self.time_scale)

    def reports(self) -> list[ComponentReport]:
        return read_reports(self._run_folder)
