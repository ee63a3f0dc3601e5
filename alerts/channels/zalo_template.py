"""Zalo template messages by telephone number (ZBS, formerly ZNS)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import msgspec

from alerts import text
from alerts.channels.calls import Answer, call, client, clipped, decode
from alerts.channels.channel import ChannelSettings
from alerts.channels.phones import international
from alerts.channels.zalo_tokens import ZaloTokens
from alerts.errors import AlertsError
from alerts.model import (
    Accepted,
    Ambiguous,
    Delivered,
    Delivery,
    Message,
    Next,
    Refused,
    RetryAfter,
)

TOKEN_DIED = frozenset({-124, -216, -220, -242})
TOO_MANY = -32
TOO_MANY_PAUSE_MS = 60_000
"""4000 calls a minute and application."""
UNKNOWN = -100

NEXT_MOVES: dict[Next, frozenset[int]] = {
    # No Zalo there, refused by the user, or night: this person must be told otherwise.
    "next-channel": frozenset({-114, -118, -119, -139, -141, -133}),
    # Quota and money; set-up of the application and the account.
    "administrators": frozenset(
        {-115, -126, -137, -144, -147, -1471, -1472}
        | {-101, -102, -103, -104, -105, -135, -136, -1241, -1351}
    ),
    "template": frozenset({-109, -117, -131, -146}),
    # Our own fault: the number, a parameter, the JSON.
    "dead": frozenset({-108, -1121, -1122, -1124, -122, -132}),
}

TEMPLATE_REST_MS = 15 * 60_000
"""A refused template is left alone this long; then one message tries whether it is approved."""


class _Answer(msgspec.Struct):
    error: int
    message: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Sent(msgspec.Struct):
    msg_id: str | int = ""


class _Status(msgspec.Struct):
    status: int = -1


class ZaloTemplate:
    """`/message/template`. Zalo does not drop repeated tracking ids: never sent twice."""

    name = "zalo-template"
    idempotent = False

    def __init__(self, settings: ChannelSettings, clock: Callable[[], int]) -> None:
        if settings.zalo_tokens is None:
            raise AlertsError("zalo-template needs a file for its tokens: set zalo_tokens")
        self._settings = settings
        self._clock = clock
        self._web = client(settings.timeout_s, settings.proxy)
        self._tokens = ZaloTokens(
            settings.zalo_tokens,
            settings.zalo_refresh_token,
            settings.zalo_app_id,
            settings.zalo_app_secret,
            settings.zalo_oauth_url,
            self._web,
            clock,
        )
        self._rests_until = 0
        self._rests_since = ""

    async def send(self, message: Message) -> Delivery:
        if self._clock() < self._rests_until:
            return Refused(self._rests_since, "template")
        settings = self._settings
        mode = {"mode": "development"} if settings.zalo_development else {}
        content = msgspec.json.encode(
            {
                **mode,
                "phone": international(message.address),
                "template_id": settings.zalo_template_id,
                "template_data": text.template(message),
                "sending_mode": "1",
                "tracking_id": message.key,
            }
        )
        reply = await self._ask("POST", "/message/template", content=content)
        if not isinstance(reply, _Answer):
            return reply
        if reply.error == 0:
            sent = decode(bytes(reply.data), _Sent)
            return Accepted(str(sent.msg_id) if sent else "")
        return self._refusal(reply)

    async def status(self, provider_id: str) -> Delivery:
        reply = await self._ask("GET", "/message/status", params={"message_id": provider_id})
        if isinstance(reply, Refused | RetryAfter | Ambiguous):
            return Ambiguous(reply.why, provider_id)  # that we cannot ask says nothing about it
        said = decode(bytes(reply.data), _Status) if reply.error == 0 else None
        match said.status if said else -1:
            case 1:
                return Delivered()
            case 0:
                return Accepted(provider_id)
            case _:
                return Ambiguous("Zalo does not know what became of it", provider_id)

    async def close(self) -> None:
        await self._web.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: dict[str, str] | None = None,
    ) -> _Answer | Ambiguous | Refused | RetryAfter:
        """One call; a token that died is renewed once, and the call made again."""
        token = await self._tokens.access()
        for last in (False, True):
            if not isinstance(token, str):
                return token
            reply = await self._call(method, path, token, content, params)
            if not isinstance(reply, _Answer) or reply.error not in TOKEN_DIED or last:
                break
            token = await self._tokens.renew(token)
        if isinstance(reply, _Answer) and reply.error in TOKEN_DIED:
            return Refused(f"Zalo {reply.error}: a fresh token was refused too", "administrators")
        return reply

    async def _call(
        self,
        method: str,
        path: str,
        token: str,
        content: bytes | None,
        params: dict[str, str] | None,
    ) -> _Answer | Ambiguous | Refused | RetryAfter:
        settings = self._settings
        answer = await call(
            self._web,
            method,
            f"{settings.zalo_template_url}{path}",
            headers={
                "Content-Type": "application/json",
                "access_token": token,
                "appsecret_proof": proof(token, settings.zalo_app_secret),
            },
            content=content,
            params=params,
        )
        if not isinstance(answer, Answer):
            return answer
        reply = decode(answer.body, _Answer)
        if answer.status == 429:
            return RetryAfter(max(answer.retry_ms, TOO_MANY_PAUSE_MS), "Zalo: too many calls")
        if reply is None or answer.status >= 500:
            return Ambiguous(f"Zalo answered HTTP {answer.status} without a readable body")
        return reply

    def _refusal(self, reply: _Answer) -> Delivery:
        why = f"Zalo {reply.error}: {clipped(reply.message, self._tokens.secrets())}"
        if reply.error == TOO_MANY:
            return RetryAfter(TOO_MANY_PAUSE_MS, why)
        if reply.error == UNKNOWN:
            return Ambiguous(why)
        move = next_move(reply.error)
        if move == "template":
            self._rests_until = self._clock() + TEMPLATE_REST_MS
            self._rests_since = f"template {self._settings.zalo_template_id}: {why}"
        return Refused(why, move)


def next_move(code: int) -> Next:
    """What to do about an error code; one that nobody documented is the administrators' matter."""
    for move, codes in NEXT_MOVES.items():
        if code in codes:
            return move
    return "administrators"


def proof(token: str, app_secret: str) -> str:
    """`appsecret_proof`: lowercase hex HMAC-SHA256(key = app secret, message = access token)."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
