"""Collects what a call of the engine has to report."""

from __future__ import annotations

from rules.compiled import CompiledRule
from rules.life import Change, Step
from rules.model import Transition
from rules.track import Device, Track


class Report:
    """The transitions found at `now` (ms)."""

    __slots__ = ("now", "transitions")

    def __init__(self, now: int) -> None:
        self.now = now
        self.transitions: list[Transition] = []

    def apply(self, device: Device, track: Track, step: Step) -> None:
        """Move the track where `step` leads, and note its changes."""
        track.life = step.life
        for change in step.changes:
            self.transitions.append(_transition(device, track, change, self.now))


def _transition(device: Device, track: Track, change: Change, now: int) -> Transition:
    rule = track.compiled.rule
    probes = track.compiled.probes if isinstance(track.compiled, CompiledRule) else ()
    probe = probes[track.probe] if track.probe < len(probes) else None
    return Transition(
        rule=rule.id,
        severity=rule.severity,
        notify=rule.notify,
        title_vi=rule.title_vi,
        title_en=rule.title_en,
        device=device.device,
        tenant=device.address.tenant,
        site=device.address.site,
        area=device.address.area,
        sector=device.address.sector,
        event=change.event,
        at=change.at,
        found=now,
        value=track.value,
        unit=probe.unit if probe else "",
        limit=track.limit,
        field=probe.field if probe else "",
        historical=change.historical,
        reason=change.reason,
        advice_vi=rule.advice_vi,
        advice_en=rule.advice_en,
    )
