"""What becomes of a notification after a try: the outbox's one decision. Pure."""

from __future__ import annotations

import enum

import msgspec

from alerts.model import Accepted, Ambiguous, Delivered, Delivery, Refused, RetryAfter, Status

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

NEVER = 2**53
"""A due time that does not come."""

PAUSES = (1 * SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, 60 * SECOND)
"""Before the second try, the third, …; the last one repeats."""

POLLS = (15 * SECOND, 60 * SECOND, 5 * MINUTE, 20 * MINUTE)
"""When a provider that accepted a message is asked whether it arrived, each after the last."""

PATIENCE_WITH_ANOTHER = MINUTE
"""How long a channel is tried while the person can still be reached by another."""

PATIENCE_ALONE = 12 * HOUR
"""How long the last channel is tried. Below eSMS's 24 h, in which a key is sent only once."""


class Chain(enum.Enum):
    """What a verdict means for the channels that wait behind this one."""

    KEEP = "keep"
    ADVANCE = "advance"
    SETTLE = "settle"


class Verdict(msgspec.Struct, frozen=True):
    status: Status
    chain: Chain
    due_at: int = NEVER
    why: str = ""
    provider_id: str = ""


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict depends on besides the outcome.

    `asked`: the outcome answers a question about an accepted message, it is no new sending.
    `idempotent`: the far end drops a key that it has seen. `attempts` and `polls` count this one.
    """

    attempts: int
    polls: int
    queued_at: int
    asked: bool
    idempotent: bool
    has_next: bool


def judge(outcome: Delivery, this: Try, now: int) -> Verdict:
    """The row's next state, and what it means for the person's other channels.

    Any refusal moves on to the person's next channel: that a fault is ours, or the template's,
    is no reason to leave somebody untold.
    """
    match outcome:
        case Delivered():
            return Verdict(Status.DELIVERED, Chain.SETTLE)
        case Refused(why=why):
            return Verdict(Status.FAILED, Chain.ADVANCE, why=why)
        case Accepted(provider_id=provider_id):
            return _accepted(provider_id, this, now)
        case RetryAfter(ms=ms, why=why) if this.asked:
            return _accepted("", this, now, at_least=ms, why=why)
        case RetryAfter(ms=ms, why=why):
            return _again(Status.FAILED, max(ms, _pause(this.attempts)), why, this, now)
        case Ambiguous(why=why) if this.asked:
            return _accepted("", this, now, why=why)
        case Ambiguous(why=why) if this.idempotent:
            return _again(Status.UNCONFIRMED, _pause(this.attempts), why, this, now)
        case Ambiguous(why=why, provider_id=provider_id):
            return Verdict(Status.UNCONFIRMED, Chain.ADVANCE, why=why, provider_id=provider_id)


def _accepted(provider_id: str, this: Try, now: int, at_least: int = 0, why: str = "") -> Verdict:
    askable = bool(provider_id) or this.asked
    if not askable or this.polls >= len(POLLS):
        return Verdict(Status.ACCEPTED, Chain.SETTLE, why=why, provider_id=provider_id)
    due = now + max(POLLS[this.polls], at_least)
    return Verdict(Status.ACCEPTED, Chain.KEEP, due, why, provider_id)


def _again(given_up: Status, pause: int, why: str, this: Try, now: int) -> Verdict:
    patience = PATIENCE_WITH_ANOTHER if this.has_next else PATIENCE_ALONE
    if now + pause - this.queued_at > patience:
        return Verdict(given_up, Chain.ADVANCE, why=why)
    return Verdict(Status.QUEUED, Chain.KEEP, now + pause, why)


def _pause(attempts: int) -> int:
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
