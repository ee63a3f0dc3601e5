"""The life of an alarm, as laws over any sequence of transitions and acknowledgements."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerts import life
from alerts.life import Reason
from alerts.model import Alarm, Event, State
from rules.model import Event as RuleEvent
from rules.model import Transition
from tests.contract.alerting import FIRING, MINUTE, NOON, RESOLVED, alarm

LATE_FIRING = msgspec.structs.replace(FIRING, historical=True)
LATE_RESOLVED = msgspec.structs.replace(RESOLVED, historical=True)


def test_a_firing_opens_an_alarm_with_all_its_facts() -> None:
    change = life.step(None, FIRING)
    assert change.reason is Reason.OPENED
    assert change.events == (Event.FIRING,)
    opened = change.alarm
    assert opened is not None
    assert opened.id == life.alarm_id(FIRING)
    assert opened.state is State.FIRING
    assert (opened.value, opened.unit, opened.limit) == (1.32, "bar", 1.5)
    assert (opened.started_at, opened.event_time) == (NOON, NOON)
    assert (opened.tenant, opened.site, opened.area) == ("cap-nuoc", "vi-thanh", "31321")
    assert (opened.severity, opened.notify, opened.historical) == ("major", "water-duty", False)


def test_a_firing_while_open_is_no_new_alarm() -> None:
    first = alarm()
    change = life.step(first, FIRING)
    assert change == life.Change(first, Reason.ALREADY_OPEN)


def test_it_is_resolved_from_either_open_state_and_keeps_who_took_it_on() -> None:
    taken = life.acknowledge(alarm(), "hoa", NOON + MINUTE).alarm
    assert taken is not None
    for before in (alarm(), taken):
        change = life.step(before, RESOLVED)
        assert change.reason is Reason.CLEARED
        assert change.events == (Event.RESOLVED,)
        assert change.alarm is not None
        assert change.alarm.state is State.RESOLVED
        assert change.alarm.resolved_at == RESOLVED.at
        assert (change.alarm.value, change.alarm.limit) == (1.9, 1.5)
        assert change.alarm.acked_by == before.acked_by


def test_a_clearing_without_an_alarm_changes_nothing() -> None:
    assert life.step(None, RESOLVED) == life.Change(None, Reason.NOTHING_OPEN)


def test_the_first_to_acknowledge_stays() -> None:
    change = life.acknowledge(alarm(), "hoa", NOON)
    assert change.reason is Reason.TAKEN_ON
    assert change.events == (Event.ACKNOWLEDGED,)
    assert change.alarm is not None
    again = life.acknowledge(change.alarm, "nam", NOON + 1)
    assert again == life.Change(change.alarm, Reason.ALREADY_TAKEN_ON)
    over = alarm(state=State.RESOLVED)
    assert life.acknowledge(over, "nam", NOON) == life.Change(over, Reason.ALREADY_OVER)


def test_what_is_found_late_is_kept_and_told_to_nobody() -> None:
    late = life.step(None, LATE_FIRING)
    assert late.reason is Reason.OPENED_LATE
    assert late.events == ()
    assert late.alarm is not None
    assert late.alarm.historical
    assert life.acknowledge(late.alarm, "hoa", NOON).events == ()
    # Nobody heard of its beginning, so nobody is told of its end.
    assert life.step(late.alarm, RESOLVED).events == ()
    assert life.step(alarm(), LATE_RESOLVED) == life.Change(
        life.step(alarm(), RESOLVED).alarm, Reason.CLEARED_LATE
    )


def test_a_late_alarm_that_lasts_is_told_once_it_is_live() -> None:
    late = life.step(None, LATE_FIRING).alarm
    live = life.step(late, msgspec.structs.replace(FIRING, at=NOON + MINUTE))
    assert live.reason is Reason.NOW_LIVE
    assert live.events == (Event.FIRING,)
    assert late is not None
    assert live.alarm is not None
    assert (live.alarm.id, live.alarm.started_at) == (late.id, late.started_at)
    assert not live.alarm.historical


def test_ids_differ_by_rule_device_time_and_repetition() -> None:
    replace = msgspec.structs.replace
    ids = {
        life.alarm_id(FIRING),
        life.alarm_id(FIRING, 1),
        life.alarm_id(replace(FIRING, at=NOON + 1)),
        life.alarm_id(replace(FIRING, device="pl-02")),
        life.alarm_id(replace(FIRING, rule="water.pressure.high")),
    }
    assert len(ids) == 5
    # Found again after a crash it is the same alarm.
    assert life.alarm_id(replace(FIRING, found=NOON + 9)) == life.alarm_id(FIRING)


steps = st.one_of(
    st.builds(
        lambda event, late: msgspec.structs.replace(FIRING, event=event, historical=late),
        st.sampled_from(RuleEvent),
        st.booleans(),
    ),
    st.just("acknowledge"),
)


@given(st.lists(steps, max_size=30))
def test_whatever_happens_an_alarm_is_told_once_of_each_event_in_order(
    happenings: list[Transition | str],
) -> None:
    now: Alarm | None = None
    told: dict[int, list[Event]] = {}
    opened = 0
    for number, happening in enumerate(happenings):
        before = now if now is not None and now.open else None
        if isinstance(happening, str):
            if before is None:
                continue
            change = life.acknowledge(before, "hoa", NOON)
        else:
            at = msgspec.structs.replace(happening, at=NOON + number)
            change = life.step(before, at)
            opened += change.reason in (Reason.OPENED, Reason.OPENED_LATE)
        now = change.alarm
        told.setdefault(opened, []).extend(change.events)
        assert (before is None) or (now is not None and now.id == before.id)
    for events in told.values():
        assert len(set(events)) == len(events)
        assert events == sorted(events, key=list(Event).index)
        assert not events or events[0] is Event.FIRING
