"""The alert webhook: exactly the contract's body, signed."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.channels import ChannelSettings
from alerts.channels.webhook import Webhook, body, signature
from alerts.model import Delivered, Delivery, Event, Message, Refused, RetryAfter, State
from tests.contract.alerting import NOON, RunningInbox, alarm, message


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[RunningInbox]:
    running = RunningInbox(tmp_path / "inbox")
    running.start()
    yield running
    running.stop()


def send(settings: ChannelSettings, one: Message) -> Delivery:
    async def whole() -> Delivery:
        channel = Webhook(settings)
        try:
            return await channel.send(one)
        finally:
            await channel.close()

    return asyncio.run(asyncio.wait_for(whole(), 30))


def test_the_body_is_the_contracts() -> None:
    settings = ChannelSettings(
        link_base="https://kenh.example/",
        dashboard_link="https://grafana.example/d/{sector}?var-site={site}&var-device={device}",
    )
    assert json.loads(body(message(), settings)) == {
        "version": 1,
        "event": "firing",
        "historical": False,
        "idempotency_key": message().key,
        "alert": {
            "id": "abcdefghijklm",
            "rule": "water.pressure.low",
            "severity": "major",
            "tenant": "cap-nuoc",
            "site": "vi-thanh",
            "device": "pl-01",
            "title": {"vi": "Áp lực nước thấp", "en": "Low water pressure"},
            "value": 1.32,
            "unit": "bar",
            "limit": 1.5,
            "started_at": "2023-11-15T04:50:00.000Z",
            "event_time": "2023-11-15T04:50:00.000Z",
            "cause": None,
            "links": {
                "alert": "https://kenh.example/alarms/abcdefghijklm",
                "dashboard": "https://grafana.example/d/water?var-site=vi-thanh&var-device=pl-01",
            },
        },
    }


def test_what_there_is_not_is_null() -> None:
    said = json.loads(body(message(alarm=alarm(value=None, limit=None)), ChannelSettings()))
    assert said["alert"]["value"] is None
    assert said["alert"]["limit"] is None
    assert said["alert"]["links"] == {"alert": None, "dashboard": None}


@pytest.mark.parametrize("event", Event)
def test_every_event_is_named_as_in_the_contract(inbox: RunningInbox, event: Event) -> None:
    one = message(event=event, alarm=alarm(state=State.RESOLVED), address=f"{inbox.url}/webhook")
    assert send(inbox.channels(), one) == Delivered()
    (taken,) = inbox.taken("webhook")
    assert (taken.event, taken.signature, taken.recipient) == (event, "valid", "cap-nuoc")
    assert taken.at == NOON


def test_the_signature_is_of_the_raw_body() -> None:
    expected = hmac.new(b"key", b"content", hashlib.sha256).hexdigest()
    assert signature(b"content", "key") == f"sha256={expected}"


def test_a_receiver_with_another_secret_refuses_and_shows_it(inbox: RunningInbox) -> None:
    settings = dataclasses.replace(inbox.channels(), webhook_secret="another")
    outcome = send(settings, message(address=f"{inbox.url}/webhook/duty"))
    assert outcome == Refused("the receiver answered HTTP 401", "dead")
    (kept,) = inbox.world.messages
    assert (kept.signature, kept.taken, kept.code) == ("invalid", False, "401")


@pytest.mark.parametrize(
    ("mishap", "expected"),
    [
        ("500", RetryAfter(0, "the receiver answered HTTP 500")),
        ("503", RetryAfter(0, "the receiver answered HTTP 503")),
        ("busy", RetryAfter(1000, "the receiver answered HTTP 429")),
        ("404", Refused("the receiver answered HTTP 404", "dead")),
    ],
)
def test_statuses_say_whether_to_come_again(
    inbox: RunningInbox, mishap: str, expected: Delivery
) -> None:
    inbox.misbehave("duty", mishap)
    assert send(inbox.channels(), message(address=f"{inbox.url}/webhook/duty")) == expected


@pytest.mark.parametrize("address", ["", "no url", "ftp://[::1]/x", "http://", "http://[::1"])
def test_an_address_that_is_no_url_is_said_so(inbox: RunningInbox, address: str) -> None:
    outcome = send(inbox.channels(), message(address=address))
    assert isinstance(outcome, Refused)
    assert "no URL" in outcome.why


def test_the_same_bytes_go_out_at_every_try() -> None:
    assert body(message(), ChannelSettings()) == body(message(), ChannelSettings())
