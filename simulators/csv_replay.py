"""Anybody's CSV file as a series: which column is which quantity, and when each line happened."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from simulators.series import Series
from simulators.table import Column, TableError, iso_ms, rows, table
from telemetry.catalogue import QUANTITIES, Quantity, resolve
from telemetry.errors import KenhError, UnitError, UnknownQuantity
from telemetry.kinds import KINDS, Kind
from telemetry.units import convert

DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M")
"""How times are written in Viet Nam, beside ISO 8601."""

_EPOCHS = ((1e8, 1e11, 1000.0), (1e11, 1e14, 1.0))  # from, to, ms in one: seconds, milliseconds


class MappingError(KenhError):
    """A `--map` that cannot be meant: what is wrong with it, and what would be right."""


def read(
    path: Path, mapping: Sequence[str], time: str, kind: str | None, delimiter: str = ","
) -> Series:
    """The file as one device's series, in order of time.

    `mapping` holds texts `column=quantity[:unit]`; without a unit the figures are taken as they
    are, in the quantity's own unit. `kind` is the device's kind, None where it is not known: its
    readings then name every quantity in full. Raises `MappingError` and `TableError`.
    """
    columns = [parse_mapping(text, KINDS[kind] if kind else None) for text in mapping]
    if not columns:
        raise MappingError("nothing to send: name a column with --map COLUMN=QUANTITY[:UNIT]")
    header, example = _look(path, delimiter)
    for wanted in [time, *(column.header for column in columns)]:
        if wanted not in header:
            raise TableError(f"{path}: no column {wanted!r}: {_meant(wanted, header)}")
    guessed = guess_time(example[time])
    if guessed is None:
        raise TableError(
            f"{path}, line 2, column {time!r}: {example[time]!r} is no time: write ISO 8601 "
            "(2026-01-31T12:00:00), day first (31/01/2026 12:00) or seconds since 1970"
        )
    read_time = _time_reader(time, guessed)
    kept = sorted(rows(path, kind, columns, read_time, delimiter), key=lambda row: row.ts)
    if not kept:
        raise TableError(f"{path}: no line has a value in the mapped columns")
    return Series(path.name, kind, tuple(column.quantity for column in columns), kept)


def parse_mapping(text: str, kind: Kind | None) -> Column:
    """`Volume Flow=flow:L/min` as a column. Raises `MappingError`."""
    header, equals, rest = text.rpartition("=")
    name, _, unit = rest.partition(":")
    if not equals or not header or not name:
        raise MappingError(f"--map {text!r}: write COLUMN=QUANTITY or COLUMN=QUANTITY:UNIT")
    try:
        quantity = resolve(name, kind) if kind else _resolve_anywhere(name)
        convert(0.0, unit or quantity.unit, quantity.unit)
    except (UnknownQuantity, UnitError) as error:
        raise MappingError(f"--map {text!r}: {error}") from error
    return Column(header, quantity.key, unit or quantity.unit)


def guess_time(text: str) -> Callable[[str], int] | None:
    """How a time like this one is read as ms since 1970; None where it is no time.

    The readers raise `ValueError`.
    """
    readers: list[Callable[[str], int]] = [_epoch_ms, iso_ms]
    readers += [_day_first_reader(pattern) for pattern in DAY_FIRST]
    for reader in readers:
        try:
            reader(text)
        except ValueError:
            continue
        return reader
    return None


def _epoch_ms(text: str) -> int:
    number = float(text)
    for low, high, factor in _EPOCHS:
        if low <= number < high:
            return round(number * factor)
    raise ValueError(f"{text!r} is neither seconds nor milliseconds since 1970")


def _day_first_reader(pattern: str) -> Callable[[str], int]:
    def reader(text: str) -> int:
        moment = datetime.strptime(text.strip(), pattern).replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)

    return reader


def _time_reader(header: str, reader: Callable[[str], int]) -> Callable[[Mapping[str, str]], int]:
    def read_time(texts: Mapping[str, str]) -> int:
        try:
            return reader(texts[header])
        except ValueError:
            raise ValueError(
                f"column {header!r}: {texts[header]!r} is no time written like the first one"
            ) from None

    return read_time


def _look(path: Path, delimiter: str) -> tuple[list[str], Mapping[str, str]]:
    """The header and the first line."""
    for _, texts in table(path, delimiter):
        return list(texts), texts
    raise TableError(f"{path}: there is no line below the header")


def _resolve_anywhere(name: str) -> Quantity:
    """A quantity by its key, or by its short name where only one has it."""
    if name in QUANTITIES:
        return QUANTITIES[name]
    found = [quantity for quantity in QUANTITIES.values() if quantity.name == name]
    if len(found) != 1:
        raise UnknownQuantity(name, [quantity.key for quantity in found])
    return found[0]


def _meant(wanted: str, header: Sequence[str]) -> str:
    if len(header) == 1:
        return f"the header is one column, {header[0]!r}: is --delimiter right?"
    close = difflib.get_close_matches(wanted, header, 1)
    return f"did you mean {close[0]!r}?" if close else f"the file has {', '.join(header)}"
