"""The pure state machine of an alarm."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.life import NORMAL, Change, Life, Phase, Step, Timing, observe, outlast
from rules.model import Event, Reason

AT_ONCE = Timing(0, 0)
SLOW = Timing(for_ms=100, clear_for_ms=50)
FIRING = Life(Phase.FIRING, 0, 1000)


def see(life: Life, timing: Timing, at: int, holds: bool | None, **more: Any) -> Step:
    clears = more.pop("clears", None if holds is None else not holds)
    return observe(life, timing, at, holds=holds, clears=clears, late=more.pop("late", False))


@pytest.mark.parametrize(
    ("life", "timing", "at", "holds", "phase", "event"),
    [
        (NORMAL, AT_ONCE, 10, False, Phase.NORMAL, None),
        (NORMAL, AT_ONCE, 10, None, Phase.NORMAL, None),
        (NORMAL, AT_ONCE, 10, True, Phase.FIRING, (Event.FIRING, 10)),
        (NORMAL, SLOW, 10, True, Phase.PENDING, None),
        (Life(Phase.PENDING, 10), SLOW, 109, True, Phase.PENDING, None),
        (Life(Phase.PENDING, 10), SLOW, 110, True, Phase.FIRING, (Event.FIRING, 110)),
        (Life(Phase.PENDING, 10), SLOW, 500, True, Phase.FIRING, (Event.FIRING, 110)),
        (Life(Phase.PENDING, 10), SLOW, 50, False, Phase.NORMAL, None),
        (Life(Phase.PENDING, 10), SLOW, 50, None, Phase.PENDING, None),
        (FIRING, AT_ONCE, 2000, False, Phase.NORMAL, (Event.RESOLVED, 2000)),
        (FIRING, AT_ONCE, 2000, None, Phase.FIRING, None),
        (FIRING, SLOW, 2000, False, Phase.CLEARING, None),
        (Life(Phase.CLEARING, 2000, 1000), SLOW, 2049, False, Phase.CLEARING, None),
        (
            Life(Phase.CLEARING, 2000, 1000),
            SLOW,
            2050,
            False,
            Phase.NORMAL,
            (Event.RESOLVED, 2050),
        ),
        (Life(Phase.CLEARING, 2000, 1000), SLOW, 2020, True, Phase.FIRING, None),
        (Life(Phase.CLEARING, 2000, 1000), SLOW, 2060, None, Phase.CLEARING, None),
        (FIRING, AT_ONCE, 900, False, Phase.NORMAL, (Event.RESOLVED, 1000)),
    ],
)
def test_what_a_reading_does(
    life: Life,
    timing: Timing,
    at: int,
    holds: bool | None,
    phase: Phase,
    event: tuple[Event, int] | None,
) -> None:
    step = see(life, timing, at, holds)
    assert step.life.phase is phase
    assert [(change.event, change.at) for change in step.changes] == ([event] if event else [])


def test_a_condition_lasts_until_the_next_reading() -> None:
    pending = Life(Phase.PENDING, 10)
    assert outlast(pending, SLOW, 110, late=False) == Step(pending)
    fired = outlast(pending, SLOW, 111, late=False)
    assert fired.changes == (Change(Event.FIRING, 110, Reason.CONDITION_HELD, False),)


def test_a_clear_condition_of_its_own_makes_a_deadband() -> None:
    between = see(FIRING, AT_ONCE, 2000, False, clears=False)
    assert between.life.phase is Phase.FIRING
    assert see(FIRING, AT_ONCE, 2000, False, clears=True).life is NORMAL


def test_what_is_found_late_is_historical_and_becomes_live_when_it_lasts() -> None:
    late = see(NORMAL, AT_ONCE, 10, True, late=True)
    assert late.changes[0].historical
    still_late = see(late.life, AT_ONCE, 20, True, late=True)
    assert still_late.changes == ()
    live = see(late.life, AT_ONCE, 30, True)
    assert live.changes == (Change(Event.FIRING, 30, Reason.STILL_TRUE, False),)
    assert see(live.life, AT_ONCE, 40, True).changes == ()


def test_an_episode_that_was_over_before_it_was_found_stays_historical() -> None:
    late = see(NORMAL, AT_ONCE, 10, True, late=True)
    over = see(late.life, AT_ONCE, 20, False, late=True)
    assert [change.historical for change in over.changes] == [True]


def test_a_live_alarm_is_not_resolved_by_a_late_reading() -> None:
    waiting = see(FIRING, AT_ONCE, 2000, False, late=True)
    assert waiting.life.phase is Phase.CLEARING
    assert waiting.changes == ()
    over = see(waiting.life, AT_ONCE, 3000, False)
    assert over.changes == (Change(Event.RESOLVED, 3000, Reason.CLEARED, False),)


TRUTHS = st.lists(
    st.tuples(st.integers(1, 90), st.sampled_from([True, False, None]), st.booleans()),
    max_size=40,
)


@given(TRUTHS, st.integers(0, 120), st.integers(0, 120))
def test_firing_and_resolved_alternate_and_time_never_runs_backwards(
    truths: list[tuple[int, bool | None, bool]], for_ms: int, clear_for_ms: int
) -> None:
    timing, life, at, changes = Timing(for_ms, clear_for_ms), NORMAL, 0, list[Change]()
    for gap, holds, late in truths:
        at += gap
        held = outlast(life, timing, at, late=late)
        seen = see(held.life, timing, at, holds, late=late)
        life = seen.life
        changes += [*held.changes, *seen.changes]
    opened = [c for c in changes if c.reason is not Reason.STILL_TRUE]
    events = [change.event for change in opened]
    assert events == [Event.FIRING, Event.RESOLVED] * (len(events) // 2) + [Event.FIRING] * (
        len(events) % 2
    )
    assert [c.at for c in changes] == sorted(c.at for c in changes)


@given(TRUTHS, st.integers(1, 120), st.lists(st.integers(0, 4000), max_size=30))
def test_looking_at_the_clock_more_often_changes_nothing(
    truths: list[tuple[int, bool | None, bool]], for_ms: int, looks: list[int]
) -> None:
    timing = Timing(for_ms, 0)

    def run(moments: list[int]) -> list[Change]:
        life, at, changes = NORMAL, 0, list[Change]()
        for gap, holds, _ in truths:
            for moment in [*sorted(m for m in moments if at < m < at + gap), at + gap]:
                step = outlast(life, timing, moment, late=False)
                life = step.life
                changes += step.changes
            at += gap
            step = see(life, timing, at, holds)
            life = step.life
            changes += step.changes
        return changes

    assert run(looks) == run([])
