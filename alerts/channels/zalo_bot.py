"""Zalo bot: a chat message to a duty crew. The token stands in the URL, so none is ever shown."""

from __future__ import annotations

import msgspec

from alerts import text
from alerts.channels.calls import Answer, call, client, clipped, decode
from alerts.channels.channel import ChannelSettings
from alerts.model import Accepted, Ambiguous, Delivered, Delivery, Message, Refused, RetryAfter

TOO_MANY = 429
TOO_MANY_PAUSE_MS = 10_000


class _Answer(msgspec.Struct):
    ok: bool
    error_code: int = 0
    description: str = ""


class ZaloBot:
    """`sendMessage`. Zalo knows no keys here and tells nothing later: an unanswered call stays
    ambiguous."""

    name = "zalo-bot"
    idempotent = False

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._web = client(settings.timeout_s, settings.proxy)

    async def send(self, message: Message) -> Delivery:
        settings = self._settings
        said = text.bot(message, settings.alarm_link(message.alarm.id))
        answer = await call(
            self._web,
            "POST",
            f"{settings.zalo_bot_url}/bot{settings.zalo_bot_token}/sendMessage",
            headers={"Content-Type": "application/json"},
            content=msgspec.json.encode({"chat_id": message.address, "text": said}),
        )
        if not isinstance(answer, Answer):
            return answer
        reply = decode(answer.body, _Answer)
        if reply is None:
            return _unreadable(answer)
        return Delivered() if reply.ok else _refusal(reply, answer, settings.zalo_bot_token)

    async def status(self, provider_id: str) -> Delivery:
        return Accepted(provider_id)

    async def close(self) -> None:
        await self._web.aclose()


def _unreadable(answer: Answer) -> Delivery:
    """Zalo answers a wrong token with a page that is no JSON (seen by public clients)."""
    if answer.status in (401, 403, 404):
        return Refused(
            f"Zalo answered HTTP {answer.status}: check the bot's token", "administrators"
        )
    if answer.status == TOO_MANY:
        return RetryAfter(max(answer.retry_ms, TOO_MANY_PAUSE_MS), "Zalo: too many messages")
    return Ambiguous(f"Zalo answered HTTP {answer.status} without a readable body")


def _refusal(reply: _Answer, answer: Answer, token: str) -> Delivery:
    """The documentation names no codes; they follow HTTP's, as every public client reads them."""
    why = f"Zalo {reply.error_code}: {clipped(reply.description, (token,))}"
    code = reply.error_code
    if code == TOO_MANY:
        return RetryAfter(max(answer.retry_ms, TOO_MANY_PAUSE_MS), why)
    if code in (401, 404):
        return Refused(f"{why}; check the bot's token", "administrators")
    if code == 408 or code >= 500:
        return Ambiguous(why)
    return Refused(why, "next-channel")
