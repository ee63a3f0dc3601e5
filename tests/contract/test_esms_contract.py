"""eSMS: its result codes, one RequestId sent once, receipts and their polling."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from alerts.channels import ChannelSettings
from alerts.channels.esms import NEXT_MOVES, Esms
from alerts.model import Accepted, Ambiguous, Delivered, Delivery, Event, Refused
from simulators.inbox.esms import CODES
from tests.contract.alerting import RunningInbox, message
from tests.services import wait_for

DAY = 24 * 3600 * 1000
ONE = message()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[RunningInbox]:
    running = RunningInbox(tmp_path / "inbox")
    running.start()
    yield running
    running.stop()


def use(settings: ChannelSettings, work: Callable[[Esms], Awaitable[None]]) -> None:
    async def whole() -> None:
        channel = Esms(settings)
        try:
            await work(channel)
        finally:
            await channel.close()

    asyncio.run(asyncio.wait_for(whole(), 30))


def send(settings: ChannelSettings, **changes: Any) -> Delivery:
    outcomes: list[Delivery] = []

    async def work(channel: Esms) -> None:
        outcomes.append(await channel.send(message(**changes)))

    use(settings, work)
    return outcomes[0]


@pytest.mark.parametrize("code", sorted(set(CODES) - {"124"}))
def test_every_result_code_has_its_next_move(inbox: RunningInbox, code: str) -> None:
    inbox.misbehave(ONE.address, code)
    assert send(inbox.channels()) == Refused(f"eSMS {code}: {CODES[code]}", NEXT_MOVES[code])


def test_the_moves_are_the_pages() -> None:
    assert set(NEXT_MOVES) == set(CODES) - {"124"}
    assert NEXT_MOVES["99"] == "next-channel"
    assert NEXT_MOVES["101"] == NEXT_MOVES["103"] == NEXT_MOVES["104"] == "administrators"
    assert NEXT_MOVES["108"] == NEXT_MOVES["300"] == "dead"
    assert NEXT_MOVES["146"] == "template"


def test_a_request_id_that_was_sent_already_counts_as_accepted(inbox: RunningInbox) -> None:
    assert isinstance(send(inbox.channels()), Accepted)
    assert send(inbox.channels()) == Accepted("")
    (taken,) = inbox.taken("esms")
    assert taken.key == ONE.key
    assert len(taken.key) <= 50
    inbox.clock.forward(DAY + 1)  # eSMS remembers for 24 h
    send(inbox.channels())
    assert len(inbox.taken("esms")) == 2


def test_the_fake_remembers_request_ids_over_a_restart(inbox: RunningInbox) -> None:
    send(inbox.channels())
    inbox.stop()
    inbox.start()
    assert send(inbox.channels()) == Accepted("")
    assert len(inbox.taken("esms")) == 1


def test_the_wrong_credentials_are_the_administrators_matter(inbox: RunningInbox) -> None:
    for changes in ({"esms_api_key": "wrong"}, {"esms_brandname": "OTHER"}):
        outcome = send(dataclasses.replace(inbox.channels(), **changes))  # type: ignore[arg-type]
        assert isinstance(outcome, Refused)
        assert outcome.next == "administrators"


def test_a_text_that_fits_no_template_is_refused_by_the_fake(inbox: RunningInbox) -> None:
    settings = inbox.settings
    answer = httpx.post(
        f"{inbox.url}/MainService.svc/json/SendMultipleMessage_V4_post_json/",
        json={
            "ApiKey": settings.esms_api_key,
            "SecretKey": settings.esms_secret_key,
            "Phone": "84912345678",
            "Content": "May bom so 2 hong, xin den ngay",
            "Brandname": settings.esms_brandname,
            "SmsType": "2",
        },
        trust_env=False,
    )
    assert answer.json()["CodeResult"] == "146"
    assert answer.json()["CountRegenerate"] == 0


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("unicode", [False, True])
def test_our_texts_fit_the_registered_templates(
    inbox: RunningInbox, event: Event, unicode: bool
) -> None:
    settings = dataclasses.replace(inbox.channels(), esms_unicode=unicode)
    for lang in ("vi", "en"):
        outcome = send(settings, event=event, lang=lang, key=f"{event}-{lang}")
        assert isinstance(outcome, Accepted), outcome
    said = [one.text for one in inbox.taken("esms")]
    assert all(one.isascii() for one in said) is not unicode


def test_the_status_is_judged_by_its_counts(inbox: RunningInbox) -> None:
    async def work(channel: Esms) -> None:
        sent = await channel.send(ONE)
        assert isinstance(sent, Accepted)
        assert await channel.status(sent.provider_id) == sent
        inbox.clock.forward(1000)
        assert await channel.status(sent.provider_id) == Delivered()
        inbox.misbehave(ONE.address, "undelivered")
        failed = await channel.send(message(key="k2"))
        assert isinstance(failed, Accepted)
        inbox.clock.forward(1000)
        outcome = await channel.status(failed.provider_id)
        assert isinstance(outcome, Refused)
        assert outcome.next == "next-channel"
        assert isinstance(await channel.status("unknown"), Ambiguous)

    use(inbox.channels(), work)


def test_a_failed_message_carries_send_status_5_too(inbox: RunningInbox) -> None:
    inbox.misbehave(ONE.address, "undelivered")
    outcome = send(inbox.channels())
    assert isinstance(outcome, Accepted)
    inbox.clock.forward(1000)
    said = httpx.get(
        f"{inbox.url}/MainService.svc/json/GetSendStatus",
        params={
            "RefId": outcome.provider_id,
            "ApiKey": inbox.settings.esms_api_key,
            "SecretKey": inbox.settings.esms_secret_key,
        },
        trust_env=False,
    ).json()
    assert (said["CodeResponse"], said["SendStatus"]) == ("100", 5)
    assert (said["SendFailed"], said["SendSuccess"]) == (1, 0)


# -- receipts


@pytest.fixture
def receipts() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that takes receipts: its address, and what it was told."""
    told: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.append({k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/receipts/unguessable", told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("mishap", "count", "success"),
    [
        ("", 1, "1"),
        ("undelivered", 1, "0"),
        ("receipt-twice", 2, "1"),
        ("receipt-late", 1, "1"),
        ("receipt-early", 1, "1"),
    ],
)
def test_the_fake_tells_of_a_delivery_by_get(
    inbox: RunningInbox,
    receipts: tuple[str, list[dict[str, str]]],
    mishap: str,
    count: int,
    success: str,
) -> None:
    url, told = receipts
    inbox.misbehave(ONE.address, mishap)
    outcome = send(dataclasses.replace(inbox.channels(), esms_callback_url=url))
    assert isinstance(outcome, Accepted)
    wait_for(lambda: len(told) == count, what="the receipts")
    assert told[0]["SMSID"] == outcome.provider_id
    assert told[0]["RequestId"] == ONE.key
    assert told[0]["SendSuccess"] == success
    assert told[0]["SendStatus"] == "5"


def test_a_receipt_may_be_missing(
    inbox: RunningInbox, receipts: tuple[str, list[dict[str, str]]]
) -> None:
    url, told = receipts
    settings = dataclasses.replace(inbox.channels(), esms_callback_url=url)
    inbox.misbehave(ONE.address, "receipt-never")
    send(settings)
    inbox.world.behaviours.by_recipient.clear()
    send(settings, key="k2")
    wait_for(lambda: told, what="the other one's receipt")
    assert [one["RequestId"] for one in told] == ["k2"]
