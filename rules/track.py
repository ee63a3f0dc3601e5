"""What the engine keeps in memory of a device and of a rule on it, and how that is saved."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from rules.closures import Memory
from rules.compiled import CompiledRule, CompiledSilence
from rules.life import NORMAL, Life, Phase
from rules.windows import SavedRun, SavedWindow

VERSION = 1
DEVICE_STATE = ""
"""Stands for the field in what was heard, and for the rule's id in the key of a saved state,
where the device itself is meant."""
FORGOTTEN = b""
"""Stands for a state that is no longer needed."""
LONGEST_RHYTHM_MS = 3_600_000


class Track:
    """One rule on one device.

    `value` and `limit` are those of the probe that showed the trouble last. `due` is when the
    engine's timetable looks at it, in ms.
    """

    __slots__ = ("compiled", "due", "life", "limit", "memory", "probe", "value")

    def __init__(self, compiled: CompiledRule | CompiledSilence) -> None:
        self.compiled = compiled
        self.life = NORMAL
        layout = compiled.layout if isinstance(compiled, CompiledRule) else None
        self.memory = layout.memory() if layout else Memory([], [])
        self.value: float | None = None
        self.limit: float | None = None
        self.probe = 0
        self.due: int | None = None

    def saved(self) -> bytes:
        """The state to write down, `FORGOTTEN` where there is nothing to keep."""
        memory = self.memory
        if self.life == NORMAL and not memory.windows and not memory.runs:
            return FORGOTTEN
        return _ENCODE(
            _SavedTrack(
                VERSION,
                self.compiled.fingerprint,
                *self.life,
                self.value,
                self.limit,
                self.probe,
                [window.saved() for window in memory.windows],
                [run.saved() for run in memory.runs],
            )
        )

    def restore(self, state: bytes) -> None:
        """Take over a saved state; raises `ValueError` for one that cannot be read.

        If the rule has changed since, an alarm that was firing goes on firing, so that it can
        be resolved; windows and waiting start anew.
        """
        saved = _DECODE_TRACK(state)
        if saved.version != VERSION:
            raise ValueError(f"a state of version {saved.version}")
        self.value, self.limit, self.probe = saved.value, saved.limit, saved.probe
        life = Life(Phase(saved.phase), saved.since, saved.fired_at, saved.historical)
        if saved.fingerprint != self.compiled.fingerprint:
            self.probe = 0
            firing = life.phase in {Phase.FIRING, Phase.CLEARING}
            self.life = life._replace(phase=Phase.FIRING, since=0) if firing else NORMAL
            return
        self.life = life if life.phase else NORMAL
        for window, kept in zip(self.memory.windows, saved.windows, strict=True):
            window.restore(kept)
        for run, kept_run in zip(self.memory.runs, saved.runs, strict=True):
            run.restore(kept_run)


class Address(NamedTuple):
    """Where a device stands."""

    tenant: str
    site: str
    area: str
    kind: str
    sector: str


class Device:
    """A device as its last reading, or the registry, knows it; all times in ms.

    `watermark` is the newest event time, `arrived` when a reading came last and `rhythm` the time
    between two arrivals, the longest of late. `heard` has when anything ("") or a field that
    some silence is about (`listens`) was received last; `watching` are the tracks of silences,
    `pending` those of values that wait for their `for`.
    """

    __slots__ = (
        "address", "arrived", "device", "heard", "listens", "pending", "rhythm", "tracks",
        "watching", "watermark",
    )  # fmt: skip

    def __init__(self, device: str, address: Address) -> None:
        self.device = device
        self.address = address
        self.watermark = -1
        self.arrived = -1
        self.rhythm = 0
        self.heard: dict[str, int] = {}
        self.tracks: dict[str, Track] = {}
        self.pending: dict[str, Track] = {}
        self.watching: list[Track] = []
        self.listens: tuple[str, ...] = ()

    def arrive(self, received: int) -> None:
        """A reading arrived: learn how often this device reports."""
        if received > self.arrived:
            if self.arrived >= 0:
                gap = min(received - self.arrived, LONGEST_RHYTHM_MS)
                self.rhythm = max(gap, self.rhythm * 7 // 8)  # a batch comes as a burst
            self.arrived = received

    def saved(self) -> bytes:
        return _ENCODE(
            _SavedDevice(
                VERSION,
                self.address,
                self.watermark,
                self.arrived,
                self.rhythm,
                self.heard,
            )
        )

    @classmethod
    def restored(cls, device: str, state: bytes) -> Device:
        """The device of a saved state; raises `ValueError` for one that cannot be read."""
        saved = _DECODE_DEVICE(state)
        if saved.version != VERSION:
            raise ValueError(f"a state of version {saved.version}")
        found = cls(device, saved.address)
        found.watermark, found.arrived = saved.watermark, saved.arrived
        found.rhythm, found.heard = saved.rhythm, saved.heard
        return found


class _SavedTrack(msgspec.Struct, array_like=True):
    version: int
    fingerprint: int
    phase: int
    since: int
    fired_at: int
    historical: bool
    value: float | None
    limit: float | None
    probe: int
    windows: list[SavedWindow]
    runs: list[SavedRun]


class _SavedDevice(msgspec.Struct, array_like=True):
    version: int
    address: Address
    watermark: int
    arrived: int
    rhythm: int
    heard: dict[str, int]


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE_TRACK = msgspec.msgpack.Decoder(_SavedTrack).decode
_DECODE_DEVICE = msgspec.msgpack.Decoder(_SavedDevice).decode
