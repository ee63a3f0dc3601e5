"""The demo's one live summary: devices, readings, lag, alarms, notifications."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.book import Book
from app import heartbeat
from app.demo_report import Before
from app.platform import Platform
from ingest import ledger

SEVERITIES = ("critical", "major", "minor", "info")
STYLES = {"critical": "bold red", "major": "red", "minor": "yellow", "info": "cyan"}
SHOWN_ALARMS = 8
OTHER_LINES = 18
"""Lines of the screen that are no alarms: the addresses above, and the counts."""

BOTH_LANGUAGES = 110
"""From this width on an alarm's English title stands beside the Vietnamese one."""


class AlarmLine(msgspec.Struct, frozen=True):
    severity: str
    title_vi: str
    title_en: str
    device: str
    state: str


class Facts(msgspec.Struct, frozen=True):
    """What the summary shows at one moment; counts are since the start of this run."""

    seconds: float
    connected: int
    devices: int
    sent: int
    acknowledged: int
    stored: int
    dead_lettered: int
    store_lag_s: float
    rules_lag_s: float
    open_by_severity: dict[str, int]
    alarms: list[AlarmLine]
    raised: int
    notifications: dict[str, int]  # status → count
    not_ready: list[str]


class Lives:
    """Adds up a count over the lives of a component: one that was killed begins at 0 again."""

    def __init__(self) -> None:
        self._earlier = 0.0
        self._last = 0.0

    def total(self, count: float) -> int:
        if count < self._last:
            self._earlier += self._last
        self._last = count
        return int(self._earlier + count)


class Summary:
    """Gathers the facts; a context manager, since it keeps the book open."""

    def __init__(self, platform: Platform, since: int, started: float, before: Before) -> None:
        self._platform = platform
        self._since = since
        self._started = started
        self._before = before
        self._book = Book(platform.state.alerts_url)
        self._written = Lives()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._book.close()

    def take(self) -> Facts:
        beats = heartbeat.read_all(self._platform.state.run)
        # The ledger outlives a kill of ingest, the figures of its process do not.
        kept, before = ledger.read(self._platform.state.ledger), self._before.counts

        def figure(name: str, key: str) -> float:
            return beats[name].figures.get(key, 0.0) if name in beats else 0.0

        everything = self._book.alarms(open_only=False)
        alarms = [one for one in everything if one.state != "resolved"]
        alarms.sort(key=lambda one: (SEVERITIES.index(one.severity), -one.started_at))
        told = [one for one in self._book.notifications() if one.created_at >= self._since]
        statuses = self._platform.supervisor.statuses.values()
        return Facts(
            seconds=time.monotonic() - self._started,
            connected=int(figure("simulators", "connected")),
            devices=int(figure("simulators", "devices")),
            sent=int(figure("simulators", "sent")),
            acknowledged=int(figure("simulators", "acknowledged")),
            stored=min(
                self._written.total(figure("store", "written")),
                sum(one.stored for one in kept.values())
                - sum(one.stored for one in before.values()),
            ),
            dead_lettered=sum(one.dead_lettered for one in kept.values())
            - sum(one.dead_lettered for one in before.values()),
            store_lag_s=figure("store", "lag_seconds"),
            rules_lag_s=figure("rules", "lag_seconds"),
            open_by_severity=dict(Counter(one.severity for one in alarms)),
            alarms=[
                AlarmLine(one.severity, one.title_vi, one.title_en, one.device, one.state)
                for one in alarms[:SHOWN_ALARMS]
            ],
            raised=sum(1 for one in everything if one.started_at >= self._since),
            notifications=dict(Counter(one.status for one in told)),
            not_ready=[f"{one.name} {one.state}" for one in statuses if one.state != "ready"],
        )


def summary(facts: Facts, width: int, height: int) -> Group:
    """The picture for a terminal of so many columns and lines."""
    counts = Table(show_header=False, box=None, pad_edge=False)
    counts.add_column(style="bold", min_width=14)
    counts.add_column(justify="right", min_width=10)
    counts.add_column(style="dim")
    counts.add_row("running", _clock(facts.seconds), "")
    connected = f"{facts.connected}/{facts.devices}"
    counts.add_row("devices", connected, "connected, one MQTT client each")
    counts.add_row("sent", f"{facts.sent:,}", f"{facts.acknowledged:,} known as stored")
    lag = f"in InfluxDB; lag {facts.store_lag_s:.1f} s, rules {facts.rules_lag_s:.1f} s"
    counts.add_row("stored", f"{facts.stored:,}", lag)
    counts.add_row("dead letters", f"{facts.dead_lettered:,}", "refused with a reason")
    open_alarms = sum(facts.open_by_severity.values())
    words = ", ".join(
        f"{facts.open_by_severity[s]} {s}" for s in SEVERITIES if facts.open_by_severity.get(s)
    )
    counts.add_row("open alarms", str(open_alarms), f"{words or 'none'}; {facts.raised} raised")
    told = ", ".join(f"{count} {status}" for status, count in sorted(facts.notifications.items()))
    counts.add_row("notifications", str(sum(facts.notifications.values())), told or "none yet")
    parts: list[Table | Text] = [counts]
    if facts.not_ready:
        parts.append(Text(f"not ready: {', '.join(facts.not_ready)}", style="yellow"))
    if facts.alarms:
        parts.append(_alarms(facts.alarms[: max(3, height - OTHER_LINES)], width))
    return Group(*parts)


def _alarms(alarms: list[AlarmLine], width: int) -> Table:
    """One line an alarm; what does not fit of its title gives way."""
    table = Table(box=None, pad_edge=False)
    table.add_column("severity", no_wrap=True)
    table.add_column("alarm")  # the one column that may shrink; its texts are cut, not wrapped
    table.add_column("device", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for one in alarms:
        both = f"{one.title_vi} / {one.title_en}"
        table.add_row(
            Text(one.severity, style=STYLES[one.severity]),
            Text(
                both if width >= BOTH_LANGUAGES else one.title_vi,
                no_wrap=True,
                overflow="ellipsis",
            ),
            one.device,
            one.state,
        )
    return table


def plain_line(facts: Facts) -> str:
    """The same in one line, for an output that is no terminal."""
    return (
        f"{_clock(facts.seconds)} devices {facts.connected}/{facts.devices} sent {facts.sent:,} "
        f"stored {facts.stored:,} lag {facts.store_lag_s:.1f} s dead letters "
        f"{facts.dead_lettered:,} open alarms {sum(facts.open_by_severity.values())} "
        f"notifications {sum(facts.notifications.values())}"
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
