"""Cursor pages: stable while items are added, since a cursor names the last key, not a count."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from portal.problems import Trouble

Key = tuple[int | str, ...]
Item = TypeVar("Item")


def page_of(
    items: Iterable[Item], key: Callable[[Item], Key], limit: int, cursor: str | None
) -> tuple[list[Item], str | None]:
    """The `limit` items behind `cursor` in the order of `key`, and the next page's cursor.

    A cursor that was not made here raises `Trouble` 422.
    """
    ordered = sorted(items, key=key)
    if cursor is not None:
        behind = _read(cursor)
        try:
            ordered = [item for item in ordered if key(item) > behind]
        except TypeError:
            raise _unreadable() from None
    chosen = ordered[:limit]
    return chosen, _write(key(chosen[-1])) if len(ordered) > limit else None


def _write(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _read(cursor: str) -> Key:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise _unreadable() from None
    if not isinstance(found, list) or not all(isinstance(part, int | str) for part in found):
        raise _unreadable()
    return tuple(found)


def _unreadable() -> Trouble:
    return Trouble(422, "cursor: not one that this API gave; begin again without it")
