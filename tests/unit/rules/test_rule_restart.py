"""A restart at any point changes nothing: the laws of saved states."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rules.engine import Engine, StateKey
from rules.model import Rule, Scope, Transition
from telemetry.model import Reading
from tests.unit.rules.written import HOUR, MINUTE, T0, engine, home, reading, rule, step, tick

RULES = (
    rule("pressure < 1.5 bar", name="plain"),
    rule("avg(pressure, 5m) < 1.5 bar", name="average", wait="2m", clear="pressure > 1.8 bar"),
    rule("pressure < 1.5 bar", name="slow", wait="3m", clear_for="2m"),
    rule("stuck(pressure, 4m)", name="stuck"),
    rule("rate(flow, 9m) > 9 m3/h/h", name="rate"),
    rule("stddev(pressure, 6m) > 0.4 bar or pressure > 2 * min(pressure, 8m)", name="unsteady"),
    rule("fault()", name="fault", wait="1m", clear="good()", scope=Scope()),
    rule("silent(4m)", name="silent", wait="1m", clear_for="1m"),
    rule("silent(flow, 6m)", name="silent.flow"),
)
DEVICES = ("a", "b")


class Tick(NamedTuple):
    now: int


def events() -> st.SearchStrategy[list[Reading | Tick]]:
    """Readings and looks at the clock on a received time that only grows."""
    moves = st.tuples(
        st.integers(0, 4 * MINUTE),  # until it is received
        st.one_of(st.just(0), st.integers(0, 20 * MINUTE)),  # how late it is
        st.sampled_from(DEVICES),
        st.sampled_from([0, 0, 0, 0, 1, 2, 3]),
        st.sampled_from([0.5, 1.0, 1.5, 1.6, 2.0, 2.0]),
        st.sampled_from([None, 1.0, 4.0]),
        st.booleans(),
    )
    return st.tuples(st.lists(moves, max_size=40), st.integers(0, 40)).map(
        lambda drawn: _timeline(*drawn)
    )


Move = tuple[int, int, str, int, float, float | None, bool]


def _timeline(moves: list[Move], backlog: int) -> list[Reading | Tick]:
    """The first `backlog` readings are old when they come, too old to page anybody."""
    now, found = 0, list[Reading | Tick]()
    for number, (gap, jitter, device, q, pressure, flow, looks) in enumerate(moves):
        now += gap
        late = jitter + (HOUR if number < backlog else 0)
        if looks:
            found.append(Tick(T0 + now))
        values = {"pressure": pressure} if flow is None else {"pressure": pressure, "flow": flow}
        one = reading(now - late, device=device, received=now, q=q)
        found.append(msgspec.structs.replace(one, values=values))
    return found


def started(states: dict[StateKey, bytes], rules: tuple[Rule, ...] = RULES) -> Engine:
    running = engine(*rules)
    running.restore(states)
    running.watch([home(device) for device in DEVICES])
    return running


def run(running: Engine, timeline: list[Reading | Tick]) -> list[Transition]:
    found: list[Transition] = []
    for event in timeline:
        match event:
            case Tick(now):
                found += running.tick(now)
            case _:
                found += running.step(event, event.received)
    return found


@given(events(), st.data())
def test_a_restart_at_any_point_gives_the_same_transitions(
    timeline: list[Reading | Tick], data: st.DataObject
) -> None:
    whole = run(started({}), timeline)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(timeline)), max_size=4)))
    saved: dict[StateKey, bytes] = {}
    found: list[Transition] = []
    for start, end in zip([0, *cuts], [*cuts, len(timeline)], strict=True):
        running = started(saved)
        found += run(running, timeline[start:end])
        saved |= running.dirty()
    assert found == whole


@given(events())
def test_saving_disturbs_nothing(timeline: list[Reading | Tick]) -> None:
    quiet, saving = started({}), started({})
    for event in timeline:
        assert run(quiet, [event]) == run(saving, [event])
        saving.dirty()


def test_only_what_changed_is_saved() -> None:
    running = engine(rule("pressure < 1.5 bar"), rule("avg(pressure, 5m) < 1 bar", name="average"))
    step(running, reading(0, pressure=2.0))
    assert set(running.dirty()) == {("", "logger-1"), ("average", "logger-1")}
    assert running.dirty() == {}
    step(running, reading(1, pressure=1.2))
    assert ("test.rule", "logger-1") in running.dirty()
    step(running, reading(2, pressure=2.0))
    assert running.dirty()["test.rule", "logger-1"] == b"", "a normal state is not kept"


def test_states_of_rules_that_are_gone_are_dropped_and_forgotten() -> None:
    running = engine(rule("pressure < 1.5 bar"), rule("pressure < 1 bar", name="gone"))
    step(running, reading(0, pressure=0.5))
    states = running.dirty()
    later = engine(rule("pressure < 1.5 bar"))
    assert later.restore(states) == 1
    assert later.dirty() == {("gone", "logger-1"): b""}
    assert step(later, reading(1, pressure=2.0)) == [("resolved", 1)]


def test_unreadable_states_are_counted_and_the_rest_goes_on() -> None:
    running = engine(rule("pressure < 1.5 bar"), rule("avg(pressure, 5m) < 9 bar", name="average"))
    step(running, reading(0, pressure=0.5))
    states = running.dirty()
    newer = [99, *msgspec.msgpack.decode(states["test.rule", "logger-1"])[1:]]
    states["test.rule", "logger-1"] = msgspec.msgpack.encode(newer)
    states["average", "logger-1"] = b"\x00garbage"
    states["", "other"] = b"garbage"
    later = engine(rule("pressure < 1.5 bar"), rule("avg(pressure, 5m) < 9 bar", name="average"))
    assert later.restore(states) == 3
    assert later.firing == 0
    assert step(later, reading(1, pressure=0.5)) == [("firing", 1), ("firing", 1)]


def test_states_of_removed_devices_are_dropped() -> None:
    running = engine(rule("pressure < 1.5 bar"))
    step(running, reading(0, pressure=0.5))
    later = engine(rule("pressure < 1.5 bar"))
    later.watch([home("another")])
    assert later.restore(running.dirty()) == 2
    assert later.firing == 0


def test_an_alarm_of_a_rule_that_was_edited_can_still_be_resolved() -> None:
    running = engine(rule("avg(pressure, 5m) < 1.5 bar", clear_for="10m"))
    step(running, reading(0, pressure=1.0))
    step(running, reading(6 * MINUTE, pressure=2.0))
    later = engine(rule("pressure < 1.2 bar"))
    assert later.restore(running.dirty()) == 0
    assert later.firing == 1
    assert step(later, reading(7 * MINUTE, pressure=2.0)) == [("resolved", 7 * MINUTE)]


def test_a_pending_alarm_that_was_edited_waits_anew() -> None:
    running = engine(rule("pressure < 1.5 bar", wait="2m"))
    step(running, reading(0, pressure=1.0))
    later = engine(rule("pressure < 1.4 bar", wait="2m"))
    later.restore(running.dirty())
    assert step(later, reading(2 * MINUTE, pressure=1.0)) == []


def test_timers_and_silences_go_on_after_a_restart() -> None:
    rules = (rule("pressure < 1.5 bar", wait="2m"), rule("silent(15m)", name="silent"))
    running = engine(*rules)
    step(running, reading(0, pressure=1.0))
    later = engine(*rules)
    later.restore(running.dirty())
    later.watch([home()])
    assert tick(later, HOUR) == [("firing", 2 * MINUTE), ("firing", 15 * MINUTE)]
