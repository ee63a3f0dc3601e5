"""Our own MQTT subscriber: reads are coalesced, a batch is acknowledged when it is committed.

The trick (a fifth of the CPU time of any client library): after each read, reading pauses for
`COALESCE_S`, so that the next read finds everything that arrived meanwhile. Only that timer
resumes it. A batch that is not committed yet keeps the connection paused: that is how a full
disk pushes back to the broker.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import structlog

from ingest import mqtt
from ingest.backoff import Backoff
from ingest.waiting import stopped

COALESCE_S = 0.02
KEEP_ALIVE_S = 30
ANSWER_S = 10.0
"""What a broker has for the TCP connection, and then for CONNACK and SUBACK together."""

log = structlog.get_logger("ingest")


@dataclass(frozen=True)
class BrokerAddress:
    """A broker and the user that ingest is to it. The session of `client_id` is kept there."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    client_id: str = "kenh-ingest"


class BrokerError(Exception):
    """Why there is no connection, in one line."""


class Batch:
    """The messages of one read. They are acknowledged by `commit`, all or none."""

    __slots__ = ("_session", "messages")

    def __init__(self, session: _Session, messages: list[mqtt.Publish]) -> None:
        self._session = session
        self.messages = messages

    @property
    def stale(self) -> bool:
        """Whether its connection is gone: nobody can acknowledge it, it will come again."""
        return self._session.lost.done()

    def commit(self) -> None:
        """Acknowledge every message, in one write. To be called once, when all is on disk."""
        self._session.committed(self.messages)


Handler = Callable[[Batch], None]


class Consumer:
    """Keeps one persistent session at the broker, for ever, and hands its batches to `handler`."""

    def __init__(
        self,
        address: BrokerAddress,
        filters: tuple[str, ...],
        handler: Handler,
        *,
        coalesce_s: float = COALESCE_S,
        keep_alive_s: int = KEEP_ALIVE_S,
        backoff: Backoff | None = None,
    ) -> None:
        self._address = address
        self._filters = filters
        self._handler = handler
        self._coalesce_s = coalesce_s
        self._keep_alive_s = keep_alive_s
        self._backoff = backoff or Backoff()
        self._session: _Session | None = None
        self.sessions = 0
        self.last_error = ""

    @property
    def connected(self) -> bool:
        """Whether the subscription is in force."""
        return self._session is not None

    def publish(self, topic: str, payload: bytes) -> bool:
        """Publish with QoS 0; False where there is no connection, and nothing was sent."""
        return self.send(mqtt.publish(topic, payload))

    def send(self, packets: bytes) -> bool:
        """Write packets as they are; False where there is no connection."""
        if self._session is None:
            return False
        self._session.write(packets)
        return True

    async def run(self, stop: asyncio.Event) -> None:
        """Connect, and connect again whenever the connection is lost, until `stop` is set."""
        while not stop.is_set():
            try:
                await self._one_session(stop)
            except (OSError, BrokerError) as error:
                self._report(error)
            if stop.is_set() or await stopped(stop, self._backoff.next()):
                return

    async def _one_session(self, stop: asyncio.Event) -> None:
        """One connection, from its beginning to its end.

        Raises `OSError` or `BrokerError` where it did not end by `stop`.
        """
        address = self._address
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_S):
                # By name each time: the broker's address may have changed.
                _, session = await loop.create_connection(
                    lambda: _Session(
                        address, self._filters, self._handler, self._coalesce_s, self._keep_alive_s
                    ),
                    address.host,
                    address.port,
                )
        except TimeoutError:
            raise BrokerError(f"no connection within {ANSWER_S:.0f} s") from None
        try:
            await session.start()
            self._session = session
            self.sessions += 1
            self.last_error = ""
            self._backoff.reset()
            log.info("connected to the broker", host=address.host, port=address.port)
            await session.until(stop)
        finally:
            self._session = None
            await session.end()

    def _report(self, error: Exception) -> None:
        """Log a failure once, not at every attempt."""
        text = str(error) or type(error).__name__
        if text != self.last_error:
            log.warning("no broker", host=self._address.host, port=self._address.port, why=text)
        self.last_error = text


class _Session(asyncio.Protocol):
    """One connection: CONNECT, SUBSCRIBE, coalesced reads, acknowledgements, keep-alive."""

    def __init__(
        self,
        address: BrokerAddress,
        filters: tuple[str, ...],
        handler: Handler,
        coalesce_s: float,
        keep_alive_s: int,
    ) -> None:
        self._address = address
        self._filters = filters
        self._handler = handler
        self._coalesce_s = coalesce_s
        self._keep_alive_s = keep_alive_s
        self._loop = asyncio.get_running_loop()
        self._framer = mqtt.Framer()
        self._uncommitted = 0
        self._writable = True
        self._heard = 0.0
        self._ticking: asyncio.TimerHandle | None = None
        self._subscribed: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport
        self._why = "the broker closed the connection"
        self.lost: asyncio.Future[None] = self._loop.create_future()

    async def start(self) -> None:
        """Return when the subscription is in force. Raises `BrokerError`."""
        await asyncio.wait(
            {self._subscribed, self.lost},
            timeout=ANSWER_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not self._subscribed.done():
            missing = f"no answer to CONNECT within {ANSWER_S:.0f} s"
            raise BrokerError(self._why if self.lost.done() else missing)

    async def until(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raises `BrokerError` where the connection ends before."""
        stopping = self._loop.create_task(stop.wait())
        ends: set[asyncio.Future[Any]] = {stopping, self.lost}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stopping
        if not stop.is_set():
            raise BrokerError(self._why)

    async def end(self) -> None:
        """Close the connection in order, or at once where the broker does not take it."""
        if self.lost.done():
            return
        self._transport.write(mqtt.DISCONNECT)
        self._transport.close()
        await asyncio.wait({self.lost}, timeout=1.0)
        self._transport.abort()

    def write(self, data: bytes) -> None:
        if not self.lost.done():
            self._transport.write(data)

    def committed(self, messages: list[mqtt.Publish]) -> None:
        """Acknowledge a batch; reading may go on when its timer is due."""
        self._uncommitted -= 1
        self.write(mqtt.pubacks(m.packet_id for m in messages if m.packet_id))

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._heard = self._loop.time()
        address = self._address
        self._transport.write(
            mqtt.connect(
                address.client_id,
                address.username,
                address.password,
                keep_alive=self._keep_alive_s,
            )
        )
        self._ticking = self._loop.call_later(self._keep_alive_s / 2, self._keep_alive)

    def data_received(self, data: bytes) -> None:
        self._transport.pause_reading()
        self._loop.call_later(self._coalesce_s, self._resume)
        self._heard = self._loop.time()
        try:
            packets = self._framer.feed(data)
            messages = [packet for packet in packets if type(packet) is mqtt.Publish]
            if len(messages) < len(packets):
                for packet in packets:
                    self._control(packet)
        except (mqtt.ProtocolError, BrokerError) as error:
            self._give_up(str(error))
            return
        if messages:
            self._uncommitted += 1
            self._handler(Batch(self, messages))

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._why = f"the connection was lost: {exc}"
        if self._ticking is not None:
            self._ticking.cancel()
        self.lost.set_result(None)

    # What this class sets off itself.

    def _control(self, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.ConnAck(code=0):
                # Always: a kept session may have been cut off before its SUBSCRIBE.
                self._transport.write(mqtt.subscribe(1, self._filters))
            case mqtt.ConnAck(code=code):
                why = mqtt.REFUSALS.get(code, f"return code {code}")
                raise BrokerError(
                    f"the broker refuses user {self._address.username!r}: {why}; "
                    "check the user and its password in the broker's password file"
                )
            case mqtt.SubAck(codes=codes):
                if any(code & 0x80 for code in codes):
                    raise BrokerError(
                        f"the broker refuses the subscription to {', '.join(self._filters)}: "
                        "check its access list"
                    )
                if not self._subscribed.done():
                    self._subscribed.set_result(None)

    def _resume(self) -> None:
        if self._transport.is_closing():
            return
        if self._uncommitted or not self._writable:
            self._loop.call_later(self._coalesce_s, self._resume)
            return
        self._heard = self._loop.time()
        self._transport.resume_reading()

    def _keep_alive(self) -> None:
        """Ask for a sign of life, or end a connection that has given none."""
        paused = self._uncommitted or not self._writable
        if not paused and self._loop.time() - self._heard > self._keep_alive_s:
            self._give_up(f"nothing heard from the broker for {self._keep_alive_s} s")
            return
        self._transport.write(mqtt.PINGREQ)
        self._ticking = self._loop.call_later(self._keep_alive_s / 2, self._keep_alive)

    def _give_up(self, why: str) -> None:
        self._why = why
        self._transport.abort()
