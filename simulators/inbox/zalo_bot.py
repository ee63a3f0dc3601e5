"""Fake of Zalo's bot: `/bot<token>/sendMessage`."""

from __future__ import annotations

import hmac

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulators.inbox.messages import Received
from simulators.inbox.world import World, json

CHANNEL = "zalo-bot"
MOST_LETTERS = 2000

CODES = {
    "400": "Bad request: chat not found",
    "401": "Unauthorized",
    "403": "Forbidden: bot was blocked by the user",
    "408": "Request timeout",
    "429": "Quota exceeded",
    "500": "Internal server error",
}


class _SendMessage(msgspec.Struct):
    chat_id: str
    text: str


def routes(world: World) -> APIRouter:
    found = APIRouter()

    @found.post("/bot{token}/sendMessage")
    async def send_message(token: str, request: Request) -> Response:
        if not hmac.compare_digest(token.encode(), world.settings.zalo_bot_token.encode()):
            return HTMLResponse("<html>Not Found</html>", 404)  # as public clients have seen it
        try:
            asked = msgspec.json.decode(await request.body(), type=_SendMessage)
        except msgspec.DecodeError as error:
            return _failed("400", f"Bad request: {error}")
        if not 1 <= len(asked.text) <= MOST_LETTERS:
            return _failed("400", "Bad request: text must have 1-2000 characters")
        mishap = world.behaviours.of(asked.chat_id, CODES)
        answer = await world.before_taking(request, mishap)
        if answer is not None:
            return answer
        message = Received(
            number=0,
            at=world.clock(),
            channel=CHANNEL,
            recipient=asked.chat_id,
            text=asked.text,
            fate=mishap,
        )
        if mishap in CODES:
            world.messages.add(msgspec.structs.replace(message, taken=False, code=mishap))
            return _failed(mishap, CODES[mishap])
        provider_id = f"{message.at:x}{len(world.messages):06x}"
        world.messages.add(msgspec.structs.replace(message, provider_id=provider_id))
        answer = await world.after_taking(request, mishap)
        return answer or json(
            {"ok": True, "result": {"message_id": provider_id, "date": message.at}}
        )

    return found


def _failed(code: str, description: str) -> Response:
    return json({"ok": False, "error_code": int(code), "description": description})
