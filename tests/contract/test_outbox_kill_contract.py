"""The whole way with kill -9 in the middle: book, sender, real channels, faithful fakes."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.book import Book
from alerts.channels import ChannelSettings, make
from alerts.model import Status
from alerts.outbox import LEASE_MS, Sender
from registry.records import Contact
from tests.contract.alerting import FIRING, HandClock, RunningInbox
from tests.services import wait_for

PHONE = "84912345678"


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[RunningInbox]:
    running = RunningInbox(tmp_path / "inbox", hang_s=60.0)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'alerts.db'}"


def person(inbox: RunningInbox, *channels: str) -> list[Contact]:
    addresses = {"zalo-bot": "chat-1", "webhook": f"{inbox.url}/webhook/duty"}
    return [
        Contact(name, "cap-nuoc", "Trực ca", "water-duty", name, addresses.get(name, PHONE))
        for name in channels
    ]


async def _serve(url: str, settings: ChannelSettings, now: int, stop: asyncio.Event) -> None:
    channels = make(settings)
    try:
        with Book(url) as book:
            await Sender(book, channels, HandClock(now)).run(stop)
    finally:
        for channel in channels.values():
            await channel.close()


def _serve_until_killed(url: str, settings: ChannelSettings, now: int) -> None:
    asyncio.run(_serve(url, settings, now, asyncio.Event()))


def serve_until(url: str, settings: ChannelSettings, now: int, done: set[Status]) -> None:
    """A sender that ends when every notification has one of the statuses."""

    async def whole() -> None:
        stop = asyncio.Event()
        serving = asyncio.create_task(_serve(url, settings, now, stop))
        deadline = time.monotonic() + 20
        with Book(url) as book:
            while {one.status for one in book.notifications()} - done:
                assert time.monotonic() < deadline, book.notifications()
                await asyncio.sleep(0.02)
        stop.set()
        await serving

    asyncio.run(whole())


def test_refusals_lead_from_channel_to_channel(url: str, inbox: RunningInbox) -> None:
    inbox.misbehave("chat-1", "403")
    with Book(url) as book:
        phone = "84900000119"  # cannot receive on Zalo, says the fake
        contacts = [
            one
            if one.channel == "zalo-bot"
            else Contact(one.id, one.tenant, one.name, one.group, one.channel, phone)
            for one in person(inbox, "zalo-bot", "zalo-template", "esms")
        ]
        book.commit([FIRING], {}, None, FIRING.found, contacts)
    serve_until(url, inbox.channels(), FIRING.found, {Status.FAILED, Status.ACCEPTED})
    with Book(url) as book:
        told = {one.channel: (one.status, one.why) for one in book.notifications()}
    assert told["zalo-bot"][0] is told["zalo-template"][0] is Status.FAILED
    assert "403" in told["zalo-bot"][1]
    assert "-119" in told["zalo-template"][1]
    assert told["esms"] == (Status.ACCEPTED, "")
    assert [one.channel for one in inbox.world.messages.taken()] == ["esms"]


@pytest.mark.parametrize("channel", ["zalo-bot", "zalo-template", "esms", "webhook"])
def test_kill_9_while_a_message_is_being_sent(url: str, inbox: RunningInbox, channel: str) -> None:
    own = channel == "webhook"
    names = [channel] if own or channel == "esms" else [channel, "esms"]
    recipient = {"zalo-bot": "chat-1", "webhook": "duty"}.get(channel, PHONE)
    with Book(url) as book:
        book.commit([FIRING], {}, None, FIRING.found, person(inbox, *names))
    inbox.misbehave(recipient, "hang")
    settings = inbox.channels(timeout_s=30.0)
    victim = multiprocessing.get_context("spawn").Process(
        target=_serve_until_killed, args=(url, settings, FIRING.found)
    )
    victim.start()
    wait_for(lambda: inbox.taken(channel), what="the fake took it", seconds=60)
    victim.kill()
    victim.join(10)
    victim.close()
    inbox.world.behaviours.by_recipient.clear()
    after = FIRING.found + LEASE_MS
    serve_until(url, settings, after, {Status.DELIVERED, Status.ACCEPTED, Status.UNCONFIRMED})
    with Book(url) as book:
        told = {one.channel: one.status for one in book.notifications()}
    effective = [one for one in inbox.taken(channel) if not one.repeated]
    assert len(effective) == 1
    if channel in ("zalo-bot", "zalo-template"):
        assert len(inbox.taken(channel)) == 1  # asked nobody to send it again
        assert told == {channel: Status.UNCONFIRMED, "esms": Status.ACCEPTED}
        assert len(inbox.taken("esms")) == 1
    else:
        assert told == {channel: Status.DELIVERED if own else Status.ACCEPTED}
