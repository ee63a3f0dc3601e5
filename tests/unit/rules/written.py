"""Packs and readings written down in a test."""

from __future__ import annotations

import msgspec

from registry.directory import Home
from rules.engine import Engine
from rules.expression import condition
from rules.model import Pack, Rule, Scope, Severity, Transition
from rules.vocabulary import Vocabulary
from telemetry.durations import parse_duration
from telemetry.kinds import KINDS
from telemetry.model import NO_SEQ, Reading

T0 = 1_760_000_000_000
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


def rule(
    when: str,
    *,
    name: str = "test.rule",
    wait: str = "0s",
    clear: str | None = None,
    clear_for: str = "0s",
    scope: Scope | None = None,
    severity: Severity = Severity.MAJOR,
) -> Rule:
    scope = scope or Scope(sectors=("water",))
    vocabulary = Vocabulary(scope.sectors, scope.kinds)
    return Rule(
        id=name,
        title_vi="Áp lực thấp",
        title_en="Low pressure",
        scope=scope,
        when=condition(when, vocabulary),
        severity=severity,
        notify="water-duty",
        for_ms=parse_duration(wait),
        clear=condition(clear, vocabulary) if clear else None,
        clear_for_ms=parse_duration(clear_for),
        advice_vi="Kiểm tra bơm.",
    )


def engine(*rules: Rule, time_scale: float = 1.0, lateness_ms: int = 300_000) -> Engine:
    return Engine([Pack("test", rules)], time_scale, lateness_ms)


def reading(
    at: int,
    *,
    device: str = "logger-1",
    kind: str = "water-pressure-logger",
    received: int | None = None,
    q: int = 0,
    tenant: str = "cap-nuoc",
    site: str = "vi-thanh-1",
    **values: float,
) -> Reading:
    """A reading `at` ms after T0, received at once."""
    return Reading(
        device, tenant, site, "31333", kind, KINDS[kind].sector, T0 + at,
        T0 + (at if received is None else received), NO_SEQ, NO_SEQ, q, 0, values,
    )  # fmt: skip


def home(device: str = "logger-1", kind: str = "water-pressure-logger") -> Home:
    return Home(
        device, "cap-nuoc", "vi-thanh-1", "31333", kind, KINDS[kind].sector, "Bộ ghi 1",
        "Vị Thanh", 9.78, 105.47,
    )  # fmt: skip


def step(running: Engine, one: Reading, now: int | None = None) -> list[tuple[str, int]]:
    """Take in a reading at once; what happened and when, in ms after T0."""
    return brief(running.step(one, one.received if now is None else T0 + now))


def tick(running: Engine, now: int) -> list[tuple[str, int]]:
    return brief(running.tick(T0 + now))


def brief(transitions: list[Transition]) -> list[tuple[str, int]]:
    return [
        (("late " if one.historical else "") + str(one.event), one.at - T0) for one in transitions
    ]


def as_dict(transition: Transition) -> dict[str, object]:
    return msgspec.structs.asdict(transition)
