"""Real telemetry as readings: just enough of each collection to replay it through the rules."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rules.engine import Engine
from rules.model import Event, Transition
from telemetry.kinds import KINDS
from telemetry.model import NO_SEQ, Quality, Reading

MINUTE = 60_000
LATENCY = 200  # ms from the measurement to its arrival


def ms(text: str) -> int:
    """2016-09-14 11:37:00 and its likes, UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def reading(
    kind: str, at: int, values: dict[str, float], *, device: str = "d-1", received: int = 0
) -> Reading:
    return Reading(
        device, "firm", "site-1", "31333", kind, KINDS[kind].sector, at, received or at + LATENCY,
        NO_SEQ, NO_SEQ, Quality.GOOD, 0, values,
    )  # fmt: skip


def rows(file: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        yield from csv.DictReader(text, delimiter=delimiter)


def series(
    file: Path,
    kind: str,
    columns: dict[str, tuple[str, float, float]],
    *,
    time: str = "timestamp",
    delimiter: str = ",",
) -> list[Reading]:
    """The rows of a file; `columns` maps a column to (field, factor, offset)."""
    found = []
    for row in rows(file, delimiter):
        at = ms(row[time].replace("+00:00", "")) if time else 0
        values = {
            field: float(row[column]) * factor + offset
            for column, (field, factor, offset) in columns.items()
            if row[column] not in {"", "NA", "?"}
        }
        if values:
            found.append(reading(kind, at, values))
    return found


class Window(NamedTuple):
    """A labelled event, its first and last moment."""

    start: int
    end: int


def labels(file: Path, of: str, *, series: str = "", kind: str = "") -> list[Window]:
    """The labelled events of the file `of`."""
    return [
        Window(ms(row["start"].replace("+00:00", "")), ms(row["end"].replace("+00:00", "")))
        for row in rows(file)
        if row["file"] == of and row["series"].startswith(series) and kind in row["kind"]
    ]


def replay(engine: Engine, readings: Iterable[Reading], tick: int = MINUTE) -> list[Transition]:
    """What the engine finds, on a clock that runs along with the readings."""
    found: list[Transition] = []
    now = 0
    for one in readings:
        now = now or one.received
        while now + tick <= one.received:
            now += tick
            found += engine.tick(now)
        now = max(now, one.received)
        found += engine.step(one, one.received)
    return found


class Spell(NamedTuple):
    """An alarm from its beginning to its end (None: it stands)."""

    rule: str
    start: int
    end: int | None


def spells(transitions: Iterable[Transition]) -> list[Spell]:
    """The alarms, in the order in which they began."""
    found: list[Spell] = []
    up: dict[tuple[str, str], int] = {}
    for one in transitions:
        key = (one.rule, one.device)
        if one.event is Event.FIRING:
            up[key] = len(found)
            found.append(Spell(one.rule, one.at, None))
        else:
            place = up.pop(key)
            found[place] = found[place]._replace(end=one.at)
    return found


def hits(found: Iterable[Spell], windows: Iterable[Window], slack: int = 0) -> list[bool]:
    """For each window whether an alarm began inside it."""
    alarms = list(found)
    return [any(w.start <= a.start <= w.end + slack for a in alarms) for w in windows]


def outside(found: Iterable[Spell], windows: Iterable[Window], slack: int = 0) -> list[Spell]:
    """The alarms that have no part in any window."""
    return [
        alarm
        for alarm in found
        if not any(
            alarm.start <= w.end + slack and (alarm.end is None or alarm.end >= w.start)
            for w in windows
        )
    ]
