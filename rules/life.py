"""The life of an alarm inside a rule, per device: normal → pending → firing → clearing → normal.

Pure: no clock, no I/O. A value holds until the next reading, so a condition that was true at one
reading has lasted until the next one: `for` counts that time, whatever the next one says, and
the same readings give the same transitions however often the clock is looked at in between. The
way back is stricter: only a reading that says so clears, time alone never does, and a live alarm
is cleared by a fresh reading only.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from rules.model import Event, Reason


class Phase(enum.IntEnum):
    NORMAL = 0
    PENDING = 1
    FIRING = 2
    CLEARING = 3


class Life(NamedTuple):
    """Where a rule stands for a device; times in ms.

    `since`: when what is waited for began (pending, clearing). `fired_at`: when the alarm began.
    `historical`: it was found late, and no fresh reading has confirmed it yet.
    """

    phase: Phase = Phase.NORMAL
    since: int = 0
    fired_at: int = 0
    historical: bool = False


class Timing(NamedTuple):
    """How long a rule waits, in ms of event time, and how it calls what happened."""

    for_ms: int
    clear_for_ms: int
    fires: Reason = Reason.CONDITION_HELD
    clears: Reason = Reason.CLEARED


class Change(NamedTuple):
    event: Event
    at: int
    reason: Reason
    historical: bool


class Step(NamedTuple):
    """Where it stands now and what there is to report."""

    life: Life
    changes: tuple[Change, ...] = ()


NORMAL = Life()


def outlast(life: Life, timing: Timing, until: int, *, late: bool) -> Step:
    """A pending alarm fires if its condition lasted beyond `for` before `until`.

    At `until` itself a reading has the word (`observe`).
    """
    if life.phase is Phase.PENDING and life.since + timing.for_ms < until:
        return _fire(life.since + timing.for_ms, timing, late)
    return Step(life)


def observe(
    life: Life,
    timing: Timing,
    at: int,
    *,
    holds: bool | None,
    clears: bool | None,
    late: bool,
) -> Step:
    """What a reading at `at` says: `holds` and `clears` are its conditions, None for unknown.

    `late`: the reading is too old for what it shows to page anybody.
    """
    match life.phase:
        case Phase.NORMAL:
            if holds and timing.for_ms == 0:
                return _fire(at, timing, late)
            return Step(Life(Phase.PENDING, at)) if holds else Step(life)
        case Phase.PENDING:
            if holds and at - life.since >= timing.for_ms:
                return _fire(life.since + timing.for_ms, timing, late)
            return Step(NORMAL) if holds is False else Step(life)
        case Phase.FIRING if clears:
            if timing.clear_for_ms == 0 and _may_resolve(life, late):
                return _resolve(life, timing, at)
            return Step(life._replace(phase=Phase.CLEARING, since=at))
        case Phase.FIRING:
            return _last(life, at, late, clears)
        case Phase.CLEARING:
            if clears and at - life.since >= timing.clear_for_ms and _may_resolve(life, late):
                return _resolve(life, timing, at)
            if clears is False:
                return _last(life._replace(phase=Phase.FIRING, since=0), at, late, clears)
            return Step(life)


def _fire(at: int, timing: Timing, late: bool) -> Step:
    fired = Life(Phase.FIRING, 0, at, late)
    return Step(fired, (Change(Event.FIRING, at, timing.fires, late),))


def _may_resolve(life: Life, late: bool) -> bool:
    return life.historical or not late


def _resolve(life: Life, timing: Timing, at: int) -> Step:
    # A timer may have fired at a moment just after what a reading then tells.
    at = max(at, life.fired_at)
    return Step(NORMAL, (Change(Event.RESOLVED, at, timing.clears, life.historical),))


def _last(life: Life, at: int, late: bool, clears: bool | None) -> Step:
    """It goes on; an alarm that was found late becomes a live one at the first fresh reading."""
    if life.historical and not late and clears is False:
        change = Change(Event.FIRING, max(at, life.fired_at), Reason.STILL_TRUE, False)
        return Step(life._replace(historical=False), (change,))
    return Step(life)
