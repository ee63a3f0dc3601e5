"""What becomes of a notification after each outcome."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.model import Accepted, Ambiguous, Delivered, Delivery, Refused, RetryAfter, Status
from alerts.verdict import (
    NEVER,
    PATIENCE_ALONE,
    PATIENCE_WITH_ANOTHER,
    PAUSES,
    POLLS,
    Chain,
    Try,
    Verdict,
    judge,
)

NOW = 1_000_000_000


def a_try(**changes: Any) -> Try:
    facts: dict[str, Any] = {
        "attempts": 1,
        "polls": 0,
        "queued_at": NOW - 1000,
        "asked": False,
        "idempotent": False,
        "has_next": False,
        **changes,
    }
    return Try(**facts)


@pytest.mark.parametrize(
    ("outcome", "this", "expected"),
    [
        (Delivered(), a_try(), Verdict(Status.DELIVERED, Chain.SETTLE)),
        (
            Accepted("m1"),
            a_try(),
            Verdict(Status.ACCEPTED, Chain.KEEP, NOW + POLLS[0], "", "m1"),
        ),
        # Accepted without an id: nobody can be asked, so that is the end.
        (Accepted(), a_try(), Verdict(Status.ACCEPTED, Chain.SETTLE)),
        (
            Accepted("m1"),
            a_try(asked=True, polls=2),
            Verdict(Status.ACCEPTED, Chain.KEEP, NOW + POLLS[2], "", "m1"),
        ),
        (
            Accepted("m1"),
            a_try(asked=True, polls=len(POLLS)),
            Verdict(Status.ACCEPTED, Chain.SETTLE, NEVER, "", "m1"),
        ),
        (
            Refused("blocked", "next-channel"),
            a_try(),
            Verdict(Status.FAILED, Chain.ADVANCE, why="blocked"),
        ),
        # A fault of ours on one channel does not leave the person untold.
        (
            Refused("our fault", "dead"),
            a_try(),
            Verdict(Status.FAILED, Chain.ADVANCE, why="our fault"),
        ),
        (
            Refused("no delivery", "next-channel"),
            a_try(asked=True),
            Verdict(Status.FAILED, Chain.ADVANCE, why="no delivery"),
        ),
        (
            RetryAfter(0, "away"),
            a_try(attempts=2),
            Verdict(Status.QUEUED, Chain.KEEP, NOW + PAUSES[1], "away"),
        ),
        (
            RetryAfter(20_000, "busy"),
            a_try(),
            Verdict(Status.QUEUED, Chain.KEEP, NOW + 20_000, "busy"),
        ),
        # Never blindly again.
        (
            Ambiguous("no answer", "m1"),
            a_try(),
            Verdict(Status.UNCONFIRMED, Chain.ADVANCE, why="no answer", provider_id="m1"),
        ),
        # The far end drops a key that it has seen: again is safe.
        (
            Ambiguous("no answer"),
            a_try(idempotent=True),
            Verdict(Status.QUEUED, Chain.KEEP, NOW + PAUSES[0], "no answer"),
        ),
        (
            Ambiguous("no answer"),
            a_try(asked=True, polls=1),
            Verdict(Status.ACCEPTED, Chain.KEEP, NOW + POLLS[1], "no answer"),
        ),
    ],
)
def test_each_outcome_has_its_verdict(outcome: Delivery, this: Try, expected: Verdict) -> None:
    assert judge(outcome, this, NOW) == expected


def test_patience_is_short_while_another_channel_waits() -> None:
    waited = NOW - PATIENCE_WITH_ANOTHER
    again = judge(RetryAfter(0, "away"), a_try(queued_at=waited), NOW)
    assert again.status is Status.QUEUED
    over = judge(RetryAfter(0, "away"), a_try(queued_at=waited, has_next=True), NOW)
    assert over == Verdict(Status.FAILED, Chain.ADVANCE, why="away")


def test_the_last_channel_is_given_up_within_esms_24_hours() -> None:
    waited = NOW - PATIENCE_ALONE
    over = judge(Ambiguous("no answer"), a_try(queued_at=waited, idempotent=True), NOW)
    assert over == Verdict(Status.UNCONFIRMED, Chain.ADVANCE, why="no answer")
    assert PATIENCE_ALONE + max(PAUSES) < 24 * 3600 * 1000
