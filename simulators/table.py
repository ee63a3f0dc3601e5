"""Reads CSV tables of readings; every error names file, line and column."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulators.series import Event, Row, wire_name
from telemetry.catalogue import QUANTITIES
from telemetry.errors import KenhError
from telemetry.units import convert

MISSING = frozenset({"", "NA", "N/A", "NULL", "None", "null", "nan", "NaN", "-9999", "-9999.0"})
"""What the collections write where a value is missing: such a value is left out."""

DECIMALS = 6
"""Digits kept after a conversion: far below every sensor's resolution."""


class TableError(KenhError):
    """A file that cannot be read as readings: which line and column, and what to do."""


@dataclass(frozen=True)
class Column:
    """A column of the file and the quantity (a key of the catalogue) that it holds, in `unit`.

    `scale` is applied first: it stands for what the data's own scale means, such as 100 kW for
    the 1 of a normalised power.
    """

    header: str
    quantity: str
    unit: str
    scale: float = 1.0


def table(path: Path, delimiter: str = ",") -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a CSV file with a header: number of the line in the file, texts by column.

    Raises `TableError` where the file cannot be opened, has no header, or a line has another
    number of fields than the header.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter)
            header = [name.strip() for name in next(reader, [])]
            if not header:
                raise TableError(
                    f"{path}: the file is empty: its first line must name the columns"
                )
            for fields in reader:
                if not fields:
                    continue
                if len(fields) != len(header):
                    raise TableError(
                        f"{path}, line {reader.line_num}: {len(fields)} fields, but the header "
                        f"has {len(header)}: check the line and --delimiter"
                    )
                yield reader.line_num, dict(zip(header, fields, strict=True))
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}: check the path") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8 ({error.reason}): save it as UTF-8") from error
    except csv.Error as error:
        raise TableError(f"{path}: not CSV: {error}") from error


def rows(
    path: Path,
    kind: str | None,
    columns: Sequence[Column],
    time: Callable[[Mapping[str, str]], int],
    delimiter: str = ",",
) -> Iterator[Row]:
    """The readings of a file, one a line; a line without any value is left out.

    `time` gives a line's time in ms and raises `ValueError` with a sentence. Raises `TableError`.
    """
    readers = [
        (column.header, wire_name(column.quantity, kind), _line(column)) for column in columns
    ]
    for number, texts in table(path, delimiter):
        values: dict[str, float] = {}
        for header, name, (factor, offset) in readers:
            if header not in texts:
                found = ", ".join(texts)
                raise TableError(f"{path}: no column {header!r}: the file has {found}")
            text = texts[header].strip()
            if text in MISSING:
                continue
            try:
                values[name] = round(float(text) * factor + offset, DECIMALS)
            except ValueError:
                raise TableError(
                    f"{path}, line {number}, column {header!r}: {text!r} is no number: "
                    "correct it, or leave the field empty where the value is missing"
                ) from None
        if not values:
            continue
        try:
            ts = time(texts)
        except ValueError as error:
            raise TableError(f"{path}, line {number}: {error}") from None
        yield Row(ts, values)


def _line(column: Column) -> tuple[float, float]:
    """The factor and the offset that bring a column's figures into the canonical unit: every
    conversion of `telemetry.units` is a straight line."""
    unit = QUANTITIES[column.quantity].unit
    offset = convert(0.0, column.unit, unit)
    return (convert(1.0, column.unit, unit) - offset) * column.scale, offset


def iso_ms(text: str) -> int:
    """An ISO 8601 time as ms since 1970; without a zone it is taken as UTC. `ValueError`."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def iso_column(header: str) -> Callable[[Mapping[str, str]], int]:
    """Reads the time of a line from a column with ISO times."""

    def read(texts: Mapping[str, str]) -> int:
        try:
            return iso_ms(texts[header])
        except ValueError:
            raise ValueError(f"column {header!r}: {texts[header]!r} is no ISO time") from None

    return read


def events(path: Path, file: str, series: Sequence[str] | None = None) -> tuple[Event, ...]:
    """The labelled events of `file` (of these `series`) in an `…events.csv`, in order of time."""
    found = [
        Event(iso_ms(line["start"]), iso_ms(line["end"]), line["kind"])
        for _, line in table(path)
        if line["file"] == file and (series is None or line["series"] in series)
    ]
    return tuple(sorted(found))
