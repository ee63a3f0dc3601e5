"""A recorded (or made) series of readings with its labelled events, in the data's own time."""

from __future__ import annotations

import bisect
import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from telemetry.catalogue import QUANTITIES, Quantity, names
from telemetry.kinds import KINDS

LONE_ROW_MS = 60_000
"""The interval of a series of one row."""


class Row(NamedTuple):
    """One reading: `ts` in ms since 1970 in the data's own time, `values` by the name that goes
    on the wire, each in its canonical unit."""

    ts: int
    values: Mapping[str, float]
    q: int = 0


class Event(NamedTuple):
    """A labelled event: its first and its last moment (ms, both inclusive) and what it was."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Series:
    """The readings of one device. `rows` and `events` ascend in time; `quantities` are keys of
    the catalogue; `source` names collection and part, such as `gecco/inlet`.

    `kind` is the device's kind; None where it is not known, and names stand in full.
    """

    source: str
    kind: str | None
    quantities: tuple[str, ...]
    rows: Sequence[Row]
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        if not self.rows:
            raise ValueError(f"{self.source} has no readings")

    @property
    def interval_ms(self) -> int:
        """The usual time between two rows: the median, since real series have gaps."""
        gaps = [after.ts - before.ts for before, after in itertools.pairwise(self.rows)]
        return int(statistics.median(gaps)) if gaps else LONE_ROW_MS

    def first_at(self, ts: int) -> int:
        """The index of the first row at or after `ts`; that of the last row if there is none."""
        found = bisect.bisect_left(self.rows, ts, key=lambda row: row.ts)
        return min(found, len(self.rows) - 1)

    def out_of_range(self) -> int:
        """How many rows hold a value beyond the catalogue's physical range. They are sent all
        the same: it is the platform that must refuse them."""
        return sum(is_out_of_range(row.values, self.kind) for row in self.rows)


def wire_name(quantity: str, kind: str | None) -> str:
    """What a device of `kind` calls the quantity: the short name where that is unmistakable."""
    known = QUANTITIES[quantity]
    return known.name if kind and _known(kind).get(known.name) is known else quantity


def is_out_of_range(values: Mapping[str, float], kind: str | None) -> bool:
    """Whether a value lies beyond the catalogue's physical range (or has no known name)."""
    known = _known(kind)
    for name, value in values.items():
        quantity = known.get(name)
        if quantity is None or not quantity.low <= value <= quantity.high:
            return True
    return False


def _known(kind: str | None) -> Mapping[str, Quantity]:
    return names(KINDS[kind]) if kind else QUANTITIES
