"""Sends what the book's outbox holds: leases due rows, sends them, writes down how it went.

What becomes of a row is decided in `alerts.verdict`. A row that was leased by a sender that died
may have been sent: where the far end drops keys that it has seen it is sent again, elsewhere it
counts as ambiguous and goes to the person's next channel.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from alerts.book import Book
from alerts.channels import Channel
from alerts.model import Ambiguous, Delivery, Message, Notification, Refused, Status

log = structlog.get_logger("alerts")

CONCURRENCY = 8
"""Calls under way at once on one channel: a provider that hangs holds up only itself."""

LEASE_MS = 60_000
SEND_LIMIT_S = 45.0
"""A call that takes longer is given up, well before its lease ends."""

IDLE_S = 0.25
"""How often the outbox is looked at when nobody calls `wake`: the portal queues rows too."""

GRACE_S = 2.0
"""At the stop, calls under way may take this long; the others are told apart at the restart."""


class Place(Protocol):
    """What people call a device and its site; `registry.directory.Home` is one."""

    @property
    def name(self) -> str: ...
    @property
    def site_name(self) -> str: ...


class Sender:
    """The outbox's sender. `clock` gives ms since 1970; `place_of` a device's names, if known."""

    def __init__(
        self,
        book: Book,
        channels: Mapping[str, Channel],
        clock: Callable[[], int],
        place_of: Callable[[str], Place | None] = lambda _device: None,
    ) -> None:
        self._book = book
        self._channels = channels
        self._clock = clock
        self._place_of = place_of
        self._wakened = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()
        self._count: Counter[str] = Counter()
        self._depth: tuple[int, int | None] = (0, None)

    def wake(self) -> None:
        """There is something new. Call it from the loop that runs the sender."""
        self._wakened.set()

    def figures(self) -> dict[str, float]:
        """Totals since the start, and what is queued now with the age of its oldest."""
        queued, oldest = self._depth
        counted = ("delivered", "accepted", "failed", "unconfirmed", "retries", "administrators")
        return {
            **{name: float(self._count[name]) for name in counted},
            "queued": float(queued),
            "lag_seconds": max(0, self._clock() - oldest) / 1000 if oldest is not None else 0.0,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Send until the stop; calls under way then get a moment to end."""
        stopped = asyncio.create_task(stop.wait(), name="stop")
        try:
            while not stop.is_set():
                self._wakened.clear()
                if await self.start_due() == 0:
                    await self._idle(stopped)
        finally:
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)
            await self._end()

    async def start_due(self) -> int:
        """Begin to send what is due and has a free place; how many that were."""
        leased = await asyncio.to_thread(
            self._book.lease, self._clock(), LEASE_MS, self._free_places
        )
        self._depth = await asyncio.to_thread(self._book.depth)
        for one in leased:
            self._busy[one.channel] += 1
            task = asyncio.create_task(self._deliver(one), name=f"send {one.channel}")
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return len(leased)

    async def settled(self) -> None:
        """Wait until the calls under way have ended and are written down."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its row stays leased and is taken up again when the lease ends.
            log.error("an outcome could not be written down", error=type(error).__name__)

    def _free_places(self, channel: str) -> int:
        return CONCURRENCY - self._busy[channel]

    async def _idle(self, stopped: asyncio.Task[bool]) -> None:
        wakened = asyncio.create_task(self._wakened.wait(), name="wake")
        await asyncio.wait({wakened, stopped}, timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
        wakened.cancel()
        await asyncio.gather(wakened, return_exceptions=True)

    async def _end(self) -> None:
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=GRACE_S)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _deliver(self, one: Notification) -> None:
        channel = self._channels.get(one.channel)
        try:
            outcome = await self._outcome(channel, one)
            verdict = await asyncio.to_thread(
                lambda: self._book.settle(
                    one,
                    outcome,
                    self._clock(),
                    idempotent=channel is not None and channel.idempotent,
                )
            )
        finally:
            self._busy[one.channel] -= 1
            self.wake()  # a place is free, and perhaps the next channel's row is due
        if verdict is None:
            log.warning("a notification was settled elsewhere", key=one.key, channel=one.channel)
            return
        self._tell(one, outcome, verdict.status, verdict.why)

    async def _outcome(self, channel: Channel | None, one: Notification) -> Delivery:
        if channel is None:
            return Refused(f"the channel {one.channel} is not set up", "administrators")
        if one.status is Status.SENDING and not channel.idempotent:
            return Ambiguous("the sender ended while it was being sent")
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                if one.status is Status.ACCEPTED:
                    return await channel.status(one.provider_id)
                outcome = await channel.send(self._message(one))
                if isinstance(outcome, Ambiguous) and outcome.provider_id:
                    return await self._asked(channel, outcome)
                return outcome
        except TimeoutError:
            return Ambiguous("the call took too long")
        except Exception as error:  # noqa: BLE001 - a channel's bug must not stop the others
            # Neither its text nor its traceback is logged: either may hold a channel's secret.
            name = type(error).__name__
            log.error("a channel failed", channel=one.channel, error=name)  # noqa: TRY400
            return Ambiguous(f"a fault of ours ({name})")

    @staticmethod
    async def _asked(channel: Channel, outcome: Ambiguous) -> Delivery:
        """What the provider knows of a message that it may have taken."""
        known = await channel.status(outcome.provider_id)
        return outcome if isinstance(known, Ambiguous | Refused) else known

    def _message(self, one: Notification) -> Message:
        place = self._place_of(one.snapshot.device)
        return Message(
            key=one.key,
            event=one.event,
            alarm=one.snapshot,
            address=one.address,
            lang=one.lang,
            device_name=place.name if place else "",
            site_name=place.site_name if place else "",
        )

    def _tell(self, one: Notification, outcome: Delivery, status: Status, why: str) -> None:
        said = {"channel": one.channel, "alarm": one.alarm, "of": str(one.event)}
        if status is Status.QUEUED:
            self._count["retries"] += 1
        elif not (one.status is Status.ACCEPTED and status is Status.ACCEPTED):
            self._count[status] += 1
        if isinstance(outcome, Refused) and outcome.next in ("administrators", "template"):
            self._count["administrators"] += 1
            log.error("an alert channel needs its administrator", **said, why=why)
        elif status in (Status.FAILED, Status.UNCONFIRMED, Status.QUEUED):
            log.warning("a notification did not go out", **said, status=str(status), why=why)
        else:
            log.info("notified", **said, status=str(status))
