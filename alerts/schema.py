"""The book's tables, and how a connection to them is set up."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    insert,
    literal_column,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from alerts.errors import AlertsError

VERSION = 1
BUSY_MS = 20_000
"""How long one process waits for the other one's transaction, which takes milliseconds."""

metadata = MetaData()

version = Table("version", metadata, Column("number", Integer, nullable=False))

alarm = Table(
    "alarm",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("sector", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("title_vi", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("value", Float),
    Column("unit", Text, nullable=False),
    Column("limit", Float),
    Column("started_at", Integer, nullable=False),
    Column("event_time", Integer, nullable=False),
    Column("historical", Boolean, nullable=False),
    Column("notify", Text, nullable=False),
    Column("acked_by", Text),
    Column("acked_at", Integer),
    Column("resolved_at", Integer),
    Index("alarm_by_start", "rule", "device", "started_at"),
)
IS_OPEN = alarm.c.state != literal_column("'resolved'")
# At most one alarm of a rule and a device is open: the database itself says so.
Index("alarm_open", alarm.c.rule, alarm.c.device, unique=True, sqlite_where=IS_OPEN)

transition = Table(
    "transition",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("alarm", Text),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # rules.model.Transition as JSON
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("alarm", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),  # alerts.model.Alarm as JSON
    Column("contact", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("lang", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("queued_at", Integer, nullable=False),
    Column("due_at", Integer, nullable=False),
    Column("leases", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("done_at", Integer),
    Index("outbox_due", "status", "due_at"),
    Index("outbox_person", "alarm", "person"),
)

rule_state = Table(
    "rule_state",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

position = Table(
    "position",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("segment", Integer, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("saved_at", Integer, nullable=False),
)


def connect(url: str) -> Engine:
    """An engine whose transactions take SQLite's write lock at their beginning if they write.

    Ask for that with `engine.execution_options(writes=True)`. Every commit is fsynced
    (synchronous FULL): a notification that went out must still be known after a power cut.
    """
    where = make_url(url)
    if where.get_backend_name() != "sqlite" or not where.database:
        raise AlertsError("the book of alarms is an SQLite file: give it as sqlite:///PATH")
    Path(where.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(where)

    @event.listens_for(engine, "connect")
    def _set_up(raw: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - for mypy; checked above
        raw.isolation_level = None  # the driver's own, late BEGIN is switched off
        raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        _switch_to_wal(raw)
        raw.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def prepare(engine: Engine) -> None:
    """Make the tables where they are missing; `AlertsError` for a book that is newer than we."""
    with engine.execution_options(writes=True).begin() as connection:
        metadata.create_all(connection)
        found = connection.execute(select(version.c.number)).scalar()
        if found is None:
            connection.execute(insert(version).values(number=VERSION))
        elif found > VERSION:
            raise AlertsError(
                f"{engine.url.database}: written by a newer Kênh (book version {found}, this one"
                f" reads {VERSION}): start the newer one"
            )


def _switch_to_wal(raw: sqlite3.Connection) -> None:
    """SQLite does not wait its busy time for this one lock when processes open a new file."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
