"""Fake of eSMS.vn: sending, its status, and the receipt that it GETs from the sender."""

from __future__ import annotations

import hashlib
import re

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from simulators.inbox import behaviour
from simulators.inbox.messages import DAY_MS, Received
from simulators.inbox.settings import SMS_TEMPLATES
from simulators.inbox.world import World, json

CHANNEL = "esms"

CODES = {
    "99": "The phone number is blocked in the system",
    "101": "Authorize failed",
    "103": "Not enough balance to send message",
    "104": "Brandname code is not exist",
    "108": "Phone number is not in correct format",
    "118": "Sms type is not valid",
    "124": "Duplicate RequestId",
    "140": "IP is not whitelisted",
    "146": "Wrong customer care template",
    "177": "The network is not registered",
    "300": "SmsType is missing",
}
CARE_MESSAGE = "2"
LATE_FACTOR = 5

_REGISTERED = [re.compile(pattern) for pattern in SMS_TEMPLATES]


class _Asked(msgspec.Struct):
    ApiKey: str = ""
    SecretKey: str = ""
    Phone: str = ""
    Content: str = ""
    Brandname: str = ""
    SmsType: str = ""
    IsUnicode: str = "0"
    Sandbox: str = "0"
    RequestId: str = ""
    CallbackUrl: str = ""


def routes(world: World) -> APIRouter:
    found = APIRouter(prefix="/MainService.svc/json")

    @found.post("/SendMultipleMessage_V4_post_json")
    @found.post("/SendMultipleMessage_V4_post_json/")
    async def send(request: Request) -> Response:
        try:
            asked = msgspec.json.decode(await request.body(), type=_Asked)
        except msgspec.DecodeError:
            return _failed("118")
        code = _refuses_account(world, asked)
        if code:
            return _failed(code)
        mishap = world.behaviours.of(asked.Phone, CODES)
        answer = await world.before_taking(request, mishap)
        if answer is not None:
            return answer
        since = world.clock() - DAY_MS
        if asked.RequestId and world.messages.by_key(CHANNEL, asked.RequestId, since):
            return _failed("124")
        code = _refuses(asked) or (mishap if mishap in CODES else "")
        message = _keep(world, asked, code, mishap)
        if code:
            return _failed(code)
        _tell(world, asked, message)
        answer = await world.after_taking(request, mishap)
        return answer or json(
            {"CodeResult": "100", "CountRegenerate": 0, "SMSID": message.provider_id}
        )

    @found.get("/GetSendStatus")
    async def status(
        RefId: str = "",  # noqa: N803 - eSMS's names
        ApiKey: str = "",  # noqa: N803
        SecretKey: str = "",  # noqa: N803
    ) -> Response:
        settings = world.settings
        if (ApiKey, SecretKey) != (settings.esms_api_key, settings.esms_secret_key):
            return json({"CodeResponse": "101", "SMSID": RefId})
        message = world.messages.by_provider_id(CHANNEL, RefId)
        if message is None:
            return json({"CodeResponse": "105", "SMSID": RefId})
        return json({"CodeResponse": "100", **_state(world, message)})

    return found


def _refuses_account(world: World, asked: _Asked) -> str:
    settings = world.settings
    if (asked.ApiKey, asked.SecretKey) != (settings.esms_api_key, settings.esms_secret_key):
        return "101"
    if not asked.SmsType:
        return "300"
    if asked.SmsType != CARE_MESSAGE:
        return "118"
    return "104" if asked.Brandname != settings.esms_brandname else ""


def _refuses(asked: _Asked) -> str:
    if not re.fullmatch(r"(?:84|0)[1-9]\d{8}", asked.Phone):
        return "108"
    registered = any(pattern.fullmatch(asked.Content) for pattern in _REGISTERED)
    return "" if registered else "146"


def _keep(world: World, asked: _Asked, code: str, mishap: str) -> Received:
    digest = hashlib.sha256(f"{asked.RequestId}{len(world.messages)}".encode()).hexdigest()
    provider_id = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:32]}"
    return world.messages.add(
        Received(
            number=0,
            at=world.clock(),
            channel=CHANNEL,
            recipient=asked.Phone,
            text=asked.Content,
            taken=not code,
            code=code,
            key=asked.RequestId,
            provider_id="" if code else provider_id,
            fate=mishap,
        )
    )


def _tell(world: World, asked: _Asked, message: Received) -> None:
    """Send the receipt, as a GET on the sender's own address."""
    if not asked.CallbackUrl or message.fate == behaviour.RECEIPT_NEVER:
        return
    delay = world.settings.receipt_delay_s
    delays: tuple[float, ...] = (delay,)
    if message.fate == behaviour.RECEIPT_TWICE:
        delays = (delay, delay)
    elif message.fate == behaviour.RECEIPT_LATE:
        delays = (delay * LATE_FACTOR,)
    elif message.fate == behaviour.RECEIPT_EARLY:
        delays = (0.0,)
    failed = message.fate == behaviour.UNDELIVERED
    world.fetch_later(
        asked.CallbackUrl,
        {
            **_counts(message.provider_id, delivered=not failed, failed=failed),
            "RequestId": asked.RequestId,
            "TypeId": asked.SmsType,
            "telcoid": "1",
            "phonenumber": asked.Phone,
        },
        *delays,
    )


def _state(world: World, message: Received) -> dict[str, str | int]:
    """The poll's answer, with numbers where the receipt's query has words."""
    late = world.clock() - message.at >= world.settings.receipt_delay_s * 1000
    failed = late and message.fate == behaviour.UNDELIVERED
    counts = _counts(message.provider_id, delivered=world.arrived(message), failed=failed)
    return {name: said if name == "SMSID" else int(said) for name, said in counts.items()}


def _counts(provider_id: str, *, delivered: bool, failed: bool) -> dict[str, str]:
    """A message that failed carries SendStatus 5 as well, as eSMS's own sample does."""
    return {
        "SMSID": provider_id,
        "SendFailed": str(int(failed)),
        "SendStatus": "5" if delivered or failed else "2",
        "SendSuccess": str(int(delivered)),
        "TotalReceiver": "1",
        "TotalSent": "1",
    }


def _failed(code: str) -> Response:
    return json({"CodeResult": code, "CountRegenerate": 0, "ErrorMessage": CODES[code]})
