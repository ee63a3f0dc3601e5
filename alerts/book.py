"""The book of alarms: one SQLite file, and every change of it one transaction.

Two processes use it: the rules' process, which is the only one to `commit`, and whoever
acknowledges (portal, command line). What the rules found, the state they go on from, how far
they have read the spool and what people are to be told of it stand or fall together, so a kill
at any moment gives the same alarms again and each notification once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DatabaseError

from alerts import life, queue, schema
from alerts.errors import AlertsError, UnknownAlarm
from alerts.model import Alarm, Delivery, Event, Notification, Place, Position
from alerts.routing import route
from alerts.verdict import Verdict
from registry.records import Contact
from rules.model import Transition

READER = "rules"

_UPSERT_STATE = (
    "INSERT INTO rule_state (rule, device, body) VALUES (?, ?, ?)"
    " ON CONFLICT (rule, device) DO UPDATE SET body = excluded.body"
)
_DROP_STATE = "DELETE FROM rule_state WHERE rule = ? AND device = ?"

_encode = msgspec.json.Encoder().encode
_decode_transition = msgspec.json.Decoder(Transition).decode


class Entry(msgspec.Struct, frozen=True):
    """One transition as it was taken in; `alarm` is the id of the alarm it concerned, or None."""

    transition: Transition
    alarm: str | None
    reason: str


class Book:
    """Alarms, transitions, notifications, rule states and the rules' place in the spool.

    Safe to use from several threads and processes. Raises `AlertsError` for a book that cannot
    be opened, or that a newer Kênh has written.
    """

    def __init__(self, url: str) -> None:
        self._engine = schema.connect(url)
        self._writing = self._engine.execution_options(writes=True)
        try:
            schema.prepare(self._engine)
        except DatabaseError as error:
            self.close()
            raise AlertsError(
                f"{self._engine.url.database}: the book of alarms cannot be opened"
                f" ({error.orig}): check the file and its folder"
            ) from error
        except AlertsError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    # -- the rules' side

    def commit(
        self,
        transitions: Iterable[Transition],
        states: Mapping[tuple[str, str], bytes],
        position: Place | None,
        now: int,
        contacts: Iterable[Contact],
    ) -> list[Alarm]:
        """Take in, in one transaction, what the rules found; the alarms that changed.

        `states` is keyed by (rule, device); an empty state is forgotten. `position` (segment,
        offset) is where the spool is read from after a restart, None leaves it.
        """
        changed: dict[str, Alarm] = {}
        people = list(contacts)
        with self._writing.begin() as connection:
            for transition in transitions:
                alarm = _take_in(connection, transition, now, people)
                if alarm is not None:
                    changed[alarm.id] = alarm
            _keep_states(connection, states)
            if position is not None:
                _keep_position(connection, position, now)
        return list(changed.values())

    def states(self) -> dict[tuple[str, str], bytes]:
        """The state of every rule, keyed by (rule, device), as of the last commit."""
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT rule, device, body FROM rule_state")
            return {(rule, device): body for rule, device, body in rows}

    def position(self) -> Position | None:
        """Where to read the spool from; None before the first commit."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(schema.position.c.segment, schema.position.c.offset).where(
                    schema.position.c.reader == READER
                )
            ).first()
        return None if row is None else Position(row.segment, row.offset)

    def saved_at(self) -> int | None:
        """When the rules' place was last kept, ms: how long nobody has evaluated since."""
        with self._engine.connect() as connection:
            found = connection.execute(
                select(schema.position.c.saved_at).where(schema.position.c.reader == READER)
            ).scalar()
        return None if found is None else int(found)

    # -- people's side

    def acknowledge(self, alarm_id: str, who: str, now: int) -> Alarm:
        """Somebody takes the alarm on; what is acknowledged or over already stays as it is.

        Webhooks that were told of the firing are told of this. Raises `UnknownAlarm`.
        """
        with self._writing.begin() as connection:
            row = (
                connection.execute(select(schema.alarm).where(schema.alarm.c.id == alarm_id))
                .mappings()
                .first()
            )
            if row is None:
                raise UnknownAlarm(alarm_id)
            change = life.acknowledge(_alarm(row), who, now)
            assert change.alarm is not None  # noqa: S101 - acknowledging removes no alarm
            _keep_alarm(connection, change.alarm)
            for event in change.events:
                _notify(connection, change.alarm, event, now)
            return change.alarm

    def alarms(self, open_only: bool = False, tenant: str | None = None) -> list[Alarm]:
        """The newest first."""
        chosen = select(schema.alarm).order_by(schema.alarm.c.started_at.desc(), schema.alarm.c.id)
        if open_only:
            chosen = chosen.where(schema.IS_OPEN)
        if tenant is not None:
            chosen = chosen.where(schema.alarm.c.tenant == tenant)
        with self._engine.connect() as connection:
            return [_alarm(row) for row in connection.execute(chosen).mappings()]

    def alarm(self, alarm_id: str) -> Alarm:
        """Raises `UnknownAlarm`."""
        with self._engine.connect() as connection:
            row = (
                connection.execute(select(schema.alarm).where(schema.alarm.c.id == alarm_id))
                .mappings()
                .first()
            )
        if row is None:
            raise UnknownAlarm(alarm_id)
        return _alarm(row)

    def notifications(self, alarm_id: str | None = None) -> list[Notification]:
        """The oldest first."""
        with self._engine.connect() as connection:
            return queue.every(connection, alarm_id)

    def transitions(self) -> list[Entry]:
        """All that the rules found, in the order it was taken in."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(schema.transition).order_by(schema.transition.c.number)
            ).all()
        return [Entry(_decode_transition(row.body), row.alarm, row.reason) for row in rows]

    # -- the sender's side

    def lease(self, now: int, lease_ms: int, free: Callable[[str], int]) -> list[Notification]:
        """Take due notifications to send; see `alerts.queue.lease`."""
        with self._writing.begin() as connection:
            return queue.lease(connection, now, lease_ms, free)

    def settle(
        self, leased: Notification, outcome: Delivery, now: int, *, idempotent: bool
    ) -> Verdict | None:
        """Write down how it went; see `alerts.queue.settle`."""
        with self._writing.begin() as connection:
            return queue.settle(connection, leased, outcome, now, idempotent=idempotent)

    def depth(self) -> tuple[int, int | None]:
        """How many notifications are not yet out, and since when the oldest of them is queued."""
        with self._engine.connect() as connection:
            return queue.depth(connection)


def _take_in(
    connection: Connection, transition: Transition, now: int, contacts: list[Contact]
) -> Alarm | None:
    """Change the alarm that a transition concerns; None if nothing changed."""
    before = _open_alarm(connection, transition)
    nth = _earlier_ones(connection, transition) if before is None else 0
    change = life.step(before, transition, nth=nth)
    connection.execute(
        insert(schema.transition).values(
            alarm=change.alarm.id if change.alarm else None,
            reason=change.reason,
            body=_encode(transition),
        )
    )
    if change.alarm is None or change.alarm == before:
        return None
    _keep_alarm(connection, change.alarm)
    for event in change.events:
        _notify(connection, change.alarm, event, now, contacts)
    return change.alarm


def _notify(
    connection: Connection,
    alarm: Alarm,
    event: Event,
    now: int,
    contacts: Iterable[Contact] | None = None,
) -> None:
    """Queue the event for whom it concerns; without `contacts`, as the firing knew them."""
    firing = [] if event is Event.FIRING else queue.told(connection, alarm.id)
    if contacts is None:
        contacts = [
            Contact(
                id=one.contact,
                tenant=alarm.tenant,
                name=one.name,
                group=alarm.notify,
                channel=one.channel,
                address=one.address,
                lang=one.lang,
            )
            for one in firing
        ]
    routes = route(alarm, event, contacts, {one.contact for one in firing})
    queue.put(connection, alarm, event, routes, now)


def _open_alarm(connection: Connection, transition: Transition) -> Alarm | None:
    row = (
        connection.execute(
            select(schema.alarm).where(
                schema.alarm.c.rule == transition.rule,
                schema.alarm.c.device == transition.device,
                schema.IS_OPEN,
            )
        )
        .mappings()
        .first()
    )
    return None if row is None else _alarm(row)


def _earlier_ones(connection: Connection, transition: Transition) -> int:
    return connection.execute(
        select(func.count()).where(
            schema.alarm.c.rule == transition.rule,
            schema.alarm.c.device == transition.device,
            schema.alarm.c.started_at == transition.at,
        )
    ).scalar_one()


def _keep_alarm(connection: Connection, alarm: Alarm) -> None:
    values = msgspec.structs.asdict(alarm)
    statement = upsert(schema.alarm).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def _keep_states(connection: Connection, states: Mapping[tuple[str, str], bytes]) -> None:
    kept = [(rule, device, body) for (rule, device), body in states.items() if body]
    gone = [key for key, body in states.items() if not body]
    if kept:
        connection.exec_driver_sql(_UPSERT_STATE, kept)
    if gone:
        connection.exec_driver_sql(_DROP_STATE, gone)


def _keep_position(connection: Connection, position: Place, now: int) -> None:
    values = {
        "reader": READER,
        "segment": position.segment,
        "offset": position.offset,
        "saved_at": now,
    }
    statement = upsert(schema.position).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["reader"], set_=values))


def _alarm(row: RowMapping) -> Alarm:
    # SQLAlchemy's names are a kind of `str` of their own, which msgspec does not take.
    return msgspec.convert({str(name): value for name, value in row.items()}, Alarm)
