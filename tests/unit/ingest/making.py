"""Homes, readings and messages for the tests of ingest."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ingest.mqtt import Publish
from registry.directory import Home
from telemetry.model import Reading

NOW = 1_760_000_000_000


def home(device: str = "pressure-1", kind: str = "water-pressure-logger") -> Home:
    sector = {"machine-monitor": "industry"}.get(kind, "water")
    return Home(device, "acme", "north", "93", kind, sector, "Name", "Site", 9.8, 105.5)


def reading(
    seq: int = 0,
    *,
    device: str = "pressure-1",
    boot: int = 1,
    ts: int = NOW,
    received: int = NOW,
    tenant: str = "acme",
    flags: int = 0,
    values: Mapping[str, float] | None = None,
) -> Reading:
    return Reading(
        device,
        tenant,
        "north",
        "93",
        "water-pressure-logger",
        "water",
        ts,
        received,
        seq,
        boot,
        0,
        flags,
        dict(values or {"pressure": 3.25}),
    )


class Registered:
    """A directory in memory that can be changed."""

    def __init__(self, *homes: Home) -> None:
        self.homes = {one.device: one for one in homes}
        self.refreshes = 0
        self.changed = False
        self.closed = False

    def get(self, device: str) -> Home | None:
        return self.homes.get(device)

    def refresh(self) -> bool:
        self.refreshes += 1
        changed, self.changed = self.changed, False
        return changed

    def close(self) -> None:
        self.closed = True


def message(
    payload: bytes | object,
    *,
    device: str = "pressure-1",
    packet_id: int = 1,
    dup: bool = False,
    retain: bool = False,
) -> Publish:
    """A message of a device; anything but bytes is encoded as JSON."""
    data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    return Publish(f"kenh/1/{device}/up/telemetry".encode(), data, packet_id, dup, retain)


def sample(
    seq: int | None = None,
    boot: int | None = None,
    ts: int | None = None,
    oldest: int | None = None,
    **values: float,
) -> dict[str, object]:
    """A telemetry object; values default to one good pressure."""
    body: dict[str, object] = {"values": values or {"pressure": 3.25}}
    counted = {"seq": seq, "boot": boot, "ts": ts, "oldest": oldest}
    return body | {key: value for key, value in counted.items() if value is not None}
