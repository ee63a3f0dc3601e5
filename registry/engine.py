"""Connections to the registry's database: SQLite that several processes share, or PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from registry.errors import RegistryError

BUSY_MS = 5_000
"""How long a process waits for another that is writing."""


def make_engine(url: str, busy_ms: int = BUSY_MS) -> Engine:
    """An engine for `url`; it must be disposed of. Raises `RegistryError` for a bad URL.

    It never makes the database: where there is none, connecting raises `RegistryError`.
    """
    try:
        parsed = _parsed(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed)
        engine = create_engine(parsed, connect_args={"timeout": busy_ms / 1000})
    except (ArgumentError, NoSuchModuleError) as error:
        raise RegistryError(f"the registry's URL is not understood: {_line(error)}") from None
    except ModuleNotFoundError as error:
        raise RegistryError(
            f"the registry's database needs the Python package {error.name!r}: install it in .venv"
        ) from None
    event.listen(engine, "do_connect", lambda *_: _must_exist(parsed))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take SQLite's write lock at their start: one that reads
    first and writes later would fail at once, without waiting, where another wrote in between."""
    return engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")


def create_file(url: URL) -> None:
    """An empty SQLite database that only its owner can read, where there is none yet."""
    if url.get_backend_name() != "sqlite":
        return
    path = _file(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise RegistryError(f"{path} cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def named_errors(engine: Engine) -> Iterator[None]:
    """Turn a failure of the database into a `RegistryError`."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, PermissionError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        text = _line(cause)
        if "locked" in text:
            problem = "is locked by another process: try again"
        elif "no such table" in text or "does not exist" in text:
            problem = _NOT_SET_UP
        else:
            problem = f"cannot be used: {text}"
        raise RegistryError(f"the registry {_shown(engine.url)} {problem}") from error


_NOT_SET_UP = "is not set up: './kenh up' does it, and so does any 'kenh … add' command"


def _parsed(url: str) -> URL:
    """What follows `sqlite:///` is a path as it stands, whatever `%`, `?` or `#` is in it."""
    path = url.removeprefix("sqlite:///")
    return make_url(url) if path == url else URL.create("sqlite", database=path)


def _must_exist(url: URL) -> None:
    if not _file(url).exists():
        raise RegistryError(f"the registry {_shown(url)} {_NOT_SET_UP}")


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # transactions begin where we say, not where Python guesses
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise RegistryError("the registry's URL names no file: write sqlite:///PATH/registry.db")
    return Path(url.database)


def _shown(url: URL) -> str:
    return url.render_as_string() if url.get_backend_name() != "sqlite" else str(_file(url))


def _line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0]
