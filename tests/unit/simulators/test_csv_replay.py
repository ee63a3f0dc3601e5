"""Anybody's CSV becomes a series, or an error that says what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators import csv_replay
from simulators.csv_replay import MappingError, guess_time, parse_mapping
from simulators.table import Column, TableError, iso_ms
from telemetry.kinds import KINDS

T0 = iso_ms("2026-01-31T12:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31 12:00",
        "2026-01-31T19:00:00+07:00",
        "31/01/2026 12:00",
        "31-01-2026 12:00:00",
        f"{T0 // 1000}",
        f"{T0}",
        f"{T0 / 1000:.3f}",
    ],
)
def test_times_are_recognised(text: str) -> None:
    reader = guess_time(text)
    assert reader is not None
    assert reader(text) == T0


@pytest.mark.parametrize("text", ["", "noon", "12", "1e20", "31/31/2026 12:00"])
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    assert guess_time(text) is None


def test_mapping_with_and_without_a_unit() -> None:
    logger = KINDS["water-pressure-logger"]
    assert parse_mapping("Flow rate=flow:L/min", logger) == Column(
        "Flow rate", "water.flow", "L/min"
    )
    assert parse_mapping("a=b=water.ph", None) == Column("a=b", "water.ph", "1")
    assert parse_mapping("p=pressure", None) == Column("p", "water.pressure", "bar")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flow", "--map 'flow': write COLUMN=QUANTITY or COLUMN=QUANTITY:UNIT"),
        ("=flow", "write COLUMN=QUANTITY"),
        ("a=", "write COLUMN=QUANTITY"),
        ("a=pressur", "'pressur' is no quantity of the catalogue"),
        ("a=temp", "'temp' may be water.temp or ww.temp or asset.temp or cold.temp"),
        ("a=pressure:L/s", "does not fit 'bar'"),
        ("a=pressure:stone", "'stone' is no known unit"),
    ],
)
def test_a_wrong_mapping_says_what_is_right(text: str, message: str) -> None:
    with pytest.raises(MappingError) as raised:
        parse_mapping(text, None)
    assert message in str(raised.value)


def write(folder: Path, text: str) -> Path:
    path = folder / "my.csv"
    path.write_text(text)
    return path


def test_a_file_is_read_in_order_of_time(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "\ufeffwhen;P;Q;note\n31/01/2026 12:05;20;1;x\n31/01/2026 12:00;10;;y\n"
        "31/01/2026 12:10;;;z\n",
    )
    series = csv_replay.read(
        path, ["P=pressure:mH2O", "Q=flow:L/s"], "when", "water-pressure-logger", ";"
    )
    assert [row.ts - T0 for row in series.rows] == [0, 300_000]
    assert series.rows[0].values == {"pressure": 0.980665}
    assert series.rows[1].values == {"pressure": 1.96133, "flow": 3.6}
    assert series.kind == "water-pressure-logger"


def test_names_stand_in_full_where_the_kind_is_unknown(tmp_path: Path) -> None:
    path = write(tmp_path, "time,x\n2026-01-31,7\n")
    series = csv_replay.read(path, ["x=ww.ph"], "time", None)
    assert series.rows[0].values == {"ww.ph": 7.0}


@pytest.mark.parametrize(
    ("text", "mapping", "message"),
    [
        ("time,x\n2026-01-31,7\n", [], "nothing to send: name a column with --map"),
        ("time,x\n", ["x=water.ph"], "my.csv: there is no line below the header"),
        ("time,xs\n2026-01-31,7\n", ["x=water.ph"], "no column 'x': did you mean 'xs'?"),
        ("zeit,x\n2026-01-31,7\n", ["x=water.ph"], "no column 'time': the file has zeit, x"),
        (
            "time;x\n2026-01-31;7\n",
            ["x=water.ph"],
            "the header is one column, 'time;x': is --delimiter right?",
        ),
        ("time,x\nnoon,7\n", ["x=water.ph"], "line 2, column 'time': 'noon' is no time: write"),
        (
            "time,x\n2026-01-31,7\n31/01/2026 12:00,8\n",
            ["x=water.ph"],
            "line 3: column 'time': '31/01/2026 12:00' is no time written like the first one",
        ),
        ("time,x\n2026-01-31,\n", ["x=water.ph"], "no line has a value in the mapped columns"),
        ("time,x\n2026-01-31,a\n", ["x=water.ph"], "line 2, column 'x': 'a' is no number"),
    ],
)
def test_errors_say_where_and_what_to_do(
    tmp_path: Path, text: str, mapping: list[str], message: str
) -> None:
    with pytest.raises((TableError, MappingError)) as raised:
        csv_replay.read(write(tmp_path, text), mapping, "time", None)
    assert message in str(raised.value)
