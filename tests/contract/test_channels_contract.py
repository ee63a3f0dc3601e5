"""One suite of behaviours for every channel, against its fake."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Self, TypeVar

import httpx
import msgspec
import pytest
import structlog

from alerts.channels import Channel, ChannelSettings, make
from alerts.model import (
    Accepted,
    Ambiguous,
    Delivered,
    Delivery,
    Event,
    Message,
    Refused,
    RetryAfter,
)
from app.ports import free_ports
from tests.contract.alerting import NOON, HandClock, RunningInbox, alarm, message

Result = TypeVar("Result")

CHANNELS = ("webhook", "zalo-bot", "zalo-template", "esms")
RECIPIENTS = {
    "webhook": "duty",
    "zalo-bot": "chat-1",
    "zalo-template": "84912345678",
    "esms": "84912345678",
}
REFUSALS = {
    "webhook": ("410", "dead"),
    "zalo-bot": ("403", "next-channel"),
    "zalo-template": ("-118", "next-channel"),
    "esms": ("99", "next-channel"),
}


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[RunningInbox]:
    running = RunningInbox(tmp_path / "inbox")
    running.start()
    yield running
    running.stop()


def use(
    settings: ChannelSettings, name: str, work: Callable[[Channel], Awaitable[Result]]
) -> Result:
    """Do `work` with one channel of these settings."""

    async def whole() -> Result:
        channels = make(settings, HandClock())
        try:
            return await asyncio.wait_for(_awaited(work, channels[name]), 30)
        finally:
            for channel in channels.values():
                await channel.close()

    return asyncio.run(whole())


async def _awaited(work: Callable[[Channel], Awaitable[Result]], channel: Channel) -> Result:
    return await work(channel)


def message_for(name: str, url: str, **changes: object) -> Message:
    address = f"{url}/webhook/duty" if name == "webhook" else RECIPIENTS[name]
    return message(address=address, **changes)


def send(settings: ChannelSettings, name: str, one: Message) -> Delivery:
    return use(settings, name, lambda channel: channel.send(one))


@pytest.mark.parametrize("name", CHANNELS)
def test_a_message_arrives_once_with_its_facts(inbox: RunningInbox, name: str) -> None:
    outcome = send(inbox.channels(), name, message_for(name, inbox.url))
    assert isinstance(outcome, Accepted if name in ("zalo-template", "esms") else Delivered)
    (taken,) = inbox.taken(name)
    assert taken.recipient == RECIPIENTS[name]
    assert taken.at == NOON
    title = "Ap luc nuoc thap" if name == "esms" else "Áp lực nước thấp"
    assert title in taken.text
    assert taken.alarm == alarm().id
    if name != "zalo-bot":
        assert taken.key == message().key


@pytest.mark.parametrize("name", CHANNELS)
def test_an_accepted_message_is_asked_about_until_it_arrives(
    inbox: RunningInbox, name: str
) -> None:
    async def work(channel: Channel) -> tuple[Delivery, Delivery, Delivery]:
        outcome = await channel.send(message_for(name, inbox.url))
        provider_id = outcome.provider_id if isinstance(outcome, Accepted) else ""
        before = await channel.status(provider_id)
        inbox.clock.forward(1000)
        return outcome, before, await channel.status(provider_id)

    outcome, before, after = use(inbox.channels(), name, work)
    assert isinstance(before, Accepted)
    if isinstance(outcome, Accepted):
        assert outcome.provider_id
        assert after == Delivered()


@pytest.mark.parametrize("name", CHANNELS)
def test_a_refusal_says_why_and_what_is_next(inbox: RunningInbox, name: str) -> None:
    code, move = REFUSALS[name]
    inbox.misbehave(RECIPIENTS[name], code)
    outcome = send(inbox.channels(), name, message_for(name, inbox.url))
    assert isinstance(outcome, Refused)
    assert outcome.next == move
    assert code in outcome.why
    assert inbox.taken(name) == []


@pytest.mark.parametrize("name", CHANNELS)
def test_a_hang_after_taking_is_ambiguous(inbox: RunningInbox, name: str) -> None:
    inbox.misbehave(RECIPIENTS[name], "hang")
    outcome = send(inbox.channels(timeout_s=0.3), name, message_for(name, inbox.url))
    assert outcome == Ambiguous("no answer in time")
    assert len(inbox.taken(name)) == 1


@pytest.mark.parametrize("name", CHANNELS)
def test_only_who_drops_repeats_claims_to(inbox: RunningInbox, name: str) -> None:
    async def work(channel: Channel) -> tuple[bool, list[Delivery]]:
        one = message_for(name, inbox.url)
        return channel.idempotent, [await channel.send(one), await channel.send(one)]

    idempotent, outcomes = use(inbox.channels(), name, work)
    assert all(isinstance(one, Accepted | Delivered) for one in outcomes)
    effective = [one for one in inbox.taken(name) if not one.repeated]
    assert idempotent == (name in ("webhook", "esms"))
    if idempotent:
        assert len(effective) == 1


@pytest.mark.parametrize("name", CHANNELS)
def test_too_many_calls_are_made_later(inbox: RunningInbox, name: str) -> None:
    inbox.misbehave(RECIPIENTS[name], "busy")
    outcome = send(inbox.channels(), name, message_for(name, inbox.url))
    assert isinstance(outcome, RetryAfter)
    assert outcome.ms >= 1000
    assert inbox.taken(name) == []


@pytest.mark.parametrize("name", CHANNELS)
def test_a_gateways_error_page_is_never_taken_for_success(inbox: RunningInbox, name: str) -> None:
    inbox.misbehave(RECIPIENTS[name], "broken")
    outcome = send(inbox.channels(), name, message_for(name, inbox.url))
    # A webhook's receiver drops repeats and has no status to ask for: it is simply tried again.
    assert isinstance(outcome, RetryAfter if name == "webhook" else Ambiguous)


@pytest.mark.parametrize("name", ["zalo-bot", "zalo-template", "esms"])
def test_an_unreadable_answer_is_ambiguous(inbox: RunningInbox, name: str) -> None:
    inbox.misbehave(RECIPIENTS[name], "garbled")
    outcome = send(inbox.channels(), name, message_for(name, inbox.url))
    assert isinstance(outcome, Ambiguous)


@pytest.mark.parametrize("name", CHANNELS)
def test_nobody_there_means_nothing_was_sent(tmp_path: Path, name: str) -> None:
    stopped = RunningInbox(tmp_path / "inbox")
    url = f"http://127.0.0.1:{free_ports('127.0.0.1', 1)[0]}"
    settings = stopped.settings.channels(url, tmp_path / "tokens.json")
    outcome = send(settings, name, message_for(name, url))
    assert isinstance(outcome, RetryAfter)
    assert "cannot be reached" in outcome.why


@pytest.mark.parametrize("name", CHANNELS)
def test_every_channel_works_on_ipv6_alone(tmp_path: Path, name: str) -> None:
    inbox = RunningInbox(tmp_path / "inbox", host="::1")
    inbox.start()
    try:
        outcome = send(inbox.channels(), name, message_for(name, inbox.url))
    finally:
        inbox.stop()
    assert isinstance(outcome, Accepted | Delivered)


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_event_in_every_language_passes_the_providers_checks(
    inbox: RunningInbox, name: str, event: Event, lang: str
) -> None:
    one = message_for(
        name,
        inbox.url,
        event=event,
        lang=lang,
        alarm=alarm(title_vi="Mực nước # & [sông] Hậu vượt báo động III", value=None),
        device_name="Trạm thủy văn số 2 – " * 8,
    )
    outcome = send(inbox.channels(), name, one)
    assert isinstance(outcome, Accepted | Delivered), outcome


def test_a_channel_without_its_secrets_is_not_made() -> None:
    assert make(ChannelSettings()) == {}


# -- secrets

SECRET_FIELDS = (
    "webhook_secret",
    "zalo_bot_token",
    "zalo_app_secret",
    "zalo_refresh_token",
    "esms_api_key",
    "esms_secret_key",
    "esms_callback_url",
)


class Ears:
    """Hears every log record of every logger, down to DEBUG."""

    def __init__(self) -> None:
        self.heard = io.StringIO()
        self._handler = logging.StreamHandler(self.heard)

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
        self._root_level = root.level
        root.addHandler(self._handler)
        root.setLevel(logging.DEBUG)
        for name in self._levels:
            logging.getLogger(name).setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._root_level)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)


def test_the_ears_hear_what_httpx_would_tell(inbox: RunningInbox) -> None:
    """The control: without our care the token stands in the log."""

    async def plain() -> None:
        async with httpx.AsyncClient(trust_env=False) as web:
            await web.post(f"{inbox.url}/bot{inbox.settings.zalo_bot_token}/sendMessage")

    with Ears() as ears:
        asyncio.run(plain())
    assert inbox.settings.zalo_bot_token in ears.heard.getvalue()


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("mishap", ["", "refuse", "hang", "broken", "garbled", "nobody", "401"])
def test_no_secret_is_ever_shown(
    inbox: RunningInbox, name: str, mishap: str, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = changed(
        inbox.channels(timeout_s=0.3), esms_callback_url="http://[::1]:9/unguessable-word"
    )
    secrets = [getattr(settings, field) for field in SECRET_FIELDS]
    assert all(secrets)
    if mishap == "refuse":
        mishap = REFUSALS[name][0]
    one = message_for(name, inbox.url)
    if mishap == "nobody":
        inbox.stop()
    elif mishap == "401" and name == "zalo-bot":
        settings = changed(settings, zalo_bot_token="another-secret-token")
        secrets.append("another-secret-token")
    elif mishap:
        inbox.misbehave(RECIPIENTS[name], mishap)
    with Ears() as ears:
        structlog.reset_defaults()
        outcome = send(settings, name, one)
    if settings.zalo_tokens is not None and settings.zalo_tokens.exists():
        pair = msgspec.json.decode(settings.zalo_tokens.read_bytes())
        secrets += [pair["access_token"], pair["refresh_token"]]
    printed = capfd.readouterr()
    shown = ears.heard.getvalue() + repr(outcome) + repr(settings) + printed.out + printed.err
    for secret in secrets:
        assert secret not in shown


def changed(settings: ChannelSettings, **changes: str) -> ChannelSettings:
    return dataclasses.replace(settings, **changes)  # type: ignore[arg-type]
