"""What `kenh status` reports: gathered from the files that the components write."""

from __future__ import annotations

import os
import time

import msgspec

from app import heartbeat
from app.state import State
from app.supervisor import Status

STALE_MS = 5_000
"""A component that has not spoken for this long does not answer, whatever it said last."""


class ComponentReport(msgspec.Struct):
    name: str
    pid: int | None
    state: str
    restarts: int
    last_error: str | None
    figures: dict[str, float]


class Report(msgspec.Struct):
    """`status --json`: `cursors` are lags in seconds, `rates` readings a second."""

    state: str  # running | stopped
    components: list[ComponentReport]
    cursors: dict[str, float]
    rates: dict[str, float]
    last_error: str | None
    ledger: dict[str, int]


class _Supervised(msgspec.Struct):
    pid: int
    components: list[Status]


def gather(state: State) -> Report:
    supervised = _read_supervisor(state)
    beats = heartbeat.read_all(state.run)
    now = time.time_ns() // 1_000_000
    running = supervised is not None and _alive(supervised.pid)
    statuses = supervised.components if supervised is not None and running else []
    if not statuses:  # components that run alone, under systemd or in containers
        statuses = [Status(b.name, b.pid, b.state) for b in beats.values() if _alive(b.pid)]
    reports = [_component(one, beats.get(one.name), now) for one in statuses]
    by_name = {one.name: one for one in reports}
    return Report(
        state="running" if any(one.pid for one in reports) else "stopped",
        components=reports,
        cursors={
            name: by_name[name].figures["lag_seconds"]
            for name in ("store", "rules")
            if name in by_name and "lag_seconds" in by_name[name].figures
        },
        rates={
            name: by_name[name].figures[figure]
            for name, figure in (("ingest", "readings_per_s"), ("store", "written_per_s"))
            if name in by_name and figure in by_name[name].figures
        },
        last_error=next((one.last_error for one in reports if one.last_error), None),
        ledger=_ledger(state),
    )


def _component(status: Status, beat: heartbeat.Heartbeat | None, now: int) -> ComponentReport:
    spoke = beat is not None and beat.pid == status.pid
    state = status.state
    if beat is not None and spoke and state == "ready" and now - beat.at > STALE_MS:
        state = "not answering"
    return ComponentReport(
        name=status.name,
        pid=status.pid,
        state=state,
        restarts=status.restarts,
        last_error=status.last_error,
        figures=beat.figures if beat is not None and spoke else {},
    )


def _ledger(state: State) -> dict[str, int]:
    """The sums over all devices of what ingest counted."""
    try:
        found = msgspec.json.decode(state.ledger.read_bytes(), type=dict[str, dict[str, int]])
    except (OSError, msgspec.DecodeError):
        return {}
    sums: dict[str, int] = {}
    for counts in found.values():
        for name, value in counts.items():
            sums[name] = sums.get(name, 0) + value
    return sums


def _read_supervisor(state: State) -> _Supervised | None:
    try:
        return msgspec.json.decode((state.supervisor).read_bytes(), type=_Supervised)
    except (OSError, msgspec.DecodeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
