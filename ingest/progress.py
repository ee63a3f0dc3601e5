"""How far all is dealt with, when parts of it are finished in any order. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ingest.segments import Position


@dataclass(eq=False)
class Chunk:
    """What one look into the spool brought, up to the place `end`; `open_parts` are unfinished."""

    end: Position
    oldest_received: int
    open_parts: int


class Progress:
    """The place before which nothing is left to do: the cursor.

    Chunks are passed in the order of the spool. What is held back under a name is left to do
    too, from its place on, though the chunks move on.
    """

    def __init__(self, position: Position) -> None:
        self._chunks: deque[Chunk] = deque()
        self._passed = position
        self._held: dict[str, tuple[Position, int]] = {}
        self.pending = 0  # readings that are not finished

    @property
    def done_to(self) -> Position:
        return min([self._passed, *(position for position, _ in self._held.values())])

    @property
    def oldest_received(self) -> int:
        """When the oldest unfinished reading came, in ms since 1970; 0 where all are finished."""
        known = [received for _, received in self._held.values() if received]
        if self._chunks:
            known.append(self._chunks[0].oldest_received)
        return min(known, default=0)

    def begin(self, end: Position, oldest_received: int, readings: int, parts: int) -> Chunk:
        """Take up `readings` in so many parts; the oldest was received at that time (ms)."""
        chunk = Chunk(end, oldest_received, parts)
        self._chunks.append(chunk)
        self.pending += readings
        self._pass_finished()
        return chunk

    def finish_part(self, chunk: Chunk, readings: int) -> None:
        """One part of a chunk, so many readings, is finished."""
        chunk.open_parts -= 1
        self.pending -= readings
        self._pass_finished()

    def hold(self, name: str, position: Position, received: int) -> None:
        """From `position` on there is something left to do for `name`, as old as `received`."""
        self._held[name] = (position, received)

    def held(self, name: str) -> Position:
        """Where what is left to do for `name` begins."""
        return self._held[name][0]

    def release(self, name: str) -> None:
        del self._held[name]

    def _pass_finished(self) -> None:
        while self._chunks and not self._chunks[0].open_parts:
            self._passed = self._chunks.popleft().end
