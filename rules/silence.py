"""Rules about what does not come, evaluated by received time: our clock, not the device's."""

from __future__ import annotations

from rules.compiled import CompiledSilence
from rules.life import NORMAL, Phase, observe, outlast
from rules.report import Report
from rules.timetable import Timetable
from rules.track import DEVICE_STATE, Device, Track
from telemetry.model import Reading


def hear(
    device: Device, silences: list[Track], reading: Reading, timetable: Timetable, report: Report
) -> list[Track]:
    """The device was heard: silences end. Returns the tracks that changed.

    A silence that was over before anybody looked is put on record as found late.
    """
    received, before = reading.received, dict(device.heard)
    _note(device, reading)
    changed = []
    for track in silences:
        compiled = _silence(track)
        lasts = compiled.holds(device.heard, received)
        if not lasts and compiled.holds(before, received) and track.life.phase is not Phase.FIRING:
            _record(device, track, compiled.began(before, received), received, report)
        if lasts or track.life is not NORMAL:
            late = track.life.historical and not lasts
            _observe(device, track, compiled, received, report, late=late)
            changed.append(track)
        expect(device, track, received, timetable)
    return changed


def look(device: Device, track: Track, timetable: Timetable, report: Report) -> bool:
    """The time has come to look at a silence; True if the track changed."""
    compiled, now, before = _silence(track), report.now, track.life
    if before.phase is Phase.PENDING:
        report.apply(device, track, outlast(before, compiled.timing, now + 1, late=False))
    elif compiled.holds(device.heard, now):
        _observe(device, track, compiled, now, report, late=False)
    expect(device, track, now, timetable)
    return track.life is not before


def expect(device: Device, track: Track, now: int, timetable: Timetable) -> None:
    """Enter when the silence of a device that is heard would be complete."""
    compiled = _silence(track)
    match track.life.phase:
        case Phase.PENDING:
            at: int | None = track.life.since + compiled.timing.for_ms
        case _:
            at = compiled.next_look(device.heard, now)
    if at is not None:
        timetable.enter(device, track, at)


def _record(device: Device, track: Track, began: int, until: int, report: Report) -> None:
    """A silence that lasted from `began` to `until`, found when it is over."""
    timing = track.compiled.timing
    step = observe(track.life, timing, began, holds=True, clears=False, late=True)
    report.apply(device, track, step)
    report.apply(device, track, outlast(track.life, timing, until, late=True))


def _observe(
    device: Device,
    track: Track,
    compiled: CompiledSilence,
    at: int,
    report: Report,
    *,
    late: bool,
) -> None:
    holds = compiled.holds(device.heard, at)
    clears = compiled.cleared(holds, device.heard, at)
    when = compiled.began(device.heard, at) if holds else at
    step = observe(track.life, compiled.timing, when, holds=holds, clears=clears, late=late)
    report.apply(device, track, step)


def _note(device: Device, reading: Reading) -> None:
    for field in device.listens:
        if field == DEVICE_STATE or field in reading.values:
            device.heard[field] = max(reading.received, device.heard.get(field, 0))


def _silence(track: Track) -> CompiledSilence:
    if not isinstance(track.compiled, CompiledSilence):
        raise TypeError(f"{track.compiled.rule.id} is a rule on values")
    return track.compiled
