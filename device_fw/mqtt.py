"""MQTT 3.1.1 over asyncio streams, QoS 1: what a device that must lose nothing needs of it.

Runs on MicroPython and on CPython. A `Connection` is one TCP connection; any error in `LOST`
ends it. The session on the broker outlives it: what was said meanwhile reaches the next one.
"""

import asyncio
import struct

TYPE_CHECKING = False  # true for a type checker; a device needs no ssl module for it
if TYPE_CHECKING:
    import ssl

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 4, 8, 9, 14
ANSWER_S = 10  # for the broker to answer one packet
LARGEST = 4096  # bytes of one incoming packet: nothing that the platform sends is larger

# What a connection can end with: a TLS failure raises ValueError, an end of file EOFError, and
# MicroPython's TimeoutError is no OSError.
LOST = (OSError, ValueError, EOFError, asyncio.TimeoutError)


def packet(kind: int, flags: int, body: bytes) -> bytes:
    """A control packet: its type and flags, the remaining length as a varint, the body."""
    head = bytearray([kind << 4 | flags])
    length = len(body)
    while True:
        head.append(length & 0x7F | (0x80 if length > 0x7F else 0))
        length >>= 7
        if not length:
            return bytes(head) + body


def text(words: str) -> bytes:
    data = words.encode()
    return struct.pack("!H", len(data)) + data


class Connection:
    """A connection to the broker. Every call that waits raises one of `LOST` in bounded time."""

    def __init__(self, reader: "asyncio.StreamReader", writer: "asyncio.StreamWriter") -> None:
        self._reader = reader
        self._writer = writer
        self.answered: set[int] = set()  # packet ids that have their PUBACK or SUBACK
        self.messages: list[tuple[str, bytes]] = []  # (topic, payload), for the caller to take

    async def sign_in(self, device: str, password: str, keepalive_s: int) -> None:
        """CONNECT under the device's id; a session that the broker kept is welcome."""
        # 4: MQTT 3.1.1. 0xC0: user name and password, neither a clean session nor a will.
        body = text("MQTT") + struct.pack("!BBH", 4, 0xC0, keepalive_s)
        await self._send(packet(CONNECT, 0, body + text(device) + text(device) + text(password)))
        kind, _, answer = await asyncio.wait_for(self._read_packet(), ANSWER_S)
        if kind != CONNACK or answer[1] != 0:
            raise OSError("the broker refused %s: code %d" % (device, answer[1]))

    async def subscribe(self, topic: str, packet_id: int) -> None:
        """Subscribe with QoS 1 and wait for the SUBACK."""
        body = struct.pack("!H", packet_id) + text(topic) + b"\x01"
        await self._send(packet(SUBSCRIBE, 2, body))
        await asyncio.wait_for(self._answer(packet_id), ANSWER_S)

    async def publish(self, topic: str, payload: bytes, packet_id: int, again: bool) -> None:
        """Send with QoS 1; `packet_id` is in `answered` once the PUBACK was taken in.

        `again` (DUP) is for what an earlier connection may have sent, never for a live one.
        """
        flags = 0x02 | (0x08 if again else 0)
        await self._send(
            packet(PUBLISH, flags, text(topic) + struct.pack("!H", packet_id) + payload)
        )

    async def take(self) -> None:
        """Take in one packet: an answer goes to `answered`, a message to `messages`.

        It waits as long as nothing comes: the caller sets the time limit.
        """
        kind, flags, body = await self._read_packet()
        if kind == PUBLISH:
            length = struct.unpack_from("!H", body)[0]
            topic, rest = bytes(body[2 : 2 + length]).decode(), 2 + length
            if flags & 0x06:
                await self._send(packet(PUBACK, 0, body[rest : rest + 2]))
                rest += 2
            self.messages.append((topic, body[rest:]))
        elif kind in (PUBACK, SUBACK):
            if kind == SUBACK and body[2] & 0x80:
                raise OSError("the broker refused the subscription")
            self.answered.add(struct.unpack_from("!H", body)[0])

    async def close(self, orderly: bool) -> None:
        """End the connection; `orderly` says goodbye first. Never raises one of `LOST`."""
        try:
            if orderly:
                await self._send(packet(DISCONNECT, 0, b""))
            self._writer.close()
            await asyncio.wait_for(self._writer.wait_closed(), ANSWER_S)
        except LOST:
            pass

    async def _answer(self, packet_id: int) -> None:
        while packet_id not in self.answered:
            await self.take()

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await asyncio.wait_for(self._writer.drain(), ANSWER_S)

    async def _read_packet(self) -> "tuple[int, int, bytes]":
        first = (await self._reader.readexactly(1))[0]
        length = shift = 0
        more = 0x80
        while more & 0x80:
            more = (await self._reader.readexactly(1))[0]
            length |= (more & 0x7F) << shift
            shift += 7
            if length > LARGEST or shift > 21:
                raise ValueError("a packet of more than %d bytes" % LARGEST)
        body = await self._reader.readexactly(length) if length else b""
        return first >> 4, first & 0x0F, body


async def connect(host: str, port: int, device: str, password: str, ca: str = "") -> Connection:
    """A signed-in connection. `ca` is a file with the DER certificate that signed the broker's.

    `open_connection` asks for the host's address each time, so a broker that moved is found.
    """
    context = tls_context(ca) if ca else None
    opening = asyncio.open_connection(
        host, port, ssl=context, server_hostname=host if ca else None
    )
    reader, writer = await asyncio.wait_for(opening, ANSWER_S)
    connection = Connection(reader, writer)
    try:
        await connection.sign_in(device, password, keepalive_s=60)
    except LOST:
        await connection.close(orderly=False)
        raise
    return connection


def tls_context(ca: str) -> "ssl.SSLContext":
    """A TLS client that trusts `ca` alone and checks the broker's name."""
    import tls  # type: ignore[import-not-found]

    context: ssl.SSLContext = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    with open(ca, "rb") as file:
        context.load_verify_locations(file.read())
    return context
