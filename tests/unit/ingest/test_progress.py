"""The cursor: nothing before it is left to do, in whatever order things are finished."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.progress import Progress
from ingest.segments import START, Position


def place(number: int) -> Position:
    return Position(1, number)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.randoms())
def test_it_stands_before_the_first_unfinished_chunk(parts: list[int], chance: object) -> None:
    progress = Progress(START)
    chunks = [
        progress.begin(place(n + 1), 100 + n, 10 * count, count) for n, count in enumerate(parts)
    ]
    open_parts = [n for n, count in enumerate(parts) for _ in range(count)]
    chance.shuffle(open_parts)  # type: ignore[attr-defined]
    while open_parts:
        first = min(open_parts)
        assert progress.done_to == (place(first) if first else START)
        assert progress.oldest_received == 100 + first
        assert progress.pending == 10 * len(open_parts)
        progress.finish_part(chunks[open_parts.pop()], 10)
    assert progress.done_to == place(len(parts))
    assert progress.oldest_received == progress.pending == 0


def test_what_is_held_holds_the_cursor() -> None:
    progress = Progress(START)
    progress.begin(place(5), 100, 1, 0)
    progress.hold("acme", place(3), 90)
    assert progress.done_to == progress.held("acme") == place(3)
    assert progress.oldest_received == 90
    progress.hold("other", place(4), 0)
    progress.hold("acme", place(5), 95)
    assert progress.done_to == place(4)
    progress.release("other")
    progress.release("acme")
    assert progress.done_to == place(5)
    assert progress.oldest_received == 0
