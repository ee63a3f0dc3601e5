"""CSV tables: units, missing values, times, and errors that name file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.series import Row
from simulators.table import Column, TableError, events, iso_column, iso_ms, rows

T0 = iso_ms("2026-01-01T00:00:00")
TIME = iso_column("time")


def write(folder: Path, text: str) -> Path:
    path = folder / "some.csv"
    path.write_text(text)
    return path


def test_values_come_in_canonical_units_by_the_names_on_the_wire(tmp_path: Path) -> None:
    path = write(tmp_path, "time,stage,heat\n2026-01-01 00:00,250,293.15\n")
    columns = (Column("stage", "water.level", "cm"), Column("heat", "water.temp", "K"))
    assert list(rows(path, "river-station", columns, TIME)) == [
        Row(T0, {"level": 2.5, "temp": 20.0})
    ]


def test_short_name_is_used_only_where_it_is_unmistakable(tmp_path: Path) -> None:
    path = write(tmp_path, "time,t\n2026-01-01,212\n")
    column = (Column("t", "asset.temp", "°F"),)
    (machine,) = rows(path, "machine-monitor", column, TIME)
    (pump,) = rows(path, "pump", column, TIME)
    (unknown,) = rows(path, None, column, TIME)
    assert machine.values == {"temp": 100.0}
    assert pump.values == unknown.values == {"asset.temp": 100.0}


def test_scale_is_applied_before_the_unit(tmp_path: Path) -> None:
    path = write(tmp_path, "time,p\n2026-01-01,0.25\n")
    column = (Column("p", "power.active", "MW", scale=2.0),)
    assert next(rows(path, "solar-inverter", column, TIME)).values == {"active": 500.0}


@pytest.mark.parametrize("missing", ["", "NA", "NULL", "-9999", " nan "])
def test_missing_values_are_left_out_and_so_are_lines_without_any(
    tmp_path: Path, missing: str
) -> None:
    path = write(tmp_path, f"time,a,b\n2026-01-01,{missing},7\n2026-01-02,{missing},NA\n")
    columns = (Column("a", "water.ph", "1"), Column("b", "water.do", "mg/L"))
    assert list(rows(path, "river-station", columns, TIME)) == [Row(T0, {"do": 7.0})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "some.csv: the file is empty: its first line must name the columns"),
        ("time,b\n2026-01-01,1\n", "some.csv: no column 'a': the file has time, b"),
        (
            "time,a\n2026-01-01,1\n2026-01-02,1,2\n",
            "some.csv, line 3: 3 fields, but the header has 2: check the line and --delimiter",
        ),
        (
            "time,a\n2026-01-01,\n\n2026-01-02,x\n",
            (
                "some.csv, line 4, column 'a': 'x' is no number: correct it, or leave the field "
                "empty where the value is missing"
            ),
        ),
        ("time,a\nnoon,1\n", "some.csv, line 2: column 'time': 'noon' is no ISO time"),
    ],
)
def test_errors_name_the_place(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(TableError) as raised:
        list(rows(path, None, (Column("a", "water.ph", "1"),), TIME))
    assert str(raised.value) == f"{tmp_path}/{message}"


def test_errors_of_the_file_itself(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file or directory: check the path"):
        list(rows(tmp_path / "none.csv", None, (), TIME))
    path = tmp_path / "latin.csv"
    path.write_bytes("time,độ mặn".encode("utf-16"))
    with pytest.raises(TableError, match="not UTF-8"):
        list(rows(path, None, (), TIME))


def test_events_of_one_file_in_order(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "file,series,start,end,rows,kind\n"
        "a.csv,x,2026-01-02,2026-01-03,2,late\n"
        "a.csv,y,2026-01-01T00:00:00+00:00,2026-01-01 00:05,2,early\n"
        "b.csv,x,2026-01-01,2026-01-01,1,other\n",
    )
    found = events(path, "a.csv")
    assert [event.kind for event in found] == ["early", "late"]
    assert found[0] == (T0, T0 + 300_000, "early")
    assert [event.kind for event in events(path, "a.csv", ["x"])] == ["late"]


def test_iso_times_without_a_zone_are_utc() -> None:
    assert iso_ms("2026-01-01T07:00:00+07:00") == iso_ms("2026-01-01 00:00") == T0
