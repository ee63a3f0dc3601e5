"""The life of an alarm: firing, acknowledged, resolved. Pure: no clock, no I/O.

An alarm is resolved by its rule alone. Acknowledging says that somebody has taken it on; it
changes nothing about when it ends, and silence or stale data never end it.
"""

from __future__ import annotations

import base64
import enum
import hashlib

import msgspec

from alerts.model import Alarm, Event, State
from rules.model import Transition


class Reason(enum.StrEnum):
    """Why an alarm changed, or did not."""

    OPENED = "opened"
    OPENED_LATE = "opened-late"  # found late: kept and shown, told to nobody
    NOW_LIVE = "now-live"  # found late at first, and the trouble lasts: now it is told
    ALREADY_OPEN = "already-open"
    CLEARED = "cleared"
    CLEARED_LATE = "cleared-late"
    NOTHING_OPEN = "nothing-open"
    TAKEN_ON = "taken-on"
    ALREADY_TAKEN_ON = "already-taken-on"
    ALREADY_OVER = "already-over"


class Change(msgspec.Struct, frozen=True):
    """The alarm as it is now (None: there is none), and the events to tell people of."""

    alarm: Alarm | None
    reason: Reason
    events: tuple[Event, ...] = ()


def step(alarm: Alarm | None, transition: Transition, *, nth: int = 0) -> Change:
    """What `transition` does to the open alarm of its rule and device, None if none is open.

    `nth` counts the earlier alarms of this rule and device that started at this very
    millisecond: it keeps ids apart.
    """
    if transition.event == "firing":
        return _fire(alarm, transition, nth)
    return _clear(alarm, transition)


def acknowledge(alarm: Alarm, who: str, now: int) -> Change:
    """Somebody takes the alarm on; the first one stays."""
    match alarm.state:
        case State.RESOLVED:
            return Change(alarm, Reason.ALREADY_OVER)
        case State.ACKNOWLEDGED:
            return Change(alarm, Reason.ALREADY_TAKEN_ON)
        case State.FIRING:
            taken = msgspec.structs.replace(
                alarm, state=State.ACKNOWLEDGED, acked_by=who, acked_at=now
            )
            return Change(taken, Reason.TAKEN_ON, _told(taken, Event.ACKNOWLEDGED))


def alarm_id(transition: Transition, nth: int = 0) -> str:
    """13 letters and digits (65 bits), the same whenever the same transition is found again."""
    facts = "\0".join((transition.rule, transition.device, str(transition.at), str(nth)))
    digest = hashlib.sha256(facts.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def _fire(alarm: Alarm | None, transition: Transition, nth: int) -> Change:
    if alarm is None:
        fresh = Alarm(
            id=alarm_id(transition, nth),
            rule=transition.rule,
            device=transition.device,
            tenant=transition.tenant,
            site=transition.site,
            area=transition.area,
            sector=transition.sector,
            severity=transition.severity,
            state=State.FIRING,
            title_vi=transition.title_vi,
            title_en=transition.title_en,
            value=transition.value,
            unit=transition.unit,
            limit=transition.limit,
            started_at=transition.at,
            event_time=transition.at,
            historical=transition.historical,
            notify=transition.notify,
        )
        reason = Reason.OPENED_LATE if fresh.historical else Reason.OPENED
        return Change(fresh, reason, _told(fresh, Event.FIRING))
    if alarm.historical and not transition.historical:
        live = msgspec.structs.replace(
            alarm, historical=False, value=transition.value, event_time=transition.at
        )
        return Change(live, Reason.NOW_LIVE, _told(live, Event.FIRING))
    return Change(alarm, Reason.ALREADY_OPEN)


def _clear(alarm: Alarm | None, transition: Transition) -> Change:
    if alarm is None:
        return Change(None, Reason.NOTHING_OPEN)
    over = msgspec.structs.replace(
        alarm,
        state=State.RESOLVED,
        value=transition.value,
        event_time=transition.at,
        resolved_at=transition.at,
    )
    if transition.historical:
        return Change(over, Reason.CLEARED_LATE)
    return Change(over, Reason.CLEARED, _told(over, Event.RESOLVED))


def _told(alarm: Alarm, event: Event) -> tuple[Event, ...]:
    return () if alarm.historical else (event,)
