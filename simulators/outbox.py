"""What a device keeps until the platform says that it is stored. Pure: `now` comes in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from simulators.replay import Claim


@dataclass(eq=False)
class Batch:
    """The readings of one message: `first` is the sequence number of the first one."""

    first: int
    claims: Sequence[Claim]
    times_sent: int = 0

    @property
    def last(self) -> int:
        return self.first + len(self.claims) - 1


class Outbox:
    """Batches of one boot, oldest first, sent in order.

    It is bounded: above `limit` readings the oldest batch is given up and counted in `dropped`
    (a device's flash is full too one day).
    """

    def __init__(self, limit: int, resend_ms: int) -> None:
        self._limit = limit
        self._resend_ms = resend_ms
        self._batches: deque[Batch] = deque()
        self._cursor = 0  # the next batch to send on this connection
        self._progress = 0  # when something last went forward
        self._next_seq = 1
        self.waiting = 0
        self.sent = 0
        self.acknowledged = 0
        self.resent = 0
        self.dropped = 0

    @property
    def oldest(self) -> int:
        """The lowest sequence number that is still kept; the next one where nothing is."""
        return self._batches[0].first if self._batches else self._next_seq

    def add(self, claims: Sequence[Claim]) -> None:
        """Keep the readings of a new message."""
        self._batches.append(Batch(self._next_seq, claims))
        self._next_seq += len(claims)
        self.waiting += len(claims)
        while self.waiting > self._limit and len(self._batches) > 1:
            self.dropped += len(self._drop_oldest().claims)

    def next(self) -> Batch | None:
        """The batch to send now."""
        return self._batches[self._cursor] if self._cursor < len(self._batches) else None

    def was_sent(self, batch: Batch, now: int) -> None:
        """`next()` went out. Readings count as sent once, however often they go out."""
        if batch.times_sent:
            self.resent += len(batch.claims)
        else:
            self.sent += len(batch.claims)
        if self._cursor == 0:
            self._progress = now
        batch.times_sent += 1
        self._cursor += 1

    def stored(self, seq: int, now: int) -> None:
        """The platform has everything up to `seq` of this boot."""
        while self._batches and self._batches[0].last <= seq and self._batches[0].times_sent:
            self.acknowledged += len(self._drop_oldest().claims)
            self._progress = now

    def rewind(self) -> None:
        """Begin again at the oldest: a new connection knows nothing of what the last one sent."""
        self._cursor = 0

    def overdue_at(self) -> int | None:
        """When to begin again at the oldest, unless something goes forward before; None where
        nothing waits for an answer."""
        return self._progress + self._resend_ms if self._cursor else None

    def _drop_oldest(self) -> Batch:
        batch = self._batches.popleft()
        self._cursor = max(0, self._cursor - 1)
        self.waiting -= len(batch.claims)
        return batch
