"""Every collection is read with its units, gaps and labels; on invented files of its form."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import loaders
from simulators.loaders.sgah import RECORDING, unbalance
from simulators.series import Event
from simulators.table import TableError, iso_ms

EVENTS = "file,series,start,end,rows,kind\n"


def put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_gecco_has_two_lines_with_shared_probes(tmp_path: Path) -> None:
    name = "water/gecco2018_train_rows60000_100000"
    put(
        tmp_path,
        f"{name}.csv",
        "Time,Tp,Cl,pH,Redox,Leit,Trueb,Cl_2,Fm,Fm_2,EVENT\n"
        "2016-09-14 01:00:00,8.5,0.2,8.1,700.0,200.0,0.02,0.1,1000.0,500.0,FALSE\n"
        "2016-09-14 01:01:00,NA,0.3,8.1,NA,200.0,0.02,NA,1000.0,500.0,TRUE\n",
    )
    put(
        tmp_path,
        f"{name}.events.csv",
        f"{EVENTS}{Path(name).name}.csv,(any),2016-09-14 01:01:00,2016-09-14 01:01:00,1,EVENT\n",
    )
    inlet, outlet = loaders.load(tmp_path, "gecco/inlet"), loaders.load(tmp_path, "gecco/outlet")
    shared = {"temp": 8.5, "ph": 8.1, "orp": 700.0, "ec": 200.0, "turbidity": 0.02}
    assert inlet.rows[0].values == shared | {"free_chlorine": 0.2, "flow": 1000.0}
    assert outlet.rows[0].values == shared | {"free_chlorine": 0.1, "flow": 500.0}
    assert outlet.rows[1].values == {"ph": 8.1, "ec": 200.0, "turbidity": 0.02, "flow": 500.0}
    at = iso_ms("2016-09-14T01:01")
    assert inlet.events == (Event(at, at, "EVENT"),)


def test_lro_sends_the_raw_columns_in_metres(tmp_path: Path) -> None:
    name = "water/lro_mainstreet_2019_first_15000_rows"
    columns = [
        f"{c}{s}" for c in ("temp", "cond", "ph", "do", "turb", "stage") for s in ("", "_cor")
    ]
    figures = "1.5,9,300,9,8.5,9,12,9,3,9,250,-9999"
    put(
        tmp_path,
        f"{name}.csv",
        f"datetime,{','.join(columns)}\n2019-01-01 00:00,{figures}\n"
        f"2019-01-01 00:15,{figures.replace('1.5', '-9999', 1)}\n",
    )
    put(tmp_path, f"{name}.events.csv", EVENTS)
    series = loaders.load(tmp_path, "lro/main-street")
    full = {"temp": 1.5, "ec": 300, "ph": 8.5, "do": 12, "turbidity": 3, "level": 2.5}
    assert series.rows[0].values == full
    assert series.rows[1].values == {k: v for k, v in full.items() if k != "temp"}
    assert series.interval_ms == 900_000


def test_uci_is_read_with_its_day_first_dates(tmp_path: Path) -> None:
    put(
        tmp_path,
        "power/uci_household_2006-12-16_18.csv",
        "Date;Time;Global_active_power;Global_reactive_power;Voltage;Global_intensity;Sub\n"
        "5/1/2007;07:08:00;4.2;0.4;241.5;18.4;1\n",
    )
    (row,) = loaders.load(tmp_path, "uci/household").rows
    assert row.ts == iso_ms("2007-01-05T07:08")
    assert row.values == {"active": 4.2, "reactive": 0.4, "voltage": 241.5, "current": 18.4}


def waves(peak: float, current: float, lost_phase: float = 1.0) -> list[list[float]]:
    """One recording of three phases at 120 degrees, whole periods."""
    turns = [2 * math.pi * index * 7 / RECORDING for index in range(RECORDING)]
    shift = 2 * math.pi / 3
    return [
        [peak * math.sin(t) * lost_phase, peak * math.sin(t - shift), peak * math.sin(t + shift)]
        + [current * math.sin(t - shift * phase) for phase in range(3)]
        for t in turns
    ]


def test_sgah_makes_one_reading_of_a_recording(tmp_path: Path) -> None:
    def text(recordings: list[list[list[float]]], header: str) -> str:
        lines = (",".join(str(v) for v in line) for one in recordings for line in one)
        return header + "\n".join(lines) + "\n"

    normal = waves(57.7 * math.sqrt(2), 10 * math.sqrt(2))
    fault = waves(57.7 * math.sqrt(2), 20 * math.sqrt(2), lost_phase=0.0)
    header = "Ua(V),Ub(V),Uc(V), Ia(A), Ib(A),   Ic(A)\n"
    put(tmp_path, "power/sgah_5_normal.csv", text([normal, normal], header))
    put(tmp_path, "power/sgah_3_two_phase_ground.csv", text([fault], ""))
    series = loaders.load(tmp_path, "sgah/two-phase-ground")
    before, _, after = series.rows
    assert before.values == pytest.approx(
        {"voltage": 220, "current": 10, "unbalance": 0}, abs=0.01
    )
    # One phase of three lost: positive sequence 2/3, negative 1/3 of the voltage.
    assert after.values == pytest.approx(
        {"voltage": 440 / 3, "current": 20, "unbalance": 50}, abs=0.01
    )
    assert after.ts - before.ts == 120_000
    assert series.events == (Event(after.ts, after.ts, "two-phase-ground"),)


def test_unbalance_at_the_edges() -> None:
    assert unbalance([[0.0] * 9] * 3) == 0.0
    line = [1.0, -0.3, 0.8, 0.5]
    assert unbalance([line, [-v for v in line], [0.0] * 4]) in (0.0, 100.0)


@given(st.floats(0, 0.5), st.lists(st.floats(0, 6.2), min_size=20, max_size=40, unique=True))
def test_unbalance_is_exact_for_any_moments_of_the_period(
    negative: float, moments: list[float]
) -> None:
    """A positive sequence of 1 and a negative one, sampled anywhere."""
    moments = [*moments, *(0.3 * index for index in range(20))]  # never all at one place
    third = 2 * math.pi / 3
    phases = [
        [math.cos(t - third * k) + negative * math.cos(t + third * k + 0.7) for t in moments]
        for k in range(3)
    ]
    assert unbalance(phases) == pytest.approx(100 * negative, abs=1e-4)


def test_pvanalytics_stands_for_100_kw_and_skips_what_is_missing(tmp_path: Path) -> None:
    name = "power/pvanalytics_ac_power_inv_2173_stale_data"
    put(
        tmp_path,
        f"{name}.csv",
        "timestamp,value_normalized,stale_data_mask\n"
        "2010-12-29 14:15:00+00:00,0.42,False\n2010-12-29 14:30:00+00:00,,False\n",
    )
    put(tmp_path, f"{name}.events.csv", EVENTS)
    (row,) = loaders.load(tmp_path, "pvanalytics/stale").rows
    assert row.values == {"active": 42.0}


def test_ett_parts_share_the_oil_temperature(tmp_path: Path) -> None:
    put(
        tmp_path,
        "power/ett_h1_first_5000_rows.csv",
        "date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n2016-07-01 00:00:00,5.5,2,1.5,0.4,4.2,1.3,30.5\n",
    )
    values = [loaders.load(tmp_path, f"ett/{p}").rows[0].values for p in ("high", "middle", "low")]
    assert [one["active"] for one in values] == [5500.0, 1500.0, 4200.0]
    assert {one["oil_temp"] for one in values} == {30.5}


def test_nab_speaks_metric(tmp_path: Path) -> None:
    put(tmp_path, "traffic/nab_events.csv", EVENTS)
    put(tmp_path, "industry/nab_events.csv", EVENTS)
    line = "timestamp,value\n2015-09-01 00:00:00,50\n"
    put(tmp_path, "traffic/nab_speed_6005.csv", line)
    put(tmp_path, "traffic/nab_TravelTime_387.csv", line)
    put(tmp_path, "industry/nab_machine_temperature_system_failure.csv", line)
    assert loaders.load(tmp_path, "nab/speed-6005").rows[0].values == {"speed": 80.4672}
    assert loaders.load(tmp_path, "nab/travel-time-387").rows[0].values == {"travel_time": 50.0}
    assert loaders.load(tmp_path, "nab-machine/temperature").rows[0].values == {"temp": 10.0}


def test_metr_la_gives_one_sensor_and_drops_zeros(tmp_path: Path) -> None:
    put(tmp_path, "traffic/metr_la_speed_1day.csv", "1001,1002\n10,60\n20,0\n30,50\n")
    series = loaders.load(tmp_path, "metr-la/1002")
    assert [row.values["speed"] for row in series.rows] == [96.561, 80.467]
    assert series.rows[1].ts - series.rows[0].ts == 600_000


def test_metr_la_names_the_line_that_is_wrong(tmp_path: Path) -> None:
    put(tmp_path, "traffic/metr_la_speed_1day.csv", "1001\n10\nfast\n")
    with pytest.raises(TableError, match="line 3: could not convert string to float: 'fast'"):
        loaders.load(tmp_path, "metr-la/1001")


def test_i94_drops_repeated_hours_and_labels_the_holiday(tmp_path: Path) -> None:
    hour = "{},293.15,{},0.0,1,{},x,2018-07-04 0{}:00:00,{}\n".format
    put(
        tmp_path,
        "traffic/metro_i94_2018-01_2018-09.csv",
        "holiday,temp,rain_1h,snow_1h,clouds,weather_main,w,date_time,traffic_volume\n"
        + hour("Independence Day", 0.5, "Rain", 0, 900)
        + hour("Independence Day", 0.5, "Mist", 0, 900)
        + hour("None", 0.0, "Clear", 1, 800),
    )
    series = loaders.load(tmp_path, "i94/westbound")
    first = {"volume": 900.0, "air_temp": 20.0, "rain": 0.5}
    assert [row.values for row in series.rows] == [first, first | {"volume": 800.0, "rain": 0.0}]
    day = iso_ms("2018-07-04")
    assert series.events == (Event(day, day + 86_399_999, "Independence Day"),)


def test_skab_is_thinned_and_stretched_with_its_label(tmp_path: Path) -> None:
    head = "datetime;Current;Pressure;Volume Flow RateRMS\n"
    lines = [f"2020-03-01 15:44:{second:02};1.5;-0.2;60.0\n" for second in range(14)]
    put(tmp_path, "water/skab_other_1.csv", head + "".join(lines))
    put(
        tmp_path,
        "water/skab_events.csv",
        f"{EVENTS}skab_other_1.csv,(any),2020-03-01 15:44:06,2020-03-01 15:44:12,7,other\n",
    )
    series = loaders.load(tmp_path, "skab/leak")
    first = iso_ms("2020-03-01T15:44:00")
    assert [row.ts - first for row in series.rows] == [0, 60_000, 120_000]
    assert series.rows[0].values == {"pump_current": 1.5, "flow": 3.6}
    assert series.events == (Event(first + 60_000, first + 120_000, "leak (other)"),)


def test_graphleak_sets_its_days_one_after_the_other(tmp_path: Path) -> None:
    put(
        tmp_path,
        "water/graphleak_wdn1.csv",
        "source_file,time_s,flow_n2,pressure_n2\n"
        "data_1,0,10,50\ndata_1,86400,10,50\ndata_16,0,20,40\ndata_16,600,20,40\n",
    )
    put(
        tmp_path,
        "water/graphleak_wdn1.events.csv",
        f"{EVENTS}graphleak_wdn1.csv,data_16,600,1200,2,leak at node n10\n",
    )
    series = loaders.load(tmp_path, "graphleak/n2")
    start = series.rows[0].ts
    assert [row.ts - start for row in series.rows] == [0, 86_400_000, 87_000_000]
    assert series.rows[1].values == {"pressure": 3.92266, "flow": 1.2}
    assert series.events == (Event(start + 87_000_000, start + 87_600_000, "leak at node n10"),)
