from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.paging import Key, page_of
from portal.problems import Trouble


def by_number(number: int) -> Key:
    return (number,)


@given(st.sets(st.integers()), st.integers(1, 20))
def test_pages_give_everything_once_in_order(numbers: set[int], limit: int) -> None:
    found: list[int] = []
    cursor = None
    while True:
        items, cursor = page_of(numbers, by_number, limit, cursor)
        assert len(items) <= limit
        found += items
        if cursor is None:
            break
    assert found == sorted(numbers)


def test_what_comes_in_meanwhile_repeats_nothing() -> None:
    first, cursor = page_of([10, 20, 30], by_number, 2, None)
    second, end = page_of([5, 10, 15, 20, 30], by_number, 2, cursor)
    assert (first, second, end) == ([10, 20], [30], None)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "",
        "bm9uZQ",
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(b"[null]").decode(),
        base64.urlsafe_b64encode(b'["of another list"]').decode(),
    ],
)
def test_a_cursor_that_was_not_given_is_refused(cursor: str) -> None:
    with pytest.raises(Trouble) as refused:
        page_of([1, 2, 3], by_number, 2, cursor)
    assert refused.value.status_code == 422
    assert "begin again without it" in refused.value.detail
