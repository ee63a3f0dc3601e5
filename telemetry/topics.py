"""MQTT topics: `kenh/1/<device>/up/<channel>` from the device, `…/down/<channel>` to it."""

from __future__ import annotations

import re

PREFIX = "kenh/1"
RESERVED = "kenh-"
"""Ids that begin so are the platform's own (`kenh-admin`, `kenh-ingest`)."""

_ID = re.compile(r"[a-z0-9-]{3,64}")


def up(device: str, channel: str) -> str:
    """The topic that `device` writes to: `channel` is `telemetry`, `state`, …"""
    return f"{PREFIX}/{device}/up/{channel}"


def down(device: str, channel: str) -> str:
    """The topic that `device` reads: `channel` is `stored`, `config`, …"""
    return f"{PREFIX}/{device}/down/{channel}"


def parse_up(topic: str) -> tuple[str, str] | None:
    """The device and the channel of an `up` topic; None for any other topic."""
    match topic.split("/", 4):
        case ["kenh", "1", device, "up", channel] if channel and is_device_id(device):
            return device, channel
    return None


def is_id(text: str) -> bool:
    """Whether `text` has the form of an id: 3 to 64 characters of `a-z 0-9 -`."""
    return _ID.fullmatch(text) is not None


def is_device_id(text: str) -> bool:
    """Whether a device can have this id: an id that the platform has not reserved."""
    return is_id(text) and not text.startswith(RESERVED)
