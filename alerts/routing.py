"""Who is told of which event. Pure.

A rule names a group (`notify`); its contacts in the alarm's tenant are told. Severity `info`
goes to webhooks alone: it pages nobody.

Contacts of one name in one group are one person. A person's channels are tried in the order of
`CHAIN`, the next one only when those before it were refused or cannot say whether the message
arrived. Webhooks are no persons: each gets everything, always.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

import msgspec

from alerts.model import Alarm, Event
from registry.records import Contact

WEBHOOK = "webhook"
CHAIN = ("zalo-bot", "zalo-template", "esms")
"""Free and instant first, then approved and paid for, then what needs no smartphone."""


class Route(msgspec.Struct, frozen=True):
    """One contact to be told; `rank` 0 at once, the others when the ranks below have failed."""

    contact: Contact
    person: str
    rank: int


def route(
    alarm: Alarm, event: Event, contacts: Iterable[Contact], told: Collection[str] = ()
) -> list[Route]:
    """The contacts that hear of `event`, each person's channels in the order to try them.

    `told` are the ids of the contacts that were told of the firing: only they hear that it was
    acknowledged (webhooks) or is over (all of them).
    """
    chosen = [
        contact
        for contact in contacts
        if contact.tenant == alarm.tenant
        and contact.group == alarm.notify
        and _hears(contact, alarm, event, told)
    ]
    ranks: dict[str, list[int]] = {}
    for contact in chosen:
        ranks.setdefault(person(contact), []).append(_order(contact.channel))
    routes = [
        Route(contact, whom, sorted(set(ranks[whom])).index(_order(contact.channel)))
        for contact in chosen
        for whom in (person(contact),)
    ]
    return sorted(routes, key=lambda one: (one.person, one.rank, one.contact.id))


def person(contact: Contact) -> str:
    """What tells one person from another; a webhook is always one of its own."""
    if contact.channel == WEBHOOK:
        return f"{WEBHOOK}/{contact.id}"
    return f"{contact.tenant}/{contact.group}/{contact.name}"


def idempotency_key(alarm: str, event: Event, contact: str) -> str:
    """40 hex digits: Zalo's `tracking_id` takes 48 characters, eSMS's `RequestId` 50."""
    return hashlib.sha256(f"{alarm}\0{event}\0{contact}".encode()).hexdigest()[:40]


def _hears(contact: Contact, alarm: Alarm, event: Event, told: Collection[str]) -> bool:
    if alarm.severity == "info" and contact.channel != WEBHOOK:
        return False
    match event:
        case Event.FIRING:
            return True
        case Event.RESOLVED:
            return contact.id in told
        case Event.ACKNOWLEDGED:
            return contact.id in told and contact.channel == WEBHOOK


def _order(channel: str) -> int:
    return CHAIN.index(channel) if channel in CHAIN else len(CHAIN)
