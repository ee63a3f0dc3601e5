"""`--report`: every figure of a demo's run, each counted independently at its own place."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
from rich.table import Table

from alerts.book import Book
from app.influx_access import client
from app.platform import Platform
from app.runtime import Runtime
from app.secret_store import Secrets
from app.state import State
from ingest import ledger
from ingest.deadletter import entries
from registry.records import database
from registry.store import Registry
from telemetry.kinds import KINDS


class AlertLine(msgspec.Struct):
    rule: str
    device: str
    state: str
    at: str


class NotificationLine(msgspec.Struct):
    channel: str
    recipient: str
    alert: str
    status: str


class DeviceLine(msgspec.Struct):
    """One device's row: sent = stored + dead_lettered + missing (duplicates come on top)."""

    sent: int = 0
    stored: int = 0
    duplicate: int = 0
    dead_lettered: int = 0

    @property
    def missing(self) -> int:
        return max(0, self.sent - self.stored - self.dead_lettered)


class Report(msgspec.Struct):
    """The contract's report, and per device what makes up its sums."""

    sent: int
    stored: int
    duplicate: int
    dead_lettered: int
    missing: int
    alerts: list[AlertLine]
    notifications: list[NotificationLine]
    seconds: float
    devices: dict[str, DeviceLine]


def build(platform: Platform, before: Before, since: int, seconds: float) -> Report:
    """The figures of what was sent, stored, refused and raised since `since` (ms)."""
    state, registry = platform.state, platform.registry
    lines: dict[str, DeviceLine] = {}

    def line(device: str) -> DeviceLine:
        return lines.setdefault(device, DeviceLine())

    for device, count in _sent(state).items():
        line(device).sent = count
    stored = stored_by_device(registry, platform.runtime, platform.secrets, since)
    for device, count in stored.items():
        line(device).stored = count
    for device, count in dead_letters_by_device(state, since).items():
        line(device).dead_lettered = count
    for device, counted in ledger.read(state.ledger).items():
        line(device).duplicate = counted.duplicates - before.duplicates(device)
    book = Book(state.alerts_url)
    try:
        alarms = [a for a in book.alarms(open_only=False) if a.started_at >= since]
        told = [n for n in book.notifications() if n.created_at >= since]
    finally:
        book.close()
    return Report(
        sent=sum(one.sent for one in lines.values()),
        stored=sum(one.stored for one in lines.values()),
        duplicate=sum(one.duplicate for one in lines.values()),
        dead_lettered=sum(one.dead_lettered for one in lines.values()),
        missing=sum(one.missing for one in lines.values()),
        alerts=[AlertLine(a.rule, a.device, a.state, _rfc3339(a.started_at)) for a in alarms],
        notifications=[NotificationLine(n.channel, n.address, n.alarm, n.status) for n in told],
        seconds=round(seconds, 1),
        devices=dict(sorted(lines.items())),
    )


def table(report: Report) -> Table:
    """The report as a person reads it."""
    shown = Table(title="What this run did", title_justify="left", box=None, show_header=False)
    shown.add_column(style="bold")
    shown.add_column(justify="right")
    shown.add_column(style="dim")
    shown.add_row("sent", f"{report.sent:,}", "readings, counted at the devices")
    shown.add_row("stored", f"{report.stored:,}", "points, asked of InfluxDB")
    shown.add_row("dead-lettered", f"{report.dead_lettered:,}", "kenh deadletter list")
    shown.add_row("missing", f"{report.missing:,}", "sent, and neither stored nor refused")
    shown.add_row("duplicate", f"{report.duplicate:,}", "delivered again, stored once")
    shown.add_row("alarms", f"{len(report.alerts):,}", "kenh alerts list --all")
    shown.add_row("notifications", f"{len(report.notifications):,}", "see the inbox page")
    return shown


def stored_by_device(
    registry: Registry, runtime: Runtime, secrets: Secrets, since: int
) -> dict[str, int]:
    """How many readings InfluxDB has of each device, received at `since` (ms) or later."""
    found: dict[str, int] = {}
    sectors = ", ".join(f'"{sector}"' for sector in sorted({k.sector for k in KINDS.values()}))
    with client(runtime, secrets) as influx:
        for tenant in registry.tenants():
            series = influx.query(
                database(tenant.id),
                f'SELECT count("q") FROM {sectors} WHERE "received" >= {since} GROUP BY "device"',
            )
            for one in series:
                device = one.tags["device"]
                found[device] = found.get(device, 0) + int(one.values[0][1] or 0)
    return found


def dead_letters_by_device(state: State, since: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for folder in sorted(state.dead_letters.glob("*")):
        for entry in entries(folder, since=since):
            found[entry.device] = found.get(entry.device, 0) + 1
    return found


def _sent(state: State) -> dict[str, int]:
    """The simulators' own ledger of this run."""
    try:
        return dict(json.loads((state.demo / "sent.json").read_text()))
    except FileNotFoundError:
        return {}


class Before(msgspec.Struct, frozen=True):
    """What ingest had counted of each device before this run."""

    counts: ledger.Ledger

    @classmethod
    def now(cls, state: State) -> Before:
        return cls(ledger.read(state.ledger))

    def duplicates(self, device: str) -> int:
        return self.counts[device].duplicates if device in self.counts else 0


def _rfc3339(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
