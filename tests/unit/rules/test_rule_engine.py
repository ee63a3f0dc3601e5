"""The engine, scenario by scenario. Times are ms after T0."""

from __future__ import annotations

import math

import pytest

from rules.model import Reason, Scope, Severity
from telemetry.model import Quality
from tests.unit.rules.written import (
    HOUR,
    MINUTE,
    SECOND,
    T0,
    as_dict,
    brief,
    engine,
    home,
    reading,
    rule,
    step,
    tick,
)

LOW = rule("pressure < 1.5 bar")


def test_an_alarm_comes_and_goes_with_everything_a_person_needs() -> None:
    running = engine(LOW)
    assert step(running, reading(0, pressure=2.0)) == []
    (fired,) = running.step(reading(MINUTE, pressure=1.2), T0 + MINUTE + 500)
    assert as_dict(fired) == {
        "rule": "test.rule",
        "severity": Severity.MAJOR,
        "notify": "water-duty",
        "title_vi": "Áp lực thấp",
        "title_en": "Low pressure",
        "advice_vi": "Kiểm tra bơm.",
        "advice_en": "",
        "device": "logger-1",
        "tenant": "cap-nuoc",
        "site": "vi-thanh-1",
        "area": "31333",
        "sector": "water",
        "event": "firing",
        "at": T0 + MINUTE,
        "found": T0 + MINUTE + 500,
        "value": 1.2,
        "unit": "bar",
        "limit": 1.5,
        "field": "pressure",
        "historical": False,
        "reason": "condition-held",
    }
    assert running.firing == 1
    (over,) = running.step(reading(2 * MINUTE, pressure=2.5), T0 + 2 * MINUTE)
    assert (over.event, over.value, over.reason) == ("resolved", 2.5, Reason.CLEARED)
    assert running.firing == 0
    assert running.evaluated == 3


def test_an_alarm_fires_once_however_long_it_lasts() -> None:
    running = engine(LOW)
    found = [event for at in range(5) for event in step(running, reading(at, pressure=1.0))]
    assert found == [("firing", 0)]


def test_for_is_counted_in_event_time() -> None:
    running = engine(rule("pressure < 1.5 bar", wait="2m"))
    assert step(running, reading(0, pressure=1.0)) == []
    assert step(running, reading(MINUTE, pressure=1.0)) == []
    assert step(running, reading(2 * MINUTE, pressure=1.0)) == [("firing", 2 * MINUTE)]


def test_a_dip_shorter_than_for_is_no_alarm() -> None:
    running = engine(rule("pressure < 1.5 bar", wait="2m"))
    for at, value in ((0, 1.0), (1, 1.0), (2, 2.0), (3, 1.0), (4, 1.0), (5, 2.0)):
        assert step(running, reading(at * MINUTE, pressure=value)) == []


def test_clear_and_clear_for_make_a_deadband_and_an_off_delay() -> None:
    running = engine(rule("pressure < 1.5 bar", clear="pressure > 1.8 bar", clear_for="2m"))
    values = [1.0, 1.6, 1.9, 1.9, 1.7, 1.9, 1.9, 1.9]
    found = [
        event
        for at, value in enumerate(values)
        for event in step(running, reading(at * MINUTE, pressure=value))
    ]
    assert found == [("firing", 0), ("resolved", 7 * MINUTE)]


def test_an_average_fires_where_single_values_do_not() -> None:
    running = engine(rule("avg(pressure, 5m) < 1.5 bar"))
    values = [2.0, 1.0, 2.2, 1.2, 1.2, 1.2]
    found = [step(running, reading(at * MINUTE, pressure=v)) for at, v in enumerate(values)]
    # The first average of (2.0 + 1.0) / 2 is exactly at the limit.
    assert found[:4] == [[], [], [], []]
    assert found[5] == [("firing", 5 * MINUTE)]


def test_several_quantities_are_judged_together() -> None:
    running = engine(rule("pressure < 1.5 bar and last(flow, 10m) > 100 m3/h"))
    assert step(running, reading(0, flow=150.0)) == []
    assert step(running, reading(MINUTE, pressure=1.0)) == [("firing", MINUTE)]
    assert step(running, reading(20 * MINUTE, pressure=1.0)) == [], "the flow is unknown by now"
    assert step(running, reading(21 * MINUTE, flow=150.0)) == [], "the pressure is not in it"
    assert step(running, reading(22 * MINUTE, flow=20.0)) == [("resolved", 22 * MINUTE)]


def test_the_figures_shown_are_of_the_part_that_shows_the_trouble() -> None:
    running = engine(rule("ph < 6 or ph > 8.5 or turbidity > 2 NTU"))
    (fired,) = running.step(reading(0, ph=9.0, turbidity=0.1), T0)
    assert (fired.value, fired.limit, fired.field) == (9.0, 8.5, "ph")
    (over,) = running.step(reading(MINUTE, ph=7.0, turbidity=0.1), T0 + MINUTE)
    assert (over.value, over.limit) == (7.0, 8.5)


def test_the_limit_shown_may_be_another_quantity() -> None:
    running = engine(rule("pressure < 0.5 * avg(pressure, 1h)"))
    running.step(reading(0, pressure=3.0), T0)
    (fired,) = running.step(reading(MINUTE, pressure=0.5), T0 + MINUTE)
    assert fired.limit == pytest.approx(0.875)


def test_arithmetic_over_zero_is_unknown_and_raises_nothing() -> None:
    running = engine(rule("not flow / avg(flow, 5m) < 2"))
    assert step(running, reading(0, flow=0.0)) == []
    assert step(running, reading(1, pressure=1.0)) == []


def test_a_rate_is_per_hour_of_the_rules_clock() -> None:
    for scale in (1.0, 60.0):
        running = engine(rule("rate(level, 1h) > 0.5 m/h"), time_scale=scale)
        minute = round(MINUTE / scale)
        assert step(running, reading(0, kind="river-station", level=1.0)) == []
        found = step(running, reading(30 * minute, kind="river-station", level=1.24))
        assert found == []
        found = step(running, reading(40 * minute, kind="river-station", level=1.4))
        assert found == [("firing", 40 * minute)]


def test_a_stuck_sensor_is_found_and_moves_again() -> None:
    running = engine(rule("stuck(flow, 10m) and flow > 0"))
    for at in range(10):
        assert step(running, reading(at * MINUTE, flow=3.3)) == []
    (fired,) = running.step(reading(10 * MINUTE, flow=3.3), T0 + 10 * MINUTE)
    assert (fired.value, fired.limit, fired.unit, fired.field) == (3.3, None, "m3/h", "flow")
    assert step(running, reading(11 * MINUTE, flow=3.4)) == [("resolved", 11 * MINUTE)]


def test_a_quantity_of_another_sector_is_found_in_its_field() -> None:
    scope = Scope(kinds=("machine-monitor",))
    running = engine(rule("temp > 80 °C", scope=scope))
    hot = reading(0, kind="machine-monitor", asset_temp=90.0)
    assert step(running, hot) == [("firing", 0)]


# Quality.


@pytest.mark.parametrize("q", [Quality.FAULT, Quality.CALIBRATING])
def test_values_of_a_faulty_or_calibrating_sensor_are_not_judged(q: Quality) -> None:
    running = engine(rule("avg(pressure, 5m) < 1.5 bar"), LOW)
    assert step(running, reading(0, pressure=0.0, q=q)) == []
    assert step(running, reading(MINUTE, pressure=2.0)) == []
    assert step(running, reading(2 * MINUTE, pressure=1.2)) == [("firing", 2 * MINUTE)]
    assert step(running, reading(3 * MINUTE, pressure=9.0, q=q)) == [], "nor do they clear"


def test_uncertain_values_are_judged_unless_the_rule_asks_for_good_ones() -> None:
    running = engine(LOW, rule("pressure < 1.5 bar and good()", name="good.only"))
    (fired,) = running.step(reading(0, pressure=1.0, q=Quality.UNCERTAIN), T0)
    assert fired.rule == "test.rule"
    (fired,) = running.step(reading(MINUTE, pressure=1.0), T0 + MINUTE)
    assert fired.rule == "good.only"


def test_a_rule_about_faults_meets_every_quality() -> None:
    running = engine(rule("fault()", wait="2m", clear="good()", scope=Scope()))
    assert step(running, reading(0, pressure=1.0, q=2)) == []
    (fired,) = running.step(reading(2 * MINUTE, flow=1.0, q=2), T0 + 2 * MINUTE)
    assert (fired.at, fired.value, fired.field) == (T0 + 2 * MINUTE, None, "")
    assert step(running, reading(3 * MINUTE, pressure=1.0, q=1)) == []
    assert step(running, reading(4 * MINUTE, pressure=1.0)) == [("resolved", 4 * MINUTE)]


# Scopes.


@pytest.mark.parametrize(
    ("scope", "meets"),
    [
        (Scope(sectors=("water",)), True),
        (Scope(sectors=("power",)), False),
        (Scope(kinds=("water-pressure-logger", "pump")), True),
        (Scope(kinds=("pump",)), False),
        (Scope(tenants=("cap-nuoc",)), True),
        (Scope(tenants=("dien-luc",)), False),
        (Scope(sites=("vi-thanh-1",)), True),
        (Scope(sites=("nga-bay-2",)), False),
        (Scope(quantities=("water.pressure",)), True),
        (Scope(sectors=("water",), sites=("vi-thanh-1",), tenants=("dien-luc",)), False),
    ],
)
def test_a_reading_meets_the_rules_of_its_scope_only(scope: Scope, meets: bool) -> None:
    running = engine(rule("water.pressure < 1.5 bar", scope=scope))
    assert bool(step(running, reading(0, pressure=1.0))) == meets
    assert running.evaluated == int(meets)


def test_a_reading_without_the_quantity_does_not_meet_the_rule() -> None:
    running = engine(LOW)
    step(running, reading(0, flow=1.0))
    assert running.evaluated == 0


def test_the_scope_narrows_what_triggers_an_evaluation() -> None:
    scope = Scope(sectors=("water",), quantities=("water.pressure",))
    running = engine(rule("pressure < 1.5 bar and last(flow, 1h) > 0", scope=scope))
    step(running, reading(0, flow=1.0))
    assert running.evaluated == 0


def test_each_device_has_a_life_of_its_own() -> None:
    running = engine(LOW)
    assert step(running, reading(0, pressure=1.0, device="a")) == [("firing", 0)]
    assert step(running, reading(0, pressure=2.0, device="b")) == []
    assert step(running, reading(1, pressure=1.0, device="b")) == [("firing", 1)]
    assert step(running, reading(2, pressure=2.0, device="a")) == [("resolved", 2)]


def test_a_device_that_moves_is_reported_where_it_stands() -> None:
    running = engine(LOW)
    running.step(reading(0, pressure=1.0), T0)
    (over,) = running.step(reading(1, pressure=2.0, site="nga-bay-2"), T0)
    assert over.site == "nga-bay-2"


# Late data.


def test_an_episode_in_old_data_is_historical() -> None:
    running = engine(LOW)
    now = 2 * HOUR
    assert step(running, reading(0, pressure=1.0), now) == [("late firing", 0)]
    assert step(running, reading(MINUTE, pressure=2.0), now) == [("late resolved", MINUTE)]


def test_an_alarm_found_late_that_lasts_becomes_live() -> None:
    running = engine(LOW)
    assert step(running, reading(0, pressure=1.0), HOUR) == [("late firing", 0)]
    (live,) = running.step(reading(HOUR, pressure=1.1), T0 + HOUR)
    assert brief([live]) == [("firing", HOUR)]
    assert live.reason is Reason.STILL_TRUE
    assert live.value == 1.1
    assert step(running, reading(HOUR + 1, pressure=2.0)) == [("resolved", HOUR + 1)]


def test_old_data_does_not_resolve_a_live_alarm_fresh_data_does() -> None:
    running = engine(LOW)
    assert step(running, reading(0, pressure=1.0)) == [("firing", 0)]
    assert step(running, reading(MINUTE, pressure=2.0), HOUR) == []
    assert step(running, reading(HOUR, pressure=2.0)) == [("resolved", HOUR)]


def test_a_reading_below_the_watermark_fills_windows_but_moves_no_alarm() -> None:
    running = engine(LOW, rule("avg(pressure, 10m) < 1.5 bar", name="average"))
    assert step(running, reading(10 * MINUTE, pressure=2.0)) == []
    assert step(running, reading(5 * MINUTE, pressure=0.1, received=10 * MINUTE)) == []
    assert running.evaluated == 2
    (fired,) = running.step(reading(11 * MINUTE, pressure=2.0), T0 + 11 * MINUTE)
    assert fired.rule == "average"
    assert fired.value == pytest.approx(4.1 / 3)


def test_a_reading_older_than_the_window_is_forgotten() -> None:
    running = engine(rule("avg(pressure, 10m) < 1.5 bar"))
    step(running, reading(HOUR, pressure=2.0))
    step(running, reading(0, pressure=0.1, received=HOUR))
    assert step(running, reading(HOUR + MINUTE, pressure=2.0)) == []


# The clock.


def test_a_pending_alarm_of_an_overdue_device_fires_by_the_clock() -> None:
    running = engine(rule("pressure < 1.5 bar", wait="2m"))
    for at in range(5):
        step(running, reading(at * MINUTE, pressure=1.0 if at == 4 else 2.0))
    # Its kind reports every 5 minutes, it does so more often: until it is overdue by either its
    # next report has the word.
    assert tick(running, 8 * MINUTE) == []
    (fired,) = running.tick(T0 + 9 * MINUTE)
    assert brief([fired]) == [("firing", 6 * MINUTE)]
    assert (fired.value, fired.limit) == (1.0, 1.5)
    assert tick(running, 20 * MINUTE) == []


def test_the_next_report_has_the_word_before_the_clock() -> None:
    running = engine(rule("pressure < 1.5 bar", wait="5m"))
    step(running, reading(0, pressure=2.0))
    step(running, reading(5 * MINUTE, pressure=1.0))
    assert tick(running, 10 * MINUTE + 200) == []
    assert step(running, reading(10 * MINUTE, pressure=2.0, received=10 * MINUTE + 400)) == []


def test_time_alone_never_resolves_an_alarm_on_values() -> None:
    running = engine(rule("pressure < 1.5 bar", clear_for="1m"))
    step(running, reading(0, pressure=1.0))
    step(running, reading(MINUTE, pressure=2.0))
    for hour in range(1, 48):
        assert tick(running, hour * HOUR) == []
    assert running.firing == 1


def test_the_time_scale_makes_every_duration_shorter() -> None:
    running = engine(
        rule("avg(pressure, 5m) < 1.5 bar", wait="2m"),
        rule("silent(15m)", name="silent"),
        time_scale=60.0,
    )
    running.watch([home()])
    running.tick(T0)
    step(running, reading(0, pressure=3.0))
    found = [step(running, reading(at * SECOND, pressure=1.0)) for at in range(6, 9)]
    assert found == [[], [], [("firing", 8 * SECOND)]]
    assert tick(running, 22_999) == []
    assert tick(running, 23_000) == [("firing", 23_000)]


def test_no_silence_becomes_shorter_than_a_device_needs_to_connect() -> None:
    running = engine(rule("silent(30m)", name="silent"), time_scale=300.0)
    step(running, reading(0, pressure=3.0))
    assert tick(running, 14_999) == []
    assert tick(running, 15_000) == [("firing", 15_000)]
    brisk = engine(rule("silent(5s)", name="silent"))
    step(brisk, reading(0, pressure=3.0))
    assert tick(brisk, 5_000) == [("firing", 5_000)]


# Silence.

SILENT = rule("silent(15m)", name="silent")


def test_a_device_that_falls_silent_is_told_and_heard_again() -> None:
    running = engine(SILENT)
    running.watch([home()])
    step(running, reading(0, pressure=2.0))
    assert tick(running, 14 * MINUTE) == []
    (fired,) = running.tick(T0 + 16 * MINUTE)
    assert brief([fired]) == [("firing", 15 * MINUTE)]
    assert (fired.reason, fired.value, fired.limit, fired.unit) == (Reason.SILENT, None, None, "")
    assert (fired.tenant, fired.site, fired.area) == ("cap-nuoc", "vi-thanh-1", "31333")
    assert tick(running, 60 * MINUTE) == []
    (over,) = running.step(reading(61 * MINUTE, pressure=2.0), T0 + 61 * MINUTE)
    assert (over.event, over.reason) == ("resolved", Reason.HEARD_AGAIN)
    assert tick(running, 75 * MINUTE) == []
    assert tick(running, 76 * MINUTE) == [("firing", 76 * MINUTE)]


def test_a_device_that_was_never_heard_is_silent_from_when_it_is_watched() -> None:
    running = engine(SILENT)
    running.watch([home()])
    assert tick(running, 0) == []
    assert tick(running, 15 * MINUTE) == [("firing", 15 * MINUTE)]


def test_silence_goes_by_when_we_heard_not_by_the_devices_clock() -> None:
    running = engine(SILENT)
    step(running, reading(-10 * HOUR, pressure=2.0, received=0))
    assert tick(running, 14 * MINUTE) == []
    step(running, reading(-9 * HOUR, pressure=2.0, received=14 * MINUTE))
    assert tick(running, 28 * MINUTE) == []


def test_a_fault_or_a_late_reading_is_a_sign_of_life() -> None:
    running = engine(SILENT)
    step(running, reading(0, pressure=2.0))
    step(running, reading(-HOUR, pressure=2.0, received=10 * MINUTE, q=Quality.FAULT))
    assert tick(running, 20 * MINUTE) == []


def test_a_silence_that_nobody_saw_is_on_record_and_pages_nobody() -> None:
    running = engine(SILENT)
    step(running, reading(0, pressure=2.0))
    assert step(running, reading(HOUR, pressure=2.0)) == [
        ("late firing", 15 * MINUTE),
        ("late resolved", HOUR),
    ]


def test_nobody_was_silent_while_we_did_not_listen() -> None:
    running = engine(SILENT)
    running.watch([home()])
    step(running, reading(0, pressure=2.0))
    assert tick(running, 5 * MINUTE) == []
    running.excuse(T0 + 5 * MINUTE, T0 + 10 * HOUR)
    assert tick(running, 10 * HOUR + 9 * MINUTE) == []
    assert tick(running, 10 * HOUR + 10 * MINUTE) == [("firing", 10 * HOUR + 10 * MINUTE)]
    assert step(running, reading(11 * HOUR, pressure=2.0)) == [("resolved", 11 * HOUR)]


def test_a_reading_after_we_did_not_listen_finds_no_silence() -> None:
    running = engine(SILENT)
    step(running, reading(0, pressure=2.0))
    running.excuse(T0 + MINUTE, T0 + 10 * HOUR)
    assert step(running, reading(10 * HOUR + MINUTE, pressure=2.0)) == []


def test_a_silence_that_a_reading_finds_but_does_not_end_is_live() -> None:
    running = engine(rule("silent(flow, 15m)", name="silent"))
    step(running, reading(0, flow=2.0))
    assert step(running, reading(HOUR, pressure=2.0)) == [("firing", 15 * MINUTE)]
    assert step(running, reading(HOUR + 1, flow=2.0)) == [("resolved", HOUR + 1)]


def test_a_silence_may_have_a_clear_condition() -> None:
    running = engine(rule("silent(15m)", name="silent", clear="not silent(flow, 5m)"))
    step(running, reading(0, flow=2.0))
    assert tick(running, 16 * MINUTE) == [("firing", 15 * MINUTE)]
    assert step(running, reading(17 * MINUTE, pressure=2.0)) == []
    assert step(running, reading(18 * MINUTE, flow=2.0)) == [("resolved", 18 * MINUTE)]


def test_a_second_silence_before_the_first_is_cleared_is_live() -> None:
    running = engine(rule("silent(15m)", name="silent", clear_for="1h"))
    step(running, reading(0, flow=2.0))
    assert step(running, reading(HOUR, flow=2.0)) == [("late firing", 15 * MINUTE)]
    assert tick(running, HOUR + 15 * MINUTE) == [("firing", HOUR + 15 * MINUTE)]


def test_the_silence_of_one_quantity_counts_once_it_was_sent() -> None:
    running = engine(rule("silent(flow, 15m)", name="silent"))
    running.watch([home()])
    running.tick(T0)
    step(running, reading(0, pressure=2.0))
    assert tick(running, HOUR) == [], "this logger has no flow meter"
    step(running, reading(HOUR, pressure=2.0, flow=1.0))
    step(running, reading(HOUR + 10 * MINUTE, pressure=2.0))
    assert tick(running, HOUR + 16 * MINUTE) == [("firing", HOUR + 15 * MINUTE)]
    assert step(running, reading(HOUR + 17 * MINUTE, pressure=2.0)) == []
    assert step(running, reading(HOUR + 18 * MINUTE, flow=2.0)) == [
        ("resolved", HOUR + 18 * MINUTE)
    ]


def test_a_silence_may_have_delays_too() -> None:
    running = engine(rule("silent(15m)", name="silent", wait="5m", clear_for="2m"))
    step(running, reading(0, pressure=2.0))
    assert tick(running, 19 * MINUTE) == []
    assert tick(running, 20 * MINUTE) == [("firing", 20 * MINUTE)]
    assert step(running, reading(21 * MINUTE, pressure=2.0)) == []
    assert step(running, reading(23 * MINUTE, pressure=2.0)) == [("resolved", 23 * MINUTE)]


def test_silences_are_joined_by_and_and_or() -> None:
    running = engine(
        rule("silent(flow, 5m) and not silent(pressure, 5m)", name="half"),
        rule("silent(flow, 30m) or silent(pressure, 30m)", name="either"),
    )
    step(running, reading(0, pressure=2.0, flow=1.0))
    step(running, reading(4 * MINUTE, pressure=2.0))
    (fired,) = running.tick(T0 + 6 * MINUTE)
    assert fired.rule == "half"
    step(running, reading(20 * MINUTE, pressure=2.0))
    (fired,) = running.tick(T0 + 31 * MINUTE)
    assert fired.rule == "either"


def test_a_silence_ends_no_alarm_on_values() -> None:
    running = engine(LOW, SILENT)
    step(running, reading(0, pressure=1.0))
    assert tick(running, HOUR) == [("firing", 15 * MINUTE)]
    assert running.firing == 2


# Which devices there are.


def test_a_removed_device_is_forgotten() -> None:
    running = engine(SILENT, LOW)
    running.watch([home("a"), home("b")])
    step(running, reading(0, pressure=1.0, device="a"))
    step(running, reading(0, pressure=1.0, device="b"))
    running.dirty()
    running.watch([home("b")])
    assert running.firing == 1
    assert {key: state for key, state in running.dirty().items() if key[1] == "a"} == {
        ("", "a"): b"",
        ("silent", "a"): b"",
        ("test.rule", "a"): b"",
    }
    found = running.tick(T0 + HOUR)
    assert [one.device for one in found] == ["b"]


def test_a_device_follows_the_registry_to_another_kind() -> None:
    running = engine(rule("silent(15m)", scope=Scope(kinds=("pump",))))
    running.watch([home()])
    running.tick(T0)
    assert tick(running, HOUR) == []
    running.watch([home(kind="pump")])
    tick(running, HOUR)
    assert tick(running, 2 * HOUR) == [("firing", HOUR + 15 * MINUTE)]


def test_no_figure_is_ever_not_a_number() -> None:
    running = engine(rule("stddev(pressure, 5m) >= 0 bar"))
    for at in range(5):
        for one in running.step(reading(at, pressure=0.1), T0 + at):
            assert one.value is not None
            assert math.isfinite(one.value)
