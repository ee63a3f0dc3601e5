"""A rule made ready for the readings of one sector."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from rules.closures import Heard, Memory, SilenceTest, Test, Values
from rules.evaluation import Compiler, Layout, Probe
from rules.life import Timing
from rules.model import Reason, Rule

UNUSABLE = (1, 2)
"""Qualities (calibrating, fault) of readings that say nothing about the thing measured."""


class CompiledRule(NamedTuple):
    """Closures and durations (ms, of event time) of one rule in one sector.

    `triggers` are the fields that make a reading meet the rule, empty for every reading.
    `on_values` is False for a rule about the readings' quality alone. `fingerprint` changes with
    whatever makes a remembered window worthless. `remembers`: it has windows, so that every
    reading changes its state.
    """

    rule: Rule
    timing: Timing
    triggers: frozenset[str]
    on_values: bool
    layout: Layout
    holds: Test
    clears: Test | None
    probes: tuple[Probe, ...]
    fingerprint: int
    remembers: bool

    def cleared(self, holds: bool | None, values: Values, memory: Memory, q: int) -> bool | None:
        """Whether the alarm may end: `clear`, or where there is none, the reverse of `when`."""
        if self.clears is not None:
            return self.clears(values, memory, q)
        return None if holds is None else not holds


class CompiledSilence(NamedTuple):
    """A rule about what does not come, in one sector.

    `spans` are (field, ms) of each `silent` in `when`; `listens` are all fields it is about.
    """

    rule: Rule
    timing: Timing
    holds: SilenceTest
    clears: SilenceTest | None
    spans: tuple[tuple[str, int], ...]
    listens: tuple[str, ...]
    fingerprint: int

    def began(self, heard: Heard, now: int) -> int:
        """When the silence that lasts at `now` was complete."""
        passed = [at for at in self._complete_at(heard) if at <= now]
        return max(passed, default=now)

    def next_look(self, heard: Heard, now: int) -> int | None:
        """When it is next worth looking, None where nothing is awaited."""
        ahead = [at for at in self._complete_at(heard) if at > now]
        return min(ahead, default=None)

    def cleared(self, holds: bool | None, heard: Heard, now: int) -> bool | None:
        """Whether the silence may be called over."""
        if self.clears is not None:
            return self.clears(heard, now)
        return None if holds is None else not holds

    def _complete_at(self, heard: Heard) -> list[int]:
        return [heard[field] + ms for field, ms in self.spans if field in heard]


def compile_rule(rule: Rule, sector: str, time_scale: float) -> CompiledRule | CompiledSilence:
    """`rule` for the readings of `sector`, its durations divided by `time_scale`."""
    compiler = Compiler(sector, time_scale)
    for_ms, clear_for_ms = round(rule.for_ms / time_scale), round(rule.clear_for_ms / time_scale)
    fingerprint = _fingerprint(rule, time_scale)
    if rule.when.is_silence:
        spans = compiler.spans(rule.when)
        clearing = compiler.spans(rule.clear) if rule.clear else ()
        return CompiledSilence(
            rule,
            Timing(for_ms, clear_for_ms, Reason.SILENT, Reason.HEARD_AGAIN),
            compiler.silence(rule.when),
            compiler.silence(rule.clear) if rule.clear else None,
            spans,
            tuple(field for field, _ in (*spans, *clearing)),
            fingerprint,
        )
    about = [*rule.when.quantities, *(rule.clear.quantities if rule.clear else ())]
    holds = compiler.test(rule.when)
    clears = compiler.test(rule.clear) if rule.clear else None
    scoped = [q for q in about if q.key in rule.scope.quantities]
    return CompiledRule(
        rule,
        Timing(for_ms, clear_for_ms),
        frozenset(compiler.field(quantity) for quantity in scoped or about),
        bool(about),
        compiler.layout,
        holds,
        clears,
        compiler.probes(rule.when),
        fingerprint,
        bool(compiler.layout.windows or compiler.layout.runs),
    )


def _fingerprint(rule: Rule, time_scale: float) -> int:
    clear = rule.clear.text if rule.clear else ""
    return zlib.crc32("\0".join((rule.when.text, clear, repr(time_scale))).encode())
