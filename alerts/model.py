"""The words of alerting: an alarm, what is told of it, and how a delivery can end.

Times are milliseconds since 1970 UTC. `event_time` belongs to the data: when the device measured
what changed the alarm's state.
"""

from __future__ import annotations

import enum
from typing import Literal, NamedTuple, Protocol

import msgspec


class State(enum.StrEnum):
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Event(enum.StrEnum):
    """What happened to an alarm; the words of the webhook's contract."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm of one rule on one device, from its firing to its end.

    `value` is the value that changed its state last, `limit` the one it fired at; both None where
    a rule has no single value (a device that fell silent). `historical`: found late, so that it
    is kept and shown but told to nobody.
    """

    id: str
    rule: str
    device: str
    tenant: str
    site: str
    area: str
    sector: str
    severity: str
    state: State
    title_vi: str
    title_en: str
    value: float | None
    unit: str
    limit: float | None
    started_at: int
    event_time: int
    historical: bool
    notify: str
    acked_by: str | None = None
    acked_at: int | None = None
    resolved_at: int | None = None

    @property
    def open(self) -> bool:
        return self.state is not State.RESOLVED


class Place(Protocol):
    """A place in the spool, whoever's type it is."""

    @property
    def segment(self) -> int: ...
    @property
    def offset(self) -> int: ...


class Position(NamedTuple):
    """How far the rules have read the spool: the segment's number and the offset in it."""

    segment: int
    offset: int


class Status(enum.StrEnum):
    """Where a notification stands."""

    WAITING = "waiting"  # the same person's earlier channel is tried first
    QUEUED = "queued"
    SENDING = "sending"  # leased by a sender
    ACCEPTED = "accepted"  # the provider has it; its arrival is asked for later
    DELIVERED = "delivered"
    UNCONFIRMED = "unconfirmed"  # nobody can say whether it arrived; never sent again
    FAILED = "failed"
    NOT_NEEDED = "not-needed"  # an earlier channel reached the person


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one alarm for one contact: a row of the outbox.

    `key` is its idempotency key. `person` and `rank` make the chain of one person's channels: a
    rank is tried when all lower ones have failed. `snapshot` is the alarm as it was at the event.
    `leases` counts how often a sender took the row, `attempts` how often to send it; the others
    asked what became of it.
    """

    key: str
    event: Event
    snapshot: Alarm
    contact: str
    name: str
    channel: str
    address: str
    lang: str
    person: str
    rank: int
    status: Status
    created_at: int
    queued_at: int
    due_at: int
    leases: int = 0
    attempts: int = 0
    provider_id: str = ""
    why: str = ""
    done_at: int | None = None

    @property
    def alarm(self) -> str:
        """The alarm's id."""
        return self.snapshot.id

    @property
    def polls(self) -> int:
        return self.leases - self.attempts


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel sends: one notification, with the names that people know the place by."""

    key: str
    event: Event
    alarm: Alarm
    address: str
    lang: str = "vi"
    device_name: str = ""
    site_name: str = ""

    @property
    def place(self) -> str:
        """The device where it stands, as shortly as it can be said."""
        device = self.device_name or self.alarm.device
        site = self.site_name or self.alarm.site
        return device if site in device else f"{device}, {site}"


class Delivered(msgspec.Struct, frozen=True):
    """It has reached the recipient, as far as this channel can ever tell."""


class Accepted(msgspec.Struct, frozen=True):
    """The provider has taken it; `Channel.status(provider_id)` may tell more later."""

    provider_id: str = ""


class Ambiguous(msgspec.Struct, frozen=True):
    """It may or may not have been taken: no answer, or one that says neither."""

    why: str
    provider_id: str = ""


class RetryAfter(msgspec.Struct, frozen=True):
    """It was surely not taken; the same may be tried again after `ms`, 0 for the usual pause."""

    ms: int
    why: str


Next = Literal["next-channel", "dead", "administrators", "template"]


class Refused(msgspec.Struct, frozen=True):
    """The provider refuses it for good.

    `next` is the next move: another channel; none, since the fault is ours (`dead`); another
    channel and a word to the administrators (set-up, money); another channel, and this message
    template is not used for a while.
    """

    why: str
    next: Next


Delivery = Delivered | Accepted | Ambiguous | RetryAfter | Refused
