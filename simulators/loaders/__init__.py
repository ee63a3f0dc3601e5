"""The collections of real telemetry, one small module each; none is part of this repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simulators.loaders import (
    ett,
    gecco,
    graphleak,
    i94,
    lro,
    metr_la,
    nab_machine,
    nab_traffic,
    pvanalytics,
    sgah,
    skab,
    uci,
)
from simulators.series import Series

COLLECTIONS: dict[str, Callable[[Path, str], Series]] = {
    "gecco": gecco.load,
    "lro": lro.load,
    "skab": skab.load,
    "graphleak": graphleak.load,
    "uci": uci.load,
    "sgah": sgah.load,
    "pvanalytics": pvanalytics.load,
    "ett": ett.load,
    "nab": nab_traffic.load,
    "metr-la": metr_la.load,
    "i94": i94.load,
    "nab-machine": nab_machine.load,
}


def load(folder: Path, source: str) -> Series:
    """The series `collection/part` from the data folder. Raises `TableError`."""
    collection, _, part = source.partition("/")
    return COLLECTIONS[collection](folder, part)
