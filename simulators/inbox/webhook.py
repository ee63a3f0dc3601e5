"""A receiver of alert webhooks, as a firm would write it: checks the signature, drops repeats."""

from __future__ import annotations

import datetime
import hashlib
import hmac

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from simulators.inbox.messages import Received
from simulators.inbox.world import World, json

CHANNEL = "webhook"
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))
CODES = ("400", "401", "404", "410", "500", "503")


class _Title(msgspec.Struct, forbid_unknown_fields=True):
    vi: str
    en: str


class _Links(msgspec.Struct, forbid_unknown_fields=True):
    alert: str | None
    dashboard: str | None


class _Alert(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    rule: str
    severity: str
    tenant: str
    site: str
    device: str
    title: _Title
    value: float | None
    unit: str
    limit: float | None
    started_at: str
    event_time: str
    cause: str | None
    links: _Links


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    """The contract's body; nothing else is taken."""

    version: int
    event: str
    historical: bool
    idempotency_key: str
    alert: _Alert


def routes(world: World) -> APIRouter:
    found = APIRouter()

    @found.post("/webhook")
    @found.post("/webhook/{name}")
    async def receive(request: Request, name: str = "") -> Response:
        raw = await request.body()
        given = request.headers.get("X-Kenh-Signature", "")
        digest = hmac.new(world.settings.webhook_secret.encode(), raw, hashlib.sha256).hexdigest()
        valid = hmac.compare_digest(given.encode(), f"sha256={digest}".encode())
        try:
            body = msgspec.json.decode(raw, type=_Body)
            text = _summary(body)
        except (msgspec.DecodeError, ValueError) as error:
            return json({"error": f"the body is not the contract's: {error}"}, 422)
        recipient = name or body.alert.tenant
        mishap = world.behaviours.of(recipient, CODES)
        answer = await world.before_taking(request, mishap)
        if answer is not None:
            return answer
        code = mishap if mishap in CODES else ""
        if not valid:
            code = "401"
        message = world.messages.add(
            Received(
                number=0,
                at=world.clock(),
                channel=CHANNEL,
                recipient=recipient,
                text=text,
                taken=not code,
                code=code,
                key=body.idempotency_key,
                event=body.event,
                severity=body.alert.severity,
                tenant=body.alert.tenant,
                alarm=body.alert.id,
                signature="valid" if valid else "invalid",
                repeated=world.messages.by_key(CHANNEL, body.idempotency_key) is not None,
                fate=mishap,
            )
        )
        if code:
            return json({"error": "refused"}, int(code))
        answer = await world.after_taking(request, mishap)
        return answer or json({"received": message.number})

    return found


def _summary(body: _Body) -> str:
    alert = body.alert
    lines = [alert.title.vi, alert.title.en, f"Nơi · Where: {alert.device}, {alert.site}"]
    if alert.value is not None:
        limit = "" if alert.limit is None else f" (ngưỡng · limit {_number(alert.limit)})"
        lines.append(f"Giá trị · Value: {_number(alert.value)} {alert.unit}{limit}")
    moment = datetime.datetime.fromisoformat(alert.event_time).astimezone(VIETNAM)
    lines.append(f"Lúc · Time: {moment:%H:%M:%S %d/%m/%Y}")
    return "\n".join(line for line in lines if line)


def _number(value: float) -> str:
    return f"{value:.4g}".replace(".", ",")
