"""I-94 (UCI 492): hourly traffic between Minneapolis and St Paul with the weather beside it.

The file repeats an hour once for every kind of weather that was noted in it, with the same
figures: exact repeats are dropped (1,416 of 7,949 lines). `rain_1h` is the rain of the hour in
mm, which is mm/h. A holiday is named in its first hour only; it labels the whole day.
"""

from __future__ import annotations

from pathlib import Path

from simulators.series import Event, Row, Series
from simulators.table import Column, iso_column, iso_ms, rows, table

FILE = "metro_i94_2018-01_2018-09.csv"
KIND = "traffic-counter"
DAY_MS = 86_400_000
COLUMNS = (
    Column("traffic_volume", "traffic.volume", "1/h"),
    Column("temp", "env.air_temp", "K"),
    Column("rain_1h", "env.rain", "mm/h"),
)


def load(folder: Path, part: str) -> Series:
    """The counter; its only part is `westbound`."""
    path = folder / "traffic" / FILE
    kept: list[Row] = []
    for row in rows(path, KIND, COLUMNS, iso_column("date_time")):
        if not kept or row != kept[-1]:
            kept.append(row)
    return Series(
        f"i94/{part}", KIND, tuple(column.quantity for column in COLUMNS), kept, _holidays(path)
    )


def _holidays(path: Path) -> tuple[Event, ...]:
    named = {
        iso_ms(texts["date_time"]): texts["holiday"]
        for _, texts in table(path)
        if texts["holiday"] != "None"
    }
    return tuple(Event(start, start + DAY_MS - 1, name) for start, name in sorted(named.items()))
