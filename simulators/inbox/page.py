"""What the inbox page shows: messages as people read them, newest first. Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping

import msgspec

from simulators.inbox.messages import Messages, Received

VIETNAM = datetime.timezone(datetime.timedelta(hours=7), "Asia/Ho_Chi_Minh")
SHOWN = 200

CHANNELS = {
    "zalo-bot": "Zalo bot",
    "zalo-template": "Zalo ZBS",
    "esms": "SMS",
    "webhook": "Webhook",
}

_EVENTS = {
    "firing": ("Báo động", "Alarm"),
    "acknowledged": ("Đã xác nhận", "Acknowledged"),
    "resolved": ("Hết báo động", "Resolved"),
}
_SEVERITIES = {
    "critical": ("Khẩn cấp", "Critical"),
    "major": ("Nghiêm trọng", "Major"),
    "minor": ("Nhẹ", "Minor"),
    "info": ("Thông tin", "Info"),
}
# What a message without fields of its own says about itself, the more telling words first.
_EVENT_WORDS = {
    "resolved": ("HẾT BÁO ĐỘNG", "HET BAO DONG", "RESOLVED"),
    "acknowledged": ("ĐÃ XÁC NHẬN", "DA XAC NHAN", "ACKNOWLEDGED"),
    "firing": ("BÁO ĐỘNG", "BAO DONG", "ALARM"),
}
_SEVERITY_WORDS = {
    "critical": ("Khẩn cấp", "Khan cap", "Critical"),
    "major": ("Nghiêm trọng", "Nghiem trong", "Major"),
    "minor": ("Nhẹ", "Nhe:", "Minor"),
    "info": ("Thông tin", "Thong tin", "Info"),
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One message on the page; each pair is Vietnamese and English."""

    message: Received
    channel: str
    clock: str
    date: str
    iso: str
    event: tuple[str, str]
    severity: tuple[str, str]
    mood: str
    lines: list[str]


class Page(msgspec.Struct, frozen=True):
    shown: list[Shown]
    total: int
    counts: dict[str, int]
    hidden: int


def page(messages: Messages, limit: int = SHOWN) -> Page:
    counts = Counter(one.channel for one in messages)
    shown = [_shown(one) for one in messages.newest(limit)]
    return Page(
        shown,
        len(messages),
        {name: counts[name] for name in CHANNELS},
        max(0, len(messages) - len(shown)),
    )


def _shown(one: Received) -> Shown:
    event = one.event or _said(one.text, _EVENT_WORDS)
    severity = one.severity or _said(one.text, _SEVERITY_WORDS)
    local = datetime.datetime.fromtimestamp(one.at / 1000, VIETNAM)
    return Shown(
        message=one,
        channel=CHANNELS.get(one.channel, one.channel),
        clock=local.strftime("%H:%M:%S"),
        date=local.strftime("%d/%m/%Y"),
        iso=local.isoformat(timespec="milliseconds"),
        event=_EVENTS.get(event, ("", "")),
        severity=_SEVERITIES.get(severity, ("", "")),
        mood="refused" if not one.taken else _mood(event, severity),
        lines=[line for line in one.text.splitlines() if line.strip()],
    )


def _mood(event: str, severity: str) -> str:
    return event if event in ("resolved", "acknowledged") else severity or "info"


def _said(text: str, words: Mapping[str, tuple[str, ...]]) -> str:
    """The first name one of whose words the text has, "" for none."""
    return next((name for name, said in words.items() if any(w in text for w in said)), "")
