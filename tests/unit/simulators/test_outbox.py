"""The outbox keeps what is not stored, sends in order, and counts nothing twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.outbox import Outbox
from simulators.replay import Claim


def claims(count: int) -> list[Claim]:
    return [Claim(index, {"pressure": 1.0}) for index in range(count)]


def send_all(outbox: Outbox, now: int = 0) -> list[int]:
    """Send what is to be sent; the first numbers of the batches."""
    firsts = []
    while (batch := outbox.next()) is not None:
        outbox.was_sent(batch, now)
        firsts.append(batch.first)
    return firsts


def filled(*sizes: int, limit: int = 1000) -> Outbox:
    outbox = Outbox(limit, resend_ms=10_000)
    for size in sizes:
        outbox.add(claims(size))
    return outbox


def test_sequence_begins_at_one_and_batches_go_out_in_order() -> None:
    outbox = filled(3, 2, 1)
    assert outbox.oldest == 1
    assert send_all(outbox) == [1, 4, 6]
    assert outbox.next() is None
    assert outbox.sent == 6
    assert outbox.waiting == 6


def test_stored_removes_whole_batches_only() -> None:
    outbox = filled(3, 3)
    send_all(outbox)
    outbox.stored(2, now=1)
    assert outbox.oldest == 1
    outbox.stored(5, now=2)
    assert (outbox.oldest, outbox.waiting, outbox.acknowledged) == (4, 3, 3)
    outbox.stored(6, now=3)
    assert (outbox.oldest, outbox.waiting, outbox.acknowledged) == (7, 0, 6)
    assert outbox.overdue_at() is None


def test_what_was_never_sent_cannot_be_stored() -> None:
    outbox = filled(1, 1)
    batch = outbox.next()
    assert batch is not None
    outbox.was_sent(batch, 0)
    outbox.stored(99, now=1)
    assert outbox.acknowledged == 1
    assert send_all(outbox) == [2]


def test_silence_makes_it_begin_again_at_the_oldest() -> None:
    outbox = filled(2, 2)
    assert outbox.overdue_at() is None  # nothing went out yet
    send_all(outbox, now=1000)
    assert outbox.overdue_at() == 11_000
    outbox.stored(2, now=5000)
    assert outbox.overdue_at() == 15_000  # it went forward
    outbox.rewind()
    assert send_all(outbox, now=15_000) == [3]
    assert (outbox.sent, outbox.resent) == (4, 2)
    assert outbox.overdue_at() == 25_000


def test_a_full_outbox_gives_up_its_oldest_and_counts_it() -> None:
    outbox = filled(2, 2, 2, limit=4)
    assert (outbox.oldest, outbox.waiting, outbox.dropped) == (3, 4, 2)
    assert send_all(outbox) == [3, 5]
    outbox.add(claims(3))
    assert (outbox.oldest, outbox.waiting, outbox.dropped) == (7, 3, 6)
    assert send_all(outbox) == [7]


def test_one_batch_is_kept_even_above_the_limit() -> None:
    outbox = filled(9, limit=4)
    assert (outbox.waiting, outbox.dropped) == (9, 0)


step = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 5)),
    st.tuples(st.just("send"), st.integers(1, 3)),
    st.tuples(st.just("stored"), st.integers(0, 60)),
    st.tuples(st.just("rewind"), st.just(0)),
)


@settings(max_examples=200)
@given(st.lists(step, max_size=60))
def test_every_reading_is_kept_until_it_is_stored(steps: list[tuple[str, int]]) -> None:
    outbox = Outbox(limit=10**6, resend_ms=10_000)
    made = stored = 0
    sent: set[int] = set()
    for now, (what, number) in enumerate(steps):
        match what:
            case "add":
                outbox.add(claims(number))
                made += number
            case "send":
                for _ in range(number):
                    if (batch := outbox.next()) is not None:
                        outbox.was_sent(batch, now)
                        sent.update(range(batch.first, batch.last + 1))
            case "stored":
                stored = max(stored, number) if number in sent else stored
                outbox.stored(number if number in sent else 0, now)
            case "rewind":
                outbox.rewind()
        assert outbox.waiting + outbox.acknowledged == made
        assert outbox.acknowledged <= stored
        assert outbox.sent == len(sent)
        assert outbox.oldest == outbox.acknowledged + 1
        assert sent == set(range(1, len(sent) + 1))
    outbox.rewind()
    for first in send_all(outbox):
        assert first > outbox.acknowledged
    outbox.stored(made, now=10**6)
    assert outbox.waiting == 0
