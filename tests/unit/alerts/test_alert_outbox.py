"""The sender: what survives kills, what is never repeated, who is reached in the end."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.book import Book
from alerts.model import (
    Accepted,
    Ambiguous,
    Delivered,
    Delivery,
    Message,
    Refused,
    RetryAfter,
    Status,
)
from alerts.outbox import CONCURRENCY, LEASE_MS, Sender
from alerts.verdict import POLLS
from tests.contract.alerting import BOT, FIRING, HOOK, RESOLVED, SMS, HandClock

UNFINISHED = (Status.QUEUED, Status.SENDING, Status.WAITING)


class Killed(BaseException):
    """The process dies here: nothing behind this point happens."""


@dataclass
class Provider:
    """A channel and its far end, which keeps what it took. `plan` says how the next calls go."""

    name: str
    idempotent: bool
    plan: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    took: list[str] = field(default_factory=list)
    fate: Delivery = field(default_factory=Delivered)
    messages: list[Message] = field(default_factory=list)
    gate: asyncio.Event | None = None
    under_way: int = 0
    most_under_way: int = 0

    async def send(self, message: Message) -> Delivery:
        self.messages.append(message)
        if self.gate is not None:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            await self.gate.wait()
            self.under_way -= 1
        self.calls[message.key] += 1
        step = self.plan.pop(0) if self.plan else "deliver"
        if step == "die-before":
            raise Killed
        if step == "busy":
            return RetryAfter(0, "busy")
        if step == "refuse":
            return Refused("refused", "next-channel")
        if step == "lost":
            return Ambiguous("no answer")
        self._take(message.key)
        match step:
            case "die-after":
                raise Killed
            case "hang":
                return Ambiguous("no answer")
            case "accept":
                return Accepted(f"id-{message.key}")
            case "broken":
                raise ValueError("the secret word")
            case _:
                return Delivered()

    async def status(self, provider_id: str) -> Delivery:
        return self.fate

    async def close(self) -> None:
        return

    def _take(self, key: str) -> None:
        if not (self.idempotent and key in self.took):
            self.took.append(key)


def providers() -> dict[str, Provider]:
    return {
        "zalo-bot": Provider("zalo-bot", idempotent=False),
        "esms": Provider("esms", idempotent=True),
        "webhook": Provider("webhook", idempotent=True),
    }


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'alerts.db'}"


@pytest.fixture
def book(url: str) -> Iterator[Book]:
    with Book(url) as opened:
        yield opened


async def one_life(book: Book, channels: dict[str, Provider], clock: HandClock) -> int:
    """A sender's life until nothing is due, or it is killed."""
    sender = Sender(book, channels, clock)
    total = 0
    while begun := await sender.start_due():
        await sender.settled()
        total += begun
    return total


async def to_the_end(url: str, channels: dict[str, Provider], clock: HandClock) -> None:
    """Senders die and are started again until everything is settled."""
    for _ in range(200):
        with Book(url) as book:
            await one_life(book, channels, clock)
            if not any(one.status in UNFINISHED for one in book.notifications()):
                return
        clock.forward(LEASE_MS)
    raise AssertionError("a notification is never settled")


steps = st.sampled_from(
    [
        "deliver",
        "die-before",
        "die-after",
        "busy",
        "hang",
        "lost",
        "refuse",
        "accept",
        "broken",
    ]
)
plans = st.lists(steps, max_size=5)


@settings(max_examples=60, deadline=None)
@given(plans, plans, plans)
def test_kills_anywhere_lose_nothing_and_repeat_nothing(
    bot: list[str], sms: list[str], hook: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/alerts.db"
        clock = HandClock()
        channels = providers()
        for name, plan in (("zalo-bot", bot), ("esms", sms), ("webhook", hook)):
            channels[name].plan = list(plan)
        with Book(url) as book:
            book.commit([FIRING, RESOLVED], {}, None, clock(), [BOT, SMS, HOOK])
            keys = {one.key for one in book.notifications()}
        asyncio.run(to_the_end(url, channels, clock))
        with Book(url) as book:
            rows = book.notifications()
        assert {one.key for one in rows} == keys
        # Where the far end drops repeats every key is taken at most once, elsewhere it is even
        # called only once unless it surely had not been taken.
        for channel in channels.values():
            assert len(set(channel.took)) == len(channel.took)
        for one in rows:
            taken = one.key in channels[one.channel].took
            if one.status in (Status.DELIVERED, Status.ACCEPTED):
                assert taken
            if one.status in (Status.FAILED, Status.NOT_NEEDED):
                assert one.why or not taken
            # The next channel is used only where the earlier one did not surely reach them.
            if one.channel == "esms" and one.attempts:
                earlier = next(
                    other
                    for other in rows
                    if other.event == one.event and other.rank == 0 and other.person == one.person
                )
                assert earlier.status in (Status.FAILED, Status.UNCONFIRMED)
        # Nothing is lost: each event reached the person, or its last channel says why not.
        for event in {one.event for one in rows}:
            for person in {one.person for one in rows}:
                own = [one for one in rows if one.event == event and one.person == person]
                reached = any(one.key in channels[one.channel].took for one in own)
                assert reached or all(one.why for one in own)


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(_as_coroutine(work), 30))


async def _as_coroutine(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def status_of(book: Book, contact: str) -> Status:
    return next(one.status for one in book.notifications() if one.contact == contact)


def test_a_sender_that_died_while_sending_asks_nobody_to_send_again(book: Book) -> None:
    clock, channels = HandClock(), providers()
    channels["zalo-bot"].plan = ["die-after"]
    channels["webhook"].plan = ["die-after"]
    book.commit([FIRING], {}, None, clock(), [BOT, SMS, HOOK])

    async def work() -> None:
        await one_life(book, channels, clock)
        assert status_of(book, "duty-bot") is Status.SENDING
        clock.forward(LEASE_MS - 1)
        assert await one_life(book, channels, clock) == 0
        clock.forward(1)
        await one_life(book, channels, clock)

    run(work)
    assert channels["zalo-bot"].calls.total() == 1
    assert status_of(book, "duty-bot") is Status.UNCONFIRMED
    assert status_of(book, "duty-sms") is Status.DELIVERED
    assert channels["webhook"].calls.total() == 2
    assert len(channels["webhook"].took) == 1
    assert status_of(book, "hook") is Status.DELIVERED


def test_what_was_surely_not_sent_is_tried_again_with_a_pause(book: Book) -> None:
    clock, channels = HandClock(), providers()
    channels["webhook"].plan = ["busy", "busy"]
    book.commit([FIRING], {}, None, clock(), [HOOK])

    async def work() -> None:
        assert await one_life(book, channels, clock) == 1
        clock.forward(1000)
        assert await one_life(book, channels, clock) == 1
        clock.forward(1000)
        assert await one_life(book, channels, clock) == 0
        clock.forward(1000)
        assert await one_life(book, channels, clock) == 1

    run(work)
    assert status_of(book, "hook") is Status.DELIVERED


def test_an_accepted_message_is_asked_about_and_a_failed_one_goes_on(book: Book) -> None:
    clock, channels = HandClock(), providers()
    channels["zalo-bot"].plan = ["accept"]
    channels["zalo-bot"].fate = Refused("not delivered", "next-channel")
    book.commit([FIRING], {}, None, clock(), [BOT, SMS])

    async def work() -> None:
        await one_life(book, channels, clock)
        assert status_of(book, "duty-bot") is Status.ACCEPTED
        assert status_of(book, "duty-sms") is Status.WAITING
        clock.forward(POLLS[0])
        await one_life(book, channels, clock)

    run(work)
    assert status_of(book, "duty-bot") is Status.FAILED
    assert status_of(book, "duty-sms") is Status.DELIVERED


def test_an_accepted_message_that_nobody_knows_of_stays_accepted(book: Book) -> None:
    clock, channels = HandClock(), providers()
    channels["esms"].plan = ["accept"]
    channels["esms"].fate = Ambiguous("unknown")
    book.commit([FIRING], {}, None, clock(), [SMS])

    async def work() -> None:
        await one_life(book, channels, clock)
        for pause in POLLS:
            clock.forward(pause)
            assert await one_life(book, channels, clock) == 1
        clock.forward(10 * max(POLLS))
        assert await one_life(book, channels, clock) == 0

    run(work)
    (row,) = book.notifications()
    assert (row.status, row.attempts, row.polls) == (Status.ACCEPTED, 1, len(POLLS))
    assert row.done_at is not None


def test_a_channel_that_is_not_set_up_gives_way_to_the_next(book: Book) -> None:
    clock, channels = HandClock(), providers()
    del channels["zalo-bot"]
    book.commit([FIRING], {}, None, clock(), [BOT, SMS])
    run(lambda: _ignore(one_life(book, channels, clock)))
    assert status_of(book, "duty-bot") is Status.FAILED
    assert status_of(book, "duty-sms") is Status.DELIVERED


async def _ignore(work: Awaitable[object]) -> None:
    await work


def test_a_bug_in_a_channel_is_told_without_its_words(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, channels = HandClock(), providers()
    channels["zalo-bot"].plan = ["broken"]
    book.commit([FIRING], {}, None, clock(), [BOT])
    run(lambda: _ignore(one_life(book, channels, clock)))
    (row,) = book.notifications()
    assert (row.status, row.why) == (Status.UNCONFIRMED, "a fault of ours (ValueError)")
    printed = capsys.readouterr()
    assert "a channel failed" in printed.out + printed.err
    assert "secret word" not in printed.out + printed.err


def test_run_sends_at_once_counts_and_stops(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    clock, channels = HandClock(), providers()
    sender = Sender(book, channels, clock)

    async def work() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        book.commit([FIRING], {}, None, clock(), [HOOK])
        sender.wake()
        while sender.figures()["delivered"] < 1:
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 5)

    run(work)
    printed = capsys.readouterr().out
    assert "notified" in printed
    assert "could not be written down" not in printed
    figures = sender.figures()
    assert figures["delivered"] == 1
    assert figures["failed"] == 0
    assert set(figures) == {
        "delivered",
        "accepted",
        "failed",
        "unconfirmed",
        "retries",
        "administrators",
        "queued",
        "lag_seconds",
    }


def test_the_stop_does_not_wait_for_a_provider_that_hangs(book: Book) -> None:
    clock, channels = HandClock(), providers()
    sender = Sender(book, channels, clock)

    async def work() -> None:
        channels["webhook"].gate = asyncio.Event()
        book.commit([FIRING], {}, None, clock(), [HOOK])
        stop = asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        while not channels["webhook"].under_way:
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 5)

    run(work)
    assert status_of(book, "hook") is Status.SENDING  # taken up again when its lease ends


def test_calls_under_way_are_bounded_and_channels_do_not_wait_for_each_other(book: Book) -> None:
    clock, channels = HandClock(), providers()
    hooks = [
        msgspec.structs.replace(HOOK, id=f"h{number}", address=f"http://[::1]:9/{number}")
        for number in range(3 * CONCURRENCY)
    ]
    book.commit([FIRING], {}, None, clock(), [*hooks, BOT])
    sender = Sender(book, channels, clock)

    async def work() -> None:
        gate = channels["webhook"].gate = asyncio.Event()
        assert await sender.start_due() == CONCURRENCY + 1
        while status_of(book, "duty-bot") is not Status.DELIVERED:
            await asyncio.sleep(0.01)
        assert await sender.start_due() == 0
        gate.set()
        await sender.settled()
        while await sender.start_due():
            await sender.settled()

    run(work)
    assert channels["webhook"].most_under_way == CONCURRENCY
    assert all(one.status is Status.DELIVERED for one in book.notifications())


def test_messages_carry_the_names_that_people_know(book: Book) -> None:
    @dataclass
    class Home:
        name: str
        site_name: str

    clock, channels = HandClock(), providers()
    homes = {"pl-01": Home("Đồng hồ 01", "Trạm Vị Thanh")}
    book.commit([FIRING], {}, None, clock(), [HOOK])
    sender = Sender(book, channels, clock, homes.get)

    async def work() -> None:
        await sender.start_due()
        await sender.settled()

    run(work)
    (message,) = channels["webhook"].messages
    assert message.place == "Đồng hồ 01, Trạm Vị Thanh"
    assert message.alarm.device == "pl-01"
