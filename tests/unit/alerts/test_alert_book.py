"""The book: one transaction for everything, and what two processes see of it."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import msgspec
import pytest

from alerts.book import Book
from alerts.errors import AlertsError, UnknownAlarm
from alerts.life import Reason
from alerts.model import Delivered, Event, Position, Refused, RetryAfter, State, Status
from rules.model import Event as RuleEvent
from tests.contract.alerting import BOT, FIRING, HOOK, MINUTE, NOON, RESOLVED, SMS, ZALO

CONTACTS = [BOT, ZALO, SMS, HOOK]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'alerts.db'}"


@pytest.fixture
def book(url: str) -> Iterator[Book]:
    with Book(url) as opened:
        yield opened


def statuses(book: Book) -> dict[tuple[str, str], Status]:
    return {(one.event.value, one.contact): one.status for one in book.notifications()}


def test_everything_of_a_commit_is_there_after_opening_it_again(book: Book, url: str) -> None:
    states = {("r", "d"): b"one", ("r", "e"): b"two"}
    changed = book.commit([FIRING], states, Position(3, 77), NOON, CONTACTS)
    assert [one.state for one in changed] == [State.FIRING]
    with Book(url) as again:
        assert again.alarms() == changed
        assert again.states() == states
        assert again.position() == Position(3, 77)
        assert [(one.transition, one.alarm, one.reason) for one in again.transitions()] == [
            (FIRING, changed[0].id, Reason.OPENED)
        ]
        assert statuses(again) == {
            ("firing", "duty-bot"): Status.QUEUED,
            ("firing", "duty-zalo"): Status.WAITING,
            ("firing", "duty-sms"): Status.WAITING,
            ("firing", "hook"): Status.QUEUED,
        }


def test_an_empty_book_knows_nothing(book: Book) -> None:
    assert book.alarms() == []
    assert book.states() == {}
    assert book.position() is None
    assert book.depth() == (0, None)


def test_states_are_replaced_and_forgotten(book: Book) -> None:
    book.commit([], {("r", "d"): b"one", ("r", "e"): b"two"}, None, NOON, [])
    book.commit([], {("r", "d"): b"new", ("r", "e"): b""}, Position(1, 2), NOON, [])
    assert book.states() == {("r", "d"): b"new"}
    book.commit([], {}, None, NOON, [])
    assert book.position() == Position(1, 2)


def test_a_commit_that_fails_in_the_middle_leaves_nothing(book: Book) -> None:
    with pytest.raises(AttributeError):
        book.commit([FIRING, None], {("r", "d"): b"x"}, Position(1, 1), NOON, CONTACTS)  # type: ignore[list-item]
    assert book.alarms() == []
    assert book.transitions() == []
    assert book.notifications() == []
    assert book.states() == {}
    assert book.position() is None


def test_the_whole_life_of_an_alarm_and_who_hears_of_it(book: Book) -> None:
    (fired,) = book.commit([FIRING], {}, None, NOON, CONTACTS)
    again = msgspec.structs.replace(FIRING, at=NOON + 1)
    assert book.commit([again], {}, None, NOON, CONTACTS) == []
    taken = book.acknowledge(fired.id, "hoa", NOON + MINUTE)
    assert (taken.state, taken.acked_by, taken.acked_at) == (
        State.ACKNOWLEDGED,
        "hoa",
        NOON + MINUTE,
    )
    assert book.acknowledge(fired.id, "nam", NOON + 2 * MINUTE) == taken
    newcomer = msgspec.structs.replace(SMS, id="newcomer", name="Người mới")
    (over,) = book.commit([RESOLVED], {}, None, RESOLVED.found, [*CONTACTS, newcomer])
    assert (over.id, over.state, over.acked_by) == (fired.id, State.RESOLVED, "hoa")
    assert book.alarms(open_only=True) == []
    assert book.alarm(fired.id) == over
    heard = [(one.event, one.contact) for one in book.notifications(fired.id)]
    assert sorted(heard) == sorted(
        [
            *((Event.FIRING, one.id) for one in CONTACTS),
            (Event.ACKNOWLEDGED, "hook"),
            *((Event.RESOLVED, one.id) for one in CONTACTS),
        ]
    )
    assert [entry.reason for entry in book.transitions()] == ["opened", "already-open", "cleared"]
    snapshots = {one.event: one.snapshot.state for one in book.notifications()}
    assert snapshots == {
        Event.FIRING: State.FIRING,
        Event.ACKNOWLEDGED: State.ACKNOWLEDGED,
        Event.RESOLVED: State.RESOLVED,
    }


def test_a_late_alarm_tells_nobody(book: Book) -> None:
    late = msgspec.structs.replace(FIRING, historical=True)
    (kept,) = book.commit([late, RESOLVED], {}, None, NOON, CONTACTS)
    assert (kept.historical, kept.state) == (True, State.RESOLVED)
    assert book.notifications() == []


def test_the_same_millisecond_may_see_two_alarms(book: Book) -> None:
    ends = msgspec.structs.replace(RESOLVED, at=NOON)
    changed = book.commit([FIRING, ends, FIRING], {}, None, NOON, CONTACTS)
    assert len({one.id for one in changed}) == 2
    assert len(book.alarms(open_only=True)) == 1


def test_alarms_are_found_by_tenant_and_state_the_newest_first(book: Book) -> None:
    other = msgspec.structs.replace(FIRING, tenant="dien-luc", device="m-1", at=NOON + 5)
    book.commit([FIRING, other], {}, None, NOON, [])
    assert [one.tenant for one in book.alarms()] == ["dien-luc", "cap-nuoc"]
    assert [one.device for one in book.alarms(tenant="dien-luc")] == ["m-1"]
    book.commit([RESOLVED], {}, None, NOON, [])
    assert [one.device for one in book.alarms(open_only=True)] == ["m-1"]


def test_an_unknown_alarm_is_named(book: Book) -> None:
    with pytest.raises(UnknownAlarm, match="no alarm 'nope'"):
        book.acknowledge("nope", "hoa", NOON)
    with pytest.raises(UnknownAlarm):
        book.alarm("nope")


def test_a_book_of_a_newer_kenh_is_left_alone(url: str, book: Book) -> None:
    book.close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("UPDATE version SET number = 99")
    raw.close()
    with pytest.raises(AlertsError, match="newer Kênh"):
        Book(url)


def test_what_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "alerts.db").write_text("no database at all, but a text\n" * 50)
    with pytest.raises(AlertsError, match="the book of alarms cannot be opened"):
        Book(f"sqlite:///{tmp_path / 'alerts.db'}")


@pytest.mark.parametrize("wrong", ["sqlite://", "postgresql://db/alerts"])
def test_only_a_file_can_be_a_book(wrong: str) -> None:
    with pytest.raises(AlertsError, match="SQLite file"):
        Book(wrong)


def test_a_refusal_wakes_the_persons_next_channel(book: Book) -> None:
    book.commit([FIRING], {}, None, NOON, CONTACTS)
    leased = {one.contact: one for one in book.lease(NOON, 1000, lambda _channel: 9)}
    assert set(leased) == {"duty-bot", "hook"}
    assert book.lease(NOON, 1000, lambda _channel: 9) == []
    verdict = book.settle(
        leased["duty-bot"], Refused("blocked", "next-channel"), NOON, idempotent=False
    )
    assert verdict is not None
    assert statuses(book)["firing", "duty-bot"] is Status.FAILED
    assert statuses(book)["firing", "duty-zalo"] is Status.QUEUED
    assert statuses(book)["firing", "duty-sms"] is Status.WAITING
    (zalo,) = book.lease(NOON, 1000, lambda _channel: 9)
    book.settle(zalo, Delivered(), NOON, idempotent=False)
    assert statuses(book)["firing", "duty-sms"] is Status.NOT_NEEDED


def test_the_end_is_not_told_before_the_beginning(book: Book) -> None:
    book.commit([FIRING, RESOLVED], {}, None, NOON, [HOOK])
    (first,) = book.lease(NOON, 1000, lambda _channel: 9)
    assert first.event is Event.FIRING
    assert book.lease(NOON, 1000, lambda _channel: 9) == []
    verdict = book.settle(first, RetryAfter(0, "away"), NOON, idempotent=True)
    assert verdict is not None
    assert book.lease(verdict.due_at - 1, 1000, lambda _channel: 9) == []
    (again,) = book.lease(verdict.due_at, 1000, lambda _channel: 9)
    assert again.event is Event.FIRING
    book.settle(again, Delivered(), verdict.due_at, idempotent=True)
    (second,) = book.lease(verdict.due_at, 1000, lambda _channel: 9)
    assert second.event is Event.RESOLVED


def test_one_address_at_a_time_and_the_others_are_not_held_up(book: Book) -> None:
    replace = msgspec.structs.replace
    busy = [replace(FIRING, device=f"d-{number}") for number in range(5)]
    quick = replace(HOOK, id="quick", address="http://[::1]:9/other")
    book.commit(busy, {}, None, NOON, [HOOK, quick])
    leased = book.lease(NOON, 1000, lambda _channel: 9)
    assert sorted(one.contact for one in leased) == ["hook", "quick"]
    assert book.lease(NOON, 1000, lambda _channel: 9) == []
    assert len(book.lease(NOON + 1000, 1000, lambda _channel: 1)) == 1


def test_a_lease_that_ran_out_cannot_be_settled_by_its_first_holder(book: Book) -> None:
    book.commit([FIRING], {}, None, NOON, [HOOK])
    (first,) = book.lease(NOON, 1000, lambda _channel: 9)
    (second,) = book.lease(NOON + 1000, 1000, lambda _channel: 9)
    assert (first.status, second.status) == (Status.QUEUED, Status.SENDING)
    assert book.settle(first, Delivered(), NOON + 1001, idempotent=True) is None
    assert book.settle(second, Delivered(), NOON + 1002, idempotent=True) is not None


def _acknowledge_many(url: str, ids: list[str]) -> None:
    with Book(url) as book:
        for number, one in enumerate(ids):
            book.acknowledge(one, "hoa", NOON + number)


def test_two_processes_write_at_once_and_nothing_is_lost(book: Book, url: str) -> None:
    replace = msgspec.structs.replace
    fired = [replace(FIRING, device=f"d-{number}") for number in range(30)]
    ids = [one.id for one in book.commit(fired, {}, None, NOON, [HOOK])]
    other = multiprocessing.get_context("spawn").Process(target=_acknowledge_many, args=(url, ids))
    other.start()
    ended = 0
    while other.is_alive() or ended < len(fired):
        if ended < len(fired):
            over = replace(fired[ended], event=RuleEvent.RESOLVED, at=NOON + MINUTE)
            book.commit([over], {("r", f"d-{ended}"): b"x"}, Position(1, ended), NOON, [HOOK])
            ended += 1
        else:
            other.join(0.05)
    assert other.exitcode == 0
    other.close()
    assert all(one.state is State.RESOLVED for one in book.alarms())
    assert len(book.states()) == 30
    taken = sum(one.acked_by is not None for one in book.alarms())
    told = [one for one in book.notifications() if one.event is Event.ACKNOWLEDGED]
    assert len(told) == taken


def _open_and_close(url: str, together: Barrier) -> None:
    together.wait(60)
    Book(url).close()


def test_processes_that_make_the_book_together_agree(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(3)
    makers = [context.Process(target=_open_and_close, args=(url, together)) for _ in range(3)]
    for one in makers:
        one.start()
    for one in makers:
        one.join(60)
        assert one.exitcode == 0
        one.close()
    with Book(url) as book:
        assert book.alarms() == []
