"""The shipped packs on real telemetry: they fire inside the labelled events, seldom outside."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.engine import Engine
from rules.pack import SHIPPED, load_folder
from simulators.loaders import sgah
from telemetry.model import Reading
from tests.unit.rules.recorded import (
    MINUTE,
    Spell,
    hits,
    labels,
    ms,
    outside,
    reading,
    replay,
    rows,
    series,
    spells,
)

HOUR = 60 * MINUTE


@pytest.fixture(scope="module")
def data(data_folder: Path) -> Path:
    return data_folder


def alarms(readings: list[Reading], *rules: str) -> list[Spell]:
    """What the shipped packs find, of the named rules or (none named) of all but silences."""
    found = spells(replay(Engine(load_folder(SHIPPED)), readings))
    return [
        one
        for one in found
        if (one.rule in rules if rules else not one.rule.startswith("device.silent"))
    ]


def test_drinking_water_every_labelled_event_is_found(data: Path) -> None:
    """GECCO 2018: 36 events in four weeks of one reading a minute."""
    file = data / "water" / "gecco2018_train_rows60000_100000.csv"
    columns = {
        "Tp": ("temp", 1.0, 0.0),
        "Cl": ("free_chlorine", 1.0, 0.0),
        "pH": ("ph", 1.0, 0.0),
        "Redox": ("orp", 1.0, 0.0),
        "Leit": ("ec", 1.0, 0.0),
        "Trueb": ("turbidity", 1.0, 0.0),
        "Fm": ("flow", 1.0, 0.0),
    }
    found = alarms(series(file, "water-quality-station", columns, time="Time"))
    windows = labels(file.with_suffix(".events.csv"), file.name)
    # The plant doses chlorine dioxide and keeps it below the limit for chlorine: that alarm
    # stands all the time and is judged apart.
    standing = [one for one in found if one.rule == "water.free_chlorine.low"]
    others = [one for one in found if one.rule != "water.free_chlorine.low"]
    assert len(windows) == 36
    assert hits(others, windows).count(True) >= 35
    assert len(outside(others, windows)) <= 8
    assert len(standing) <= 3
    by_rule = {one.rule for one in others if one not in outside(others, windows)}
    assert by_rule >= {
        "water.ph.drinking", "water.free_chlorine.unsteady", "water.orp.low",
        "water.turbidity.jump", "water.probe.dry",
    }  # fmt: skip


def test_river_every_visit_of_the_technicians_is_seen(data: Path) -> None:
    """Logan River: probes out of the water, fouled turbidity probes."""
    file = data / "water" / "lro_mainstreet_2019_first_15000_rows.csv"
    columns = {"cond": ("ec", 1.0, 0.0), "turb": ("turbidity", 1.0, 0.0),
               "stage": ("level", 0.01, 0.0)}  # fmt: skip
    found = alarms(series(file, "river-station", columns, time="datetime"))
    events = file.with_suffix(".events.csv")
    stage = [w for w in labels(events, file.name, series="stage") if w.end - w.start < 5 * HOUR]
    turbidity = labels(events, file.name, series="turb")
    level = [one for one in found if one.rule == "water.level.jump"]
    turbid = [one for one in found if one.rule == "water.turbidity.river"]
    assert all(hits(level, stage))
    assert hits(turbid, turbidity).count(True) >= 9
    assert len(outside(found, [*stage, *turbidity])) <= 1


def test_household_voltage_is_high_at_night(data: Path) -> None:
    """UCI: nothing is labelled; above 241.5 V the ten-minute mean must alarm, below never."""
    file = data / "power" / "uci_household_2006-12-16_18.csv"
    readings = [
        reading(
            "power-meter",
            round(
                datetime.strptime(f"{row['Date']} {row['Time']}", "%d/%m/%Y %H:%M:%S")
                .replace(tzinfo=UTC)
                .timestamp()
                * 1000
            ),
            {"voltage": float(row["Voltage"]), "active": float(row["Global_active_power"])},
        )
        for row in rows(file, ";")
    ]
    found = alarms(readings)
    assert {one.rule for one in found} == {"power.voltage.high"}
    assert 1 <= len(found) <= 4
    volts = {one.ts: one.values["voltage"] for one in readings}
    for one in found:
        before = [volts[at] for at in volts if one.start - 10 * MINUTE < at <= one.start]
        assert sum(before) / len(before) > 241.5


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("single-phase-ground", {"feeder.sag", "feeder.current", "feeder.unbalance"}),
        ("two-phase-ground", {"feeder.sag", "feeder.current", "feeder.unbalance"}),
        ("main-transformer", {"feeder.swell", "feeder.current", "feeder.unbalance"}),
        # A short circuit between two phases shows in the currents alone.
        ("phase-phase-short", {"feeder.current"}),
    ],
)
def test_every_fault_of_the_grid_is_found_within_ten_minutes(
    data: Path, part: str, expected: set[str]
) -> None:
    """SGAH: 40 minutes of the normal state, then 40 of the fault."""
    recorded = sgah.load(data, part)
    found = alarms([reading(sgah.KIND, row.ts, dict(row.values)) for row in recorded.rows])
    (fault,) = recorded.events
    assert {one.rule.removeprefix("power.") for one in found} == expected
    assert all(fault.start <= one.start <= fault.start + 10 * MINUTE for one in found)
    assert len(found) == len(expected)


def test_a_pump_that_runs_dry_is_found(data: Path) -> None:
    """SKAB, slowed down to one reading a minute as the demo's pumps report."""
    file = data / "water" / "skab_other_12.csv"
    start = ms("2020-02-08 00:00:00")
    lines = list(rows(file, ";"))[::6]
    readings = [
        reading("pump", start + number * MINUTE,
                {"flow": float(row["Volume Flow RateRMS"]) * 0.06})
        for number, row in enumerate(lines)
    ]  # fmt: skip
    anomalous = [
        one.ts for one, row in zip(readings, lines, strict=True) if row["anomaly"] == "1.0"
    ]
    found = alarms(readings)
    assert {one.rule for one in found} == {"water.pump.flow"}
    assert all(anomalous[0] <= one.start <= anomalous[-1] for one in found)


def test_stuck_inverters_are_found_and_nights_are_not(data: Path) -> None:
    file = data / "power" / "pvanalytics_ac_power_inv_2173_stale_data.csv"
    found = alarms(series(file, "solar-inverter", {"value_normalized": ("active", 100.0, 0.0)}))
    windows = labels(file.with_suffix(".events.csv"), file.name)
    stuck = [one for one in found if one.rule == "power.solar.stuck"]
    assert all(hits(stuck, windows))
    assert outside(found, windows) == []


def test_outliers_of_inverters_are_found(data: Path) -> None:
    file = data / "power" / "pvanalytics_ac_power_inv_7539_outliers.csv"
    found = alarms(series(file, "solar-inverter", {"value_normalized": ("active", 100.0, 0.0)}))
    windows = labels(file.with_suffix(".events.csv"), file.name)
    # The sixth is a single low value that a passing cloud could be.
    assert hits(found, windows).count(True) >= 5
    assert outside(found, windows) == []


def test_transformer_oil_heats_up_fast_now_and_then(data: Path) -> None:
    """ETT: nothing is labelled; the oil stays below 47 °C, so only the information comes."""
    file = data / "power" / "ett_h1_first_5000_rows.csv"
    found = alarms(
        series(file, "transformer-monitor", {"OT": ("oil_temp", 1.0, 0.0)}, time="date")
    )
    assert {one.rule for one in found} == {"power.oil_temp.rise"}
    assert 1 <= len(found) <= 10


@pytest.mark.parametrize(
    ("name", "kind", "column", "rule", "least", "most_outside"),
    [
        ("nab_occupancy_6005", "traffic-counter", ("occupancy", 1.0, 0.0),
         "traffic.occupancy.dense", 1, 2),
        ("nab_speed_6005", "traffic-counter", ("speed", 1.609344, 0.0),
         "traffic.speed.drop", 1, 0),
        ("nab_speed_7578", "traffic-counter", ("speed", 1.609344, 0.0),
         "traffic.speed.drop", 4, 2),
        ("nab_TravelTime_387", "travel-time", ("travel_time", 1.0, 0.0),
         "traffic.travel_time.long", 2, 8),
    ],
)  # fmt: skip
def test_roads_labelled_events_are_found(
    data: Path,
    name: str,
    kind: str,
    column: tuple[str, float, float],
    rule: str,
    least: int,
    most_outside: int,
) -> None:
    file = data / "traffic" / f"{name}.csv"
    found = alarms(series(file, kind, {"value": column}))
    windows = labels(data / "traffic" / "nab_events.csv", file.name, kind="window")
    assert {one.rule for one in found} == {rule}
    assert hits(found, windows).count(True) >= least
    assert len(outside(found, windows)) <= most_outside


def test_a_highway_at_its_peak_is_an_information(data: Path) -> None:
    file = data / "traffic" / "metro_i94_2018-01_2018-09.csv"
    readings = series(file, "traffic-counter", {"traffic_volume": ("volume", 1.0, 0.0)},
                      time="date_time")[:700]  # fmt: skip
    found = alarms(readings)
    assert {one.rule for one in found} == {"traffic.volume.high"}
    days = (readings[-1].ts - readings[0].ts) / (24 * HOUR)
    assert len(found) <= 2 * days


def test_a_city_of_sensors_has_few_alarms_each(data: Path) -> None:
    """METR-LA: a day of 207 sensors, the evening's jam and all."""
    file = data / "traffic" / "metr_la_speed_1day.csv"
    start = ms("2012-03-01 00:00:00")
    readings = [
        reading("traffic-counter", start + number * 5 * MINUTE,
                {"speed": float(mph) * 1.609344}, device=f"sensor-{name}")
        for number, row in enumerate(rows(file))
        for name, mph in row.items()
    ]  # fmt: skip
    found = alarms(readings)
    sensors = len({one.device for one in readings})
    assert sensors == 207
    assert sensors / 4 < len(found) < 2 * sensors


def test_every_failure_of_the_machine_is_found(data: Path) -> None:
    """NAB: four windows in 79 days; the machine has cold spells before and after its failures."""
    file = data / "industry" / "nab_machine_temperature_system_failure.csv"
    found = alarms(series(file, "machine-monitor", {"value": ("asset_temp", 1 / 1.8, -32 / 1.8)}))
    windows = labels(data / "industry" / "nab_events.csv", file.name, kind="window")
    cold = [one for one in found if one.rule == "industry.machine.cold"]
    assert hits(cold, windows) == [True] * 4
    assert len(outside(found, windows)) <= 6
