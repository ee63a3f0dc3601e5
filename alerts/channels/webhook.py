"""Webhooks: the contract's JSON, signed, to a system of the tenant's own."""

from __future__ import annotations

import datetime
import hashlib
import hmac

import msgspec

from alerts.channels.calls import Answer, call, client
from alerts.channels.channel import ChannelSettings
from alerts.model import Accepted, Alarm, Delivered, Delivery, Message, Refused, RetryAfter

SIGNATURE = "X-Kenh-Signature"

LATER = (408, 425, 429)
"""Statuses by which a receiver says: not now."""


class Title(msgspec.Struct):
    vi: str
    en: str


class Links(msgspec.Struct):
    alert: str | None
    dashboard: str | None


class Alert(msgspec.Struct):
    id: str
    rule: str
    severity: str
    tenant: str
    site: str
    device: str
    title: Title
    value: float | None
    unit: str
    limit: float | None
    started_at: str
    event_time: str
    cause: str | None
    links: Links


class Body(msgspec.Struct):
    """The contract's body, version 1."""

    version: int
    event: str
    historical: bool
    idempotency_key: str
    alert: Alert


class Webhook:
    """POSTs to the contact's URL. Receivers drop an `idempotency_key` that they have seen."""

    name = "webhook"
    idempotent = True

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._web = client(settings.timeout_s, settings.proxy)

    async def send(self, message: Message) -> Delivery:
        content = body(message, self._settings)
        answer = await call(
            self._web,
            "POST",
            message.address,
            headers={
                "Content-Type": "application/json",
                SIGNATURE: signature(content, self._settings.webhook_secret),
            },
            content=content,
        )
        if not isinstance(answer, Answer):
            return answer
        if answer.ok:
            return Delivered()
        why = f"the receiver answered HTTP {answer.status}"
        if answer.status in LATER or answer.status >= 500:
            return RetryAfter(answer.retry_ms, why)
        return Refused(why, "dead")

    async def status(self, provider_id: str) -> Delivery:
        return Accepted(provider_id)

    async def close(self) -> None:
        await self._web.aclose()


def body(message: Message, settings: ChannelSettings) -> bytes:
    """The body; the same bytes at every try."""
    alarm = message.alarm
    return msgspec.json.encode(
        Body(
            version=1,
            event=message.event,
            historical=alarm.historical,
            idempotency_key=message.key,
            alert=Alert(
                id=alarm.id,
                rule=alarm.rule,
                severity=alarm.severity,
                tenant=alarm.tenant,
                site=alarm.site,
                device=alarm.device,
                title=Title(alarm.title_vi, alarm.title_en),
                value=alarm.value,
                unit=alarm.unit,
                limit=alarm.limit,
                started_at=rfc3339(alarm.started_at),
                event_time=rfc3339(alarm.event_time),
                cause=None,
                links=Links(
                    settings.alarm_link(alarm.id) or None, _dashboard(alarm, settings) or None
                ),
            ),
        )
    )


def signature(content: bytes, secret: str) -> str:
    """`sha256=<hex HMAC of the raw body>`."""
    return f"sha256={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}"


def rfc3339(at: int) -> str:
    """`2026-11-23T13:54:00.123Z`."""
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _dashboard(alarm: Alarm, settings: ChannelSettings) -> str:
    return settings.dashboard_link.format(
        tenant=alarm.tenant,
        site=alarm.site,
        device=alarm.device,
        area=alarm.area,
        sector=alarm.sector,
    )
