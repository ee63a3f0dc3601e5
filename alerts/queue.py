"""The outbox's rows: put in with the alarm's own transaction, leased, and settled.

Every function works inside its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection, RowMapping, and_, func, insert, select, update

from alerts.model import Alarm, Delivery, Event, Notification, Status
from alerts.routing import Route, idempotency_key
from alerts.schema import outbox
from alerts.verdict import NEVER, Chain, Try, Verdict, judge

UNFINISHED = (Status.QUEUED, Status.SENDING)
LEASABLE = (Status.QUEUED, Status.SENDING, Status.ACCEPTED)
ALIVE = (Status.QUEUED, Status.SENDING, Status.ACCEPTED, Status.DELIVERED)

_encode = msgspec.json.Encoder().encode
_decode_alarm = msgspec.json.Decoder(Alarm).decode


def put(
    connection: Connection, alarm: Alarm, event: Event, routes: Iterable[Route], now: int
) -> None:
    """Queue each person's lowest rank; the others wait. A key that is there stays as it is."""
    snapshot = _encode(alarm)
    rows = [
        {
            "key": idempotency_key(alarm.id, event, one.contact.id),
            "alarm": alarm.id,
            "event": event,
            "snapshot": snapshot,
            "contact": one.contact.id,
            "name": one.contact.name,
            "channel": one.contact.channel,
            "address": one.contact.address,
            "lang": one.contact.lang,
            "person": one.person,
            "rank": one.rank,
            "status": Status.WAITING if one.rank else Status.QUEUED,
            "created_at": now,
            "queued_at": now,
            "due_at": NEVER if one.rank else now,
            "leases": 0,
            "attempts": 0,
            "provider_id": "",
            "why": "",
        }
        for one in routes
    ]
    if rows:
        connection.execute(insert(outbox).prefix_with("OR IGNORE"), rows)


def told(connection: Connection, alarm: str) -> list[Notification]:
    """The notifications of the alarm's firing."""
    rows = connection.execute(
        select(outbox)
        .where(outbox.c.alarm == alarm, outbox.c.event == Event.FIRING)
        .order_by(outbox.c.number)
    ).mappings()
    return [notification(row) for row in rows]


def every(connection: Connection, alarm: str | None = None) -> list[Notification]:
    """All notifications, oldest first."""
    chosen = select(outbox).order_by(outbox.c.number)
    if alarm is not None:
        chosen = chosen.where(outbox.c.alarm == alarm)
    return [notification(row) for row in connection.execute(chosen).mappings()]


def lease(
    connection: Connection, now: int, lease_ms: int, free: Callable[[str], int]
) -> list[Notification]:
    """Take due rows until `now + lease_ms`, at most `free(channel)` more of each channel.

    They come back as they stood before, so one that was `sending` already was interrupted: its
    sender died, or hung beyond its lease. Only one row an address is under way at a time, so a
    receiver that hangs holds up nobody else, and what a person hears of one alarm comes in order.
    """
    under_way = outbox.alias("under_way")
    earlier = outbox.alias("earlier")
    busy = select(under_way.c.address).where(
        under_way.c.channel == outbox.c.channel,
        under_way.c.address == outbox.c.address,
        under_way.c.status == Status.SENDING,
        under_way.c.due_at > now,
    )
    overtaken = select(earlier.c.number).where(
        earlier.c.alarm == outbox.c.alarm,
        earlier.c.person == outbox.c.person,
        earlier.c.event != outbox.c.event,
        earlier.c.number < outbox.c.number,
        earlier.c.status.in_(UNFINISHED),
    )
    due = connection.execute(
        select(func.min(outbox.c.number), outbox.c.channel)
        .where(outbox.c.status.in_(LEASABLE), outbox.c.due_at <= now)
        .where(~busy.exists(), ~overtaken.exists())
        .group_by(outbox.c.channel, outbox.c.address)
        .order_by(func.min(outbox.c.number))
    ).all()
    taken: dict[str, int] = {}
    numbers = []
    for number, channel in due:
        if taken.get(channel, 0) < free(channel):
            taken[channel] = taken.get(channel, 0) + 1
            numbers.append(number)
    return [_take(connection, number, now + lease_ms) for number in numbers]


def settle(
    connection: Connection, leased: Notification, outcome: Delivery, now: int, *, idempotent: bool
) -> Verdict | None:
    """Write down how a leased row ended; None if its lease was lost to another sender since."""
    row = connection.execute(
        select(outbox.c.number, outbox.c.leases).where(outbox.c.key == leased.key)
    ).one()
    if row.leases != leased.leases:
        return None
    siblings = and_(
        outbox.c.alarm == leased.alarm,
        outbox.c.event == leased.event,
        outbox.c.person == leased.person,
    )
    waiting = and_(siblings, outbox.c.status == Status.WAITING)
    next_rank = connection.execute(select(func.min(outbox.c.rank)).where(waiting)).scalar()
    verdict = judge(
        outcome,
        Try(
            attempts=leased.attempts,
            polls=leased.polls,
            queued_at=leased.queued_at,
            asked=leased.status is Status.ACCEPTED,
            idempotent=idempotent,
            has_next=next_rank is not None,
        ),
        now,
    )
    final = verdict.status is not Status.QUEUED and verdict.due_at == NEVER
    connection.execute(
        update(outbox)
        .where(outbox.c.number == row.number)
        .values(
            status=verdict.status,
            due_at=verdict.due_at,
            why=verdict.why,
            provider_id=verdict.provider_id or leased.provider_id,
            done_at=now if final else None,
        )
    )
    if verdict.chain is Chain.SETTLE:
        connection.execute(
            update(outbox).where(waiting).values(status=Status.NOT_NEEDED, done_at=now)
        )
    elif verdict.chain is Chain.ADVANCE and next_rank is not None:
        reached = select(outbox.c.number).where(siblings, outbox.c.status.in_(ALIVE))
        if connection.execute(reached).first() is None:
            connection.execute(
                update(outbox)
                .where(waiting, outbox.c.rank == next_rank)
                .values(status=Status.QUEUED, queued_at=now, due_at=now)
            )
    return verdict


def depth(connection: Connection) -> tuple[int, int | None]:
    """How many notifications are not yet out, and since when the oldest of them is queued."""
    count, oldest = connection.execute(
        select(func.count(), func.min(outbox.c.queued_at)).where(outbox.c.status.in_(UNFINISHED))
    ).one()
    return int(count), oldest


def notification(row: RowMapping) -> Notification:
    return Notification(
        key=row["key"],
        event=Event(row["event"]),
        snapshot=_decode_alarm(row["snapshot"]),
        contact=row["contact"],
        name=row["name"],
        channel=row["channel"],
        address=row["address"],
        lang=row["lang"],
        person=row["person"],
        rank=row["rank"],
        status=Status(row["status"]),
        created_at=row["created_at"],
        queued_at=row["queued_at"],
        due_at=row["due_at"],
        leases=row["leases"],
        attempts=row["attempts"],
        provider_id=row["provider_id"],
        why=row["why"],
        done_at=row["done_at"],
    )


def _take(connection: Connection, number: int, until: int) -> Notification:
    row = connection.execute(select(outbox).where(outbox.c.number == number)).mappings().one()
    before = notification(row)
    asked = before.status is Status.ACCEPTED
    after = msgspec.structs.replace(
        before, leases=before.leases + 1, attempts=before.attempts + (0 if asked else 1)
    )
    connection.execute(
        update(outbox)
        .where(outbox.c.number == number)
        .values(
            status=Status.ACCEPTED if asked else Status.SENDING,
            due_at=until,
            leases=after.leases,
            attempts=after.attempts,
        )
    )
    return after
