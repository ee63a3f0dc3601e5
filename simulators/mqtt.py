"""A small MQTT 3.1.1 client over asyncio: QoS 1 both ways, persistent session, last will.

It is the simulators' own since a fleet is many clients in one process, and paho-mqtt wants a
thread for each. Nothing here waits but `open` and `close`: `publish` writes while the window has
room, and the owner is told of every change by `on_change`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Self, cast

from simulators import packets
from simulators.packets import Login, Message, Packet

WINDOW = 8
"""Messages that may wait for their PUBACK, as in the firmware."""

_REFUSALS = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker refuses the client id",
    3: "the broker is not available",
    4: "wrong user name or password",
    5: "wrong user name or password, or not allowed to connect",
}


class LinkError(ConnectionError):
    """The broker refused the connection."""


class Link(asyncio.Protocol):
    """One connection, from its CONNACK until `alive` is false."""

    def __init__(
        self, on_message: Callable[[Message], None], on_change: Callable[[], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._on_change = on_change
        self._received = bytearray()
        self._unacknowledged: set[int] = set()
        self._packet_id = 0
        self._heard = True
        self._transport: asyncio.Transport | None = None
        self._heart: asyncio.TimerHandle | None = None
        self._welcome: asyncio.Future[int] = loop.create_future()  # the CONNACK's code
        self._gone: asyncio.Future[None] = loop.create_future()

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        login: Login,
        on_message: Callable[[Message], None],
        on_change: Callable[[], None],
        *,
        tls: ssl.SSLContext | None = None,
        keep_alive: int = 60,
        seconds: float = 5.0,
    ) -> Self:
        """Connect. Raises `LinkError`, `OSError` or `TimeoutError`."""
        link = cls(on_message, on_change)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await loop.create_connection(lambda: link, host, port, ssl=tls)
                link._write(packets.connect(login, keep_alive))
                await link._admitted()
        except BaseException:
            link._abort()
            raise
        link._beat(keep_alive / 2)
        return link

    @property
    def alive(self) -> bool:
        return not self._gone.done()

    @property
    def has_room(self) -> bool:
        """Whether another message may go out now."""
        return self.alive and len(self._unacknowledged) < WINDOW

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send at QoS 1. What a lost connection left unacknowledged is the owner's to send again,
        as a new message: his outbox knows more than a packet id does."""
        packet_id = self._new_id()
        self._unacknowledged.add(packet_id)
        self._write(packets.publish(topic, payload, packet_id, retain=retain))

    def subscribe(self, topic: str) -> None:
        """Subscribe at QoS 1."""
        self._write(packets.subscribe(topic, self._new_id()))

    async def close(self, seconds: float = 1.0) -> None:
        """Say goodbye, so that the will stays unsaid; cut the line if that takes too long."""
        if self.alive and self._transport is not None:
            self._write(packets.DISCONNECT)
            self._transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await asyncio.shield(self._gone)
        self._abort()

    # --- what asyncio calls -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._heart is not None:
            self._heart.cancel()
        self._gone.set_result(None)
        self._on_change()

    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._received += data
        try:
            while (packet := packets.take(self._received)) is not None:
                self._handle(packet)
        except ValueError:  # the peer is no MQTT broker
            self._abort()

    # ----------------------------------------------------------------------------------------

    def _handle(self, packet: Packet) -> None:
        match packet.type:
            case packets.CONNACK if not self._welcome.done():
                self._welcome.set_result(packets.refusal(packet))
            case packets.PUBACK:
                self._unacknowledged.discard(packets.acknowledged(packet))
                self._on_change()
            case packets.PUBLISH:
                message = packets.message(packet)
                self._on_message(message)
                if message.packet_id:
                    self._write(packets.puback(message.packet_id))

    async def _admitted(self) -> None:
        """Wait for the broker's answer. Raises `LinkError` unless it is a welcome."""
        await asyncio.wait((self._welcome, self._gone), return_when=asyncio.FIRST_COMPLETED)
        if not self._welcome.done():
            raise LinkError("the broker closed the connection")
        if code := self._welcome.result():
            raise LinkError(_REFUSALS.get(code, f"the broker refuses with code {code}"))

    def _beat(self, seconds: float) -> None:
        """Twice in the keep-alive: silence since the last ping means a dead line."""
        if not self._heard:
            self._abort()
            return
        self._heard = False
        self._write(packets.PINGREQ)
        self._heart = asyncio.get_running_loop().call_later(seconds, self._beat, seconds)

    def _write(self, data: bytes) -> None:
        if self.alive and self._transport is not None:
            self._transport.write(data)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _new_id(self) -> int:
        """The next of 1 to 65,535 that is not under way (umqtt's never wraps and hangs)."""
        self._packet_id = self._packet_id % 0xFFFF + 1
        while self._packet_id in self._unacknowledged:
            self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id
