"""The words of the rules: what a rule says, and what an engine reports."""

from __future__ import annotations

import enum

import msgspec

from rules.typed import Condition


class Severity(enum.StrEnum):
    """How bad it is; an `info` alarm is shown and pages nobody."""

    INFO = "info"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Event(enum.StrEnum):
    """What happened to an alarm."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Reason(enum.StrEnum):
    """Why the engine reports a transition."""

    CONDITION_HELD = "condition-held"  # `when` was true for as long as `for` asks
    STILL_TRUE = "still-true"  # found late, and a fresh reading says that it lasts
    SILENT = "silent"  # nothing was received for as long as the rule allows
    CLEARED = "cleared"  # the clear condition was true for as long as `clear_for` asks
    HEARD_AGAIN = "heard-again"  # the silence is over


class Scope(msgspec.Struct, frozen=True):
    """Which readings a rule meets; an empty tuple restricts nothing, several parts are `and`.

    `quantities` are keys of the catalogue.
    """

    sectors: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a pack, checked. Durations are in ms of the rules' clock.

    `clear` is None where the alarm ends as soon as `when` is no longer true. `basis` is the
    legal or technical source of its limit.
    """

    id: str
    title_vi: str
    title_en: str
    scope: Scope
    when: Condition
    severity: Severity
    notify: str
    for_ms: int = 0
    clear: Condition | None = None
    clear_for_ms: int = 0
    advice_vi: str = ""
    advice_en: str = ""
    basis: str = ""


class Pack(msgspec.Struct, frozen=True):
    """The rules of one file."""

    name: str
    rules: tuple[Rule, ...]


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A rule started or stopped firing for a device.

    `at` is the time of the event by the device's clock (of a silence: by ours), `found` when we
    saw it, both in ms. `value` and `limit` are in `unit`, the canonical one of `field`; None
    where the rule has no such figure, as a device that fell silent. `historical`: it was found
    too late to page anybody.
    """

    rule: str
    severity: Severity
    notify: str
    title_vi: str
    title_en: str
    device: str
    tenant: str
    site: str
    area: str
    sector: str
    event: Event
    at: int
    found: int
    value: float | None
    unit: str
    limit: float | None
    field: str
    historical: bool
    reason: Reason
    advice_vi: str = ""
    advice_en: str = ""
