"""Fake of Zalo's template messages: `/message/template`, `/message/status`, `/message/quota`."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import unicodedata

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from simulators.inbox.messages import Received
from simulators.inbox.settings import TEMPLATE_PARAMETERS
from simulators.inbox.world import World, json
from simulators.inbox.zalo_oauth import Oauth

CHANNEL = "zalo-template"
LONGEST_TRACKING_ID = 48
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))
NIGHT_FROM, NIGHT_TO = 22, 6

CODES = {
    "-32": "Api rate limit exceeded",
    "-100": "Unknown error",
    "-101": "Application invalid",
    "-108": "Phone number is invalid",
    "-109": "Template ID is invalid",
    "-1121": "Template data exceeds the allowed length",
    "-1122": "Template data is missing a parameter",
    "-1124": "Template data has an invalid format",
    "-1241": "appsecret_proof provided in the API is invalid",
    "-114": "User is inactive, or reject the message",
    "-115": "Out of quota",
    "-117": "OA or App was not permitted to use this template",
    "-118": "Zalo account not existed",
    "-119": "Account can not receive message",
    "-122": "Body data has invalid format",
    "-124": "Access token is invalid",
    "-126": "Out of quota (development mode)",
    "-131": "ZNS template has not been approved",
    "-132": "Parameter is invalid",
    "-133": "This template is not allowed to send at night (22h - 6h)",
    "-135": "OA does not have permission to send ZNS",
    "-137": "Payment failed",
    "-139": "User refused this type of message",
    "-141": "User refused messages from this Official Account",
    "-144": "OA has reached the daily quota",
    "-146": "Template is disabled",
    "-147": "Template has reached the daily quota",
}


class _Asked(msgspec.Struct):
    phone: str
    template_id: str
    template_data: dict[str, msgspec.Raw]
    tracking_id: str
    sending_mode: str = "1"
    mode: str = ""


class _Template:
    """The checks of one message, in Zalo's order."""

    def __init__(self, world: World, oauth: Oauth) -> None:
        self._world = world
        self._oauth = oauth

    def refuses_caller(self, request: Request) -> str:
        """The code for a wrong token or proof, "" for a caller who may."""
        token = request.headers.get("access_token", "")
        if not self._oauth.is_valid(token):
            return "-124"
        given = request.headers.get("appsecret_proof")
        secret = self._world.settings.zalo_app_secret
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return "-1241" if given is not None and given != proof else ""

    def refuses(self, asked: _Asked, data: dict[str, str] | None) -> str:
        """The code for a message that is wrong in itself or comes at a wrong time, else ""."""
        world = self._world
        if not re.fullmatch(r"84[1-9]\d{8}", asked.phone):
            return "-108"
        if asked.template_id != world.settings.zalo_template_id:
            return "-109"
        if asked.template_id in world.behaviours.unapproved_templates:
            return "-131"
        if not 1 <= len(asked.tracking_id) <= LONGEST_TRACKING_ID:
            return "-132"
        return self._refuses_data(data) or self._refuses_now()

    @staticmethod
    def _refuses_data(data: dict[str, str] | None) -> str:
        if data is None:
            return "-1124"
        if any(not data.get(name) for name in TEMPLATE_PARAMETERS):
            return "-1122"
        composed = {name: unicodedata.normalize("NFC", value) for name, value in data.items()}
        if any(len(composed[name]) > most for name, most in TEMPLATE_PARAMETERS.items()):
            return "-1121"
        return ""

    def _refuses_now(self) -> str:
        world = self._world
        hour = _local(world.clock()).hour
        if world.behaviours.night_window and (hour >= NIGHT_FROM or hour < NIGHT_TO):
            return "-133"
        return "-144" if remaining(world) <= 0 else ""


def routes(world: World, oauth: Oauth) -> APIRouter:
    found = APIRouter()
    template = _Template(world, oauth)

    @found.post("/message/template")
    async def send(request: Request) -> Response:
        code = template.refuses_caller(request)
        if code:
            return _failed(code)
        try:
            asked = msgspec.json.decode(await request.body(), type=_Asked)
        except msgspec.DecodeError:
            return _failed("-122")
        mishap = world.behaviours.of(asked.phone, CODES)
        answer = await world.before_taking(request, mishap)
        if answer is not None:
            return answer
        data = _strings(asked.template_data)
        code = template.refuses(asked, data) or (mishap if mishap in CODES else "")
        provider_id = "" if code else hashlib.sha256(asked.tracking_id.encode()).hexdigest()[:20]
        message = world.messages.add(
            Received(
                number=0,
                at=world.clock(),
                channel=CHANNEL,
                recipient=asked.phone,
                text=_rendered(data or {}),
                taken=not code,
                code=code,
                key=asked.tracking_id,
                alarm=(data or {}).get("code", ""),
                provider_id=provider_id,
                repeated=world.messages.by_key(CHANNEL, asked.tracking_id) is not None,
                fate=mishap,
                details=data or {},
            )
        )
        if code:
            return _failed(code)
        answer = await world.after_taking(request, mishap)
        return answer or json(
            {
                "error": 0,
                "message": "Success",
                "data": {
                    "msg_id": provider_id,
                    "sent_time": str(message.at),
                    "sending_mode": asked.sending_mode,
                    "quota": _quota(world),
                },
            }
        )

    @found.get("/message/status")
    async def status(request: Request, message_id: str = "") -> Response:
        code = template.refuses_caller(request)
        if code:
            return _failed(code)
        message = world.messages.by_provider_id(CHANNEL, message_id)
        said = -1 if message is None else int(world.arrived(message))
        return json({"error": 0, "message": "Success", "data": {"status": said}})

    @found.get("/message/quota")
    async def quota(request: Request) -> Response:
        code = template.refuses_caller(request)
        return _failed(code) if code else _ok(_quota(world))

    @found.get("/template/info/v2")
    async def info(request: Request, template_id: str = "") -> Response:
        code = template.refuses_caller(request)
        if code or template_id != world.settings.zalo_template_id:
            return _failed(code or "-109")
        refused = template_id in world.behaviours.unapproved_templates
        parameters = [
            {"name": name, "require": True, "type": "STRING", "maxLength": most}
            for name, most in TEMPLATE_PARAMETERS.items()
        ]
        return _ok(
            {
                "templateId": template_id,
                "status": "PENDING_REVIEW" if refused else "ENABLE",
                "listParams": parameters,
            }
        )

    return found


def remaining(world: World) -> int:
    """What is left of today's quota; the day is Vietnam's."""
    today = _local(world.clock()).date()
    sent = sum(1 for one in world.messages.taken(CHANNEL) if _local(one.at).date() == today)
    return world.settings.zalo_daily_quota - sent


def _quota(world: World) -> dict[str, str]:
    """Numbers as strings, as Zalo writes them."""
    return {
        "dailyQuota": str(world.settings.zalo_daily_quota),
        "remainingQuota": str(remaining(world)),
    }


def _strings(data: dict[str, msgspec.Raw]) -> dict[str, str] | None:
    """The parameters; None where one is no string."""
    try:
        return {name: msgspec.json.decode(value, type=str) for name, value in data.items()}
    except msgspec.DecodeError:
        return None


def _rendered(data: dict[str, str]) -> str:
    """The approved template with its parameters, as the recipient sees it."""
    lines = (
        data.get("state", ""),
        data.get("title", ""),
        f"Nơi: {data.get('place', '')}",
        f"Giá trị: {data.get('value', '')}",
        f"Lúc: {data.get('time', '')}",
    )
    return "\n".join(lines)


def _local(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at / 1000, VIETNAM)


def _ok(data: object) -> Response:
    return json({"error": 0, "message": "Success", "data": data})


def _failed(code: str) -> Response:
    return json({"error": int(code), "message": CODES[code], "data": {}})
