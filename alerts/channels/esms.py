"""SMS by eSMS.vn, under a brand name whose texts are registered as a template."""

from __future__ import annotations

import msgspec

from alerts import text
from alerts.channels.calls import Answer, call, client, clipped, decode
from alerts.channels.channel import ChannelSettings
from alerts.channels.phones import international
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

TAKEN = "100"
TAKEN_BEFORE = "124"
"""This RequestId was taken within the last 24 h: it has been sent already."""

CARE_MESSAGE = "2"
"""SmsType of customer care under a brand name."""

NEXT_MOVES: dict[str, Next] = {
    "99": "next-channel",  # the number is blocked
    "101": "administrators",  # credentials
    "103": "administrators",  # balance
    "104": "administrators",  # brand name
    "108": "dead",  # the number is none
    "118": "dead",  # type
    "140": "administrators",  # our address is not allowed
    "146": "template",  # the text fits no registered template
    "177": "administrators",  # the brand name is not registered with this network
    "300": "dead",  # type missing
}


class _Sent(msgspec.Struct):
    CodeResult: str | int
    SMSID: str = ""
    ErrorMessage: str = ""


class _Status(msgspec.Struct):
    CodeResponse: str | int = ""
    SendFailed: int = 0
    SendSuccess: int = 0


class Esms:
    """`SendMultipleMessage_V4_post_json` with our key as `RequestId`: one key is sent once."""

    name = "esms"
    idempotent = True

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._web = client(settings.timeout_s, settings.proxy)

    async def send(self, message: Message) -> Delivery:
        settings = self._settings
        said = text.sms(
            message, settings.alarm_link(message.alarm.id), diacritics=settings.esms_unicode
        )
        body = {
            "ApiKey": settings.esms_api_key,
            "SecretKey": settings.esms_secret_key,
            "Phone": international(message.address),
            "Content": said,
            "Brandname": settings.esms_brandname,
            "SmsType": CARE_MESSAGE,
            "IsUnicode": "1" if settings.esms_unicode else "0",
            "RequestId": message.key,
        }
        if settings.esms_callback_url:
            body["CallbackUrl"] = settings.esms_callback_url
        if settings.esms_sandbox:
            body["Sandbox"] = "1"
        answer = await call(
            self._web,
            "POST",
            f"{settings.esms_url}/SendMultipleMessage_V4_post_json/",
            headers={"Content-Type": "application/json"},
            content=msgspec.json.encode(body),
        )
        if not isinstance(answer, Answer):
            return answer
        return self._outcome(answer)

    async def status(self, provider_id: str) -> Delivery:
        """Judged by the counts: failed messages have been seen with a sent one's SendStatus."""
        settings = self._settings
        answer = await call(
            self._web,
            "GET",
            f"{settings.esms_url}/GetSendStatus",
            params={
                "RefId": provider_id,
                "ApiKey": settings.esms_api_key,
                "SecretKey": settings.esms_secret_key,
            },
        )
        if not isinstance(answer, Answer):
            return Ambiguous(answer.why, provider_id)
        reply = decode(answer.body, _Status)
        if reply is None or str(reply.CodeResponse) != TAKEN:
            return Ambiguous("eSMS does not know what became of it", provider_id)
        if reply.SendSuccess > 0:
            return Delivered()
        if reply.SendFailed > 0:
            return Refused("eSMS: the network could not deliver it", "next-channel")
        return Accepted(provider_id)

    async def close(self) -> None:
        await self._web.aclose()

    def _outcome(self, answer: Answer) -> Delivery:
        reply = decode(answer.body, _Sent)
        if answer.status == 429:
            return RetryAfter(answer.retry_ms, "eSMS: too many calls")
        if reply is None or not answer.ok:
            return Ambiguous(f"eSMS answered HTTP {answer.status} without a readable body")
        code = str(reply.CodeResult)
        if code in (TAKEN, TAKEN_BEFORE):
            return Accepted(reply.SMSID)
        settings = self._settings
        secrets = (settings.esms_api_key, settings.esms_secret_key, settings.esms_callback_url)
        why = f"eSMS {code}: {clipped(reply.ErrorMessage, secrets)}"
        return Refused(why, NEXT_MOVES.get(code, "administrators"))
