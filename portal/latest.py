"""The latest values of every device, as InfluxDB has them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

import structlog

from ingest.influx import InfluxError, Missing, Series
from telemetry.catalogue import Quantity, by_field
from telemetry.errors import UnknownQuantity
from telemetry.model import Quality

POINTS = 8
"""A device's readings need not all have the same quantities: its latest values are gathered from
this many of its last points."""
KEEP_MS = 1_000
WAIT_S = 2.0

log = structlog.get_logger("portal")


@dataclass(frozen=True)
class LatestValue:
    """`at` is the device's time of the reading, in ms since 1970."""

    quantity: Quantity
    field: str
    value: float
    at: int


@dataclass(frozen=True)
class Latest:
    """What a device said last: `at` and `quality` are those of its newest reading."""

    device: str
    at: int
    quality: Quality
    values: tuple[LatestValue, ...]


@dataclass(frozen=True)
class LatestOfAll:
    """Keyed by database and device, since a device that moved to another tenant leaves its past
    there. `readable` is False where InfluxDB could not be asked: then the values are from before.
    """

    by_device: Mapping[tuple[str, str], Latest]
    readable: bool


class InfluxView(Protocol):
    """What the portal asks of `ingest.influx.Influx`."""

    def ping(self) -> bool: ...
    def query(self, database: str, influxql: str) -> Sequence[Series]: ...


def query_for(sector: str) -> str:
    """The last points of each device of a sector within a day; every InfluxDB speaks this."""
    return (
        f'SELECT * FROM "{sector}" WHERE time > now() - 1d '
        f'GROUP BY "device" ORDER BY time DESC LIMIT {POINTS}'
    )


def latest_of(sector: str, series: Series) -> Latest | None:
    """The latest values in one device's series, whose rows come newest first.

    Time stamps are compared as InfluxDB ordered them: of two readings of one millisecond the one
    with the higher `seq` is newer.
    """
    if not series.values:
        return None
    quantities = {
        name: quantity
        for name in series.columns
        if (quantity := _quantity(sector, name)) is not None
    }
    rows = series.rows()
    found: dict[str, LatestValue] = {}
    for row in rows:
        for name, quantity in quantities.items():
            value = row[name]
            if name not in found and isinstance(value, int | float):
                found[name] = LatestValue(quantity, name, float(value), _int(row["time"]))
    newest = rows[0]
    return Latest(
        device=series.tags["device"],
        at=_int(newest["time"]),
        quality=_quality(newest.get("q")),
        values=tuple(found.values()),
    )


class LatestReader:
    """Asks once for all who look at the same time, and again after `KEEP_MS`.

    The question is asked in a thread of its own: whoever looks while InfluxDB hangs waits no
    longer than `WAIT_S`, and then sees what was known before, marked as unreadable.
    """

    def __init__(self, influx: InfluxView) -> None:
        self._influx = influx
        self._lock = threading.Lock()
        self._asked_at: int | None = None
        self._answer: Future[LatestOfAll] = Future()
        self._answer.set_result(LatestOfAll({}, readable=False))
        self._known: Mapping[tuple[str, str], Latest] = {}

    def read(self, wanted: Iterable[tuple[str, str]], now: int) -> LatestOfAll:
        """The latest values of every device in the `wanted` pairs of database and sector."""
        with self._lock:
            fresh = self._asked_at is not None and 0 <= now - self._asked_at < KEEP_MS
            if self._answer.done() and not fresh:
                self._asked_at = now
                self._answer = Future()
                threading.Thread(
                    target=self._ask, args=(list(wanted), self._answer), daemon=True
                ).start()
            answer = self._answer
        try:
            return answer.result(WAIT_S)
        except TimeoutError:
            return LatestOfAll(self._known, readable=False)

    def _ask(self, wanted: list[tuple[str, str]], answer: Future[LatestOfAll]) -> None:
        try:
            found = self._ask_all(wanted)
        except BaseException as error:
            answer.set_exception(error)
            raise
        answer.set_result(found)

    def _ask_all(self, wanted: list[tuple[str, str]]) -> LatestOfAll:
        if not self._influx.ping():
            return LatestOfAll(self._known, readable=False)
        found: dict[tuple[str, str], Latest] = {}
        try:
            for database, sector in wanted:
                for latest in self._ask_one(database, sector):
                    found[database, latest.device] = latest
        except InfluxError as error:
            log.warning("latest values cannot be read", error=str(error))
            return LatestOfAll(self._known, readable=False)
        self._known = found
        return LatestOfAll(found, readable=True)

    def _ask_one(self, database: str, sector: str) -> list[Latest]:
        """A tenant whose devices have never reported has no database yet."""
        try:
            series = self._influx.query(database, query_for(sector))
        except Missing:
            return []
        return [latest for one in series if (latest := latest_of(sector, one)) is not None]


def _quantity(sector: str, field: str) -> Quantity | None:
    """The quantity of a column; None for tags and for `q`, `seq`, `boot`, `received`."""
    try:
        return by_field(sector, field)
    except UnknownQuantity:
        return None


def _quality(code: object) -> Quality:
    try:
        return Quality(_int(code))
    except (TypeError, ValueError):
        return Quality.UNCERTAIN


def _int(value: object) -> int:
    if not isinstance(value, int | float):
        raise TypeError(value)
    return int(value)
