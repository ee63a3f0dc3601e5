"""The engine: readings and the time go in, transitions come out. No clock, no I/O.

Two clocks meet here. Conditions on values go by *event time*, the device's own: a reading below
its device's watermark only fills windows where it fits. Silence goes by *received time*, ours,
since a device that is cut off cannot tell its time. `tick(now)` joins them for what no reading
moves: a pending alarm whose device is overdue (half a rhythm later than it usually reports)
fires once the time that has passed since its last reading arrived makes up for the rest of its
`for`. Time alone never clears an alarm on values: stale is never normal.

`now` is the caller's clock. While the caller has a backlog to read it ticks with the `received`
time of the last reading instead: a device is not silent because we have not come to it yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rules import silence
from rules.closures import Memory
from rules.compiled import UNUSABLE, CompiledRule, CompiledSilence
from rules.index import Index
from rules.life import NORMAL, Phase, observe, outlast
from rules.model import Event, Pack, Transition
from rules.report import Report
from rules.timetable import Timetable
from rules.track import DEVICE_STATE, FORGOTTEN, Address, Device, Track
from telemetry.kinds import KINDS
from telemetry.model import Reading

if TYPE_CHECKING:
    from registry.directory import Home  # only its shape: the rules need no database

StateKey = tuple[str, str]
"""(rule id, or `DEVICE_STATE`; device id)"""

_NO_MEMORY = Memory([], [])


class Engine:
    """Evaluates the rules of `packs`.

    Durations in rules are divided by `time_scale`. What a reading shows that is more than
    `lateness_ms` older than `now` is historical. `evaluated` counts evaluations of a rule on a
    reading.
    """

    def __init__(
        self, packs: Iterable[Pack], time_scale: float = 1.0, lateness_ms: int = 300_000
    ) -> None:
        self.evaluated = 0
        self._index = Index(packs, time_scale)
        self._time_scale = time_scale
        self._lateness_ms = lateness_ms
        self._devices: dict[str, Device] = {}
        self._homes: Mapping[str, Home] | None = None
        self._unheard: list[str] = []  # watched devices whose silence has no beginning yet
        self._timetable = Timetable()
        self._firing: set[StateKey] = set()
        self._dirty_devices: set[str] = set()
        self._dirty_tracks: set[StateKey] = set()

    @property
    def firing(self) -> int:
        """How many alarms are up."""
        return len(self._firing)

    def step(self, reading: Reading, now: int) -> list[Transition]:
        """Take in a reading; readings come in the order in which they were received."""
        report = Report(now)
        device = self._device_of(reading)
        self._dirty_devices.add(reading.device)
        if device.watching:
            changed = silence.hear(device, device.watching, reading, self._timetable, report)
            for track in changed:
                self._touch(device, track)
        device.arrive(reading.received)
        in_order = reading.ts >= device.watermark
        device.watermark = max(device.watermark, reading.ts)
        for compiled in self._index.route(reading):
            if compiled.on_values and reading.q in UNUSABLE:
                continue
            if in_order:
                self._evaluate(device, compiled, reading, report)
            elif compiled.remembers:
                track = self._track(device, compiled)
                compiled.layout.take_in(track.memory, reading.ts, reading.values)
                self._touch(device, track)
        for track in device.pending.values():
            self._timetable.enter(device, track, _overdue_at(device, track))
        return self._found(report)

    def tick(self, now: int) -> list[Transition]:
        """Let the time pass where no data does: silences begin, overdue pending alarms fire."""
        for name in self._unheard:
            self._begin_listening(name, now)
        self._unheard.clear()
        report = Report(now)
        for device, track in self._timetable.due(now):
            if device.tracks.get(track.compiled.rule.id) is not track or not self._keeps(device):
                continue
            if isinstance(track.compiled, CompiledRule):
                self._fire_overdue(device, track, report)
            elif silence.look(device, track, self._timetable, report):
                self._touch(device, track)
        report.transitions.sort(key=lambda found: (found.at, found.rule, found.device))
        return self._found(report)

    def excuse(self, since: int, until: int) -> None:
        """We did not listen from `since` to `until`: nobody was silent in that time."""
        gap = until - since
        if gap <= 0:
            return
        for device in self._devices.values():
            for field, heard in device.heard.items():
                if heard < until:
                    device.heard[field] = min(until, heard + gap)
            self._dirty_devices.add(device.device)
            for track in device.watching:
                silence.expect(device, track, until, self._timetable)

    def watch(self, homes: Iterable[Home]) -> None:
        """These devices exist: the silence of each counts from now on; others are forgotten."""
        self._homes = {home.device: home for home in homes}
        for name in [name for name in self._devices if name not in self._homes]:
            device = self._devices.pop(name)
            self._dirty_devices.add(name)
            keys = {(rule, name) for rule in device.tracks}
            self._dirty_tracks |= keys
            self._firing -= keys
        for home in self._homes.values():
            known, address = self._devices.get(home.device), _address(home)
            device = known or self._settle(Device(home.device, address))
            if device.address != address:
                self._move(device, address)
            if device.watching and DEVICE_STATE not in device.heard:
                self._unheard.append(home.device)

    def dirty(self) -> dict[StateKey, bytes]:
        """The states that changed since the last call; an empty one is to be forgotten.

        Saved together with the position in the spool up to which readings were taken in, they
        make a new engine continue as this one would.
        """
        states: dict[StateKey, bytes] = {}
        for name in self._dirty_devices:
            device = self._devices.get(name)
            states[DEVICE_STATE, name] = device.saved() if device else FORGOTTEN
        for rule, name in self._dirty_tracks:
            device = self._devices.get(name)
            track = device.tracks.get(rule) if device else None
            states[rule, name] = track.saved() if track else FORGOTTEN
        self._dirty_devices.clear()
        self._dirty_tracks.clear()
        return states

    def restore(self, states: Mapping[StateKey, bytes]) -> int:
        """Continue from saved states; returns how many could not be used and were dropped:
        those of rules that are gone, of devices that `watch` does not know, unreadable ones."""
        dropped: list[StateKey] = []
        devices = {name: state for (rule, name), state in states.items() if rule == DEVICE_STATE}
        for name, state in devices.items():
            if state and not self._restore_device(name, state):
                dropped.append((DEVICE_STATE, name))
        for (rule, name), state in states.items():
            if rule != DEVICE_STATE and state and not self._restore_track(rule, name, state):
                dropped.append((rule, name))
        self._dirty_tracks.update(key for key in dropped if key[0] != DEVICE_STATE)
        self._dirty_devices.update(name for rule, name in dropped if rule == DEVICE_STATE)
        return len(dropped)

    def _restore_device(self, name: str, state: bytes) -> bool:
        if self._homes is not None and name not in self._homes:
            return False
        try:
            self._settle(Device.restored(name, state))
        except ValueError:
            return False
        return True

    def _restore_track(self, rule: str, name: str, state: bytes) -> bool:
        device = self._devices.get(name)
        compiled = self._index.compiled(rule, device.address.sector) if device else None
        if device is None or compiled is None:
            return False
        track = self._track(device, compiled)
        try:
            track.restore(state)
        except ValueError:
            if isinstance(compiled, CompiledRule):
                del device.tracks[rule]  # its windows may be half filled
            return False
        if track.life.phase in {Phase.FIRING, Phase.CLEARING}:
            self._firing.add((rule, name))
        elif track.life.phase is Phase.PENDING and isinstance(compiled, CompiledRule):
            device.pending[rule] = track
            self._timetable.enter(device, track, _overdue_at(device, track))
        return True

    def _device_of(self, reading: Reading) -> Device:
        device = self._devices.get(reading.device)
        if device is None:
            device = self._settle(Device(reading.device, _address(reading)))
        elif device.address.site != reading.site or device.address.kind != reading.kind:
            self._move(device, _address(reading))
        return device

    def _move(self, device: Device, address: Address) -> None:
        """The device stands elsewhere now, or is another kind; its past stays with it."""
        device.address = address
        self._settle(device)

    def _settle(self, device: Device) -> Device:
        """Keep the device, and find the silences that watch it where it stands."""
        self._devices[device.device] = device
        kind = device.address.kind
        if not device.rhythm and kind in KINDS:
            device.rhythm = round(KINDS[kind].interval_s * 1000 / self._time_scale)
        silences = self._index.silences(device.address)
        device.watching = [self._track(device, compiled) for compiled in silences]
        fields = [field for compiled in silences for field in compiled.listens]
        device.listens = tuple(dict.fromkeys([DEVICE_STATE, *fields])) if silences else ()
        for track in device.watching:
            silence.expect(device, track, device.arrived, self._timetable)
        return device

    def _begin_listening(self, name: str, now: int) -> None:
        device = self._devices.get(name)
        if device is None or DEVICE_STATE in device.heard:
            return
        device.heard[DEVICE_STATE] = now
        self._dirty_devices.add(name)
        for track in device.watching:
            silence.expect(device, track, now, self._timetable)

    def _track(self, device: Device, compiled: CompiledRule | CompiledSilence) -> Track:
        track = device.tracks.get(compiled.rule.id)
        if track is None or track.compiled is not compiled:
            former, track = track, Track(compiled)
            if former is not None:  # the device changed its sector
                track.life = former.life
            device.tracks[compiled.rule.id] = track
        return track

    def _evaluate(
        self, device: Device, compiled: CompiledRule, reading: Reading, report: Report
    ) -> None:
        self.evaluated += 1
        values, q, ts = reading.values, reading.q, reading.ts
        known = device.tracks.get(compiled.rule.id)
        if compiled.remembers:
            track = self._track(device, compiled)
            compiled.layout.take_in(track.memory, ts, values)
            self._touch(device, track)
            holds = compiled.holds(values, track.memory, q)
            if not holds and track.life is NORMAL:
                return
        else:
            holds = compiled.holds(values, _NO_MEMORY, q)
            if not holds and known is None:
                return
            track = known or self._track(device, compiled)
        before, late = track.life, report.now - ts > self._lateness_ms
        report.apply(device, track, outlast(before, compiled.timing, ts, late=late))
        _show(track, compiled, reading)
        clears = compiled.cleared(holds, values, track.memory, q)
        step = observe(track.life, compiled.timing, ts, holds=holds, clears=clears, late=late)
        report.apply(device, track, step)
        self._touch(device, track)
        if track.life is before:
            return
        if track.life.phase is Phase.PENDING:
            device.pending[compiled.rule.id] = track
        else:
            device.pending.pop(compiled.rule.id, None)
        if track.life is NORMAL and not compiled.remembers:
            del device.tracks[compiled.rule.id]

    def _fire_overdue(self, device: Device, track: Track, report: Report) -> None:
        if track.life.phase is not Phase.PENDING:
            return
        due = _overdue_at(device, track)
        if due > report.now:
            self._timetable.enter(device, track, due)
            return
        late = device.arrived - device.watermark > self._lateness_ms
        timing = track.compiled.timing
        until = track.life.since + timing.for_ms + 1
        report.apply(device, track, outlast(track.life, timing, until, late=late))
        del device.pending[track.compiled.rule.id]
        self._touch(device, track)

    def _found(self, report: Report) -> list[Transition]:
        for one in report.transitions:
            if one.event is Event.FIRING:
                self._firing.add((one.rule, one.device))
            else:
                self._firing.discard((one.rule, one.device))
        return report.transitions

    def _keeps(self, device: Device) -> bool:
        return self._devices.get(device.device) is device

    def _touch(self, device: Device, track: Track) -> None:
        self._dirty_tracks.add((track.compiled.rule.id, device.device))


def _overdue_at(device: Device, track: Track) -> int:
    """When a pending alarm fires if nothing more comes: not before the device is overdue."""
    remaining = track.life.since + track.compiled.timing.for_ms - device.watermark
    return device.arrived + max(remaining, device.rhythm * 3 // 2)


def _address(at: Reading | Home) -> Address:
    return Address(at.tenant, at.site, at.area, at.kind, at.sector)


def _show(track: Track, compiled: CompiledRule, reading: Reading) -> None:
    """Keep the figures that people are shown: of the part of `when` that shows the trouble."""
    values, memory, q = reading.values, track.memory, reading.q
    chosen = track.probe
    if track.life.phase in {Phase.NORMAL, Phase.PENDING}:
        chosen = next(
            (at for at, probe in enumerate(compiled.probes) if probe.holds(values, memory, q)), 0
        )
    if chosen < len(compiled.probes):
        probe = compiled.probes[chosen]
        value = probe.value(values, memory, q)
        if value is not None:
            track.probe, track.value = chosen, value
            track.limit = probe.limit(values, memory, q)
