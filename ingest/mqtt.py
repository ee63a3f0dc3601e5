"""MQTT 3.1.1 as a subscriber needs it: bytes to packets and packets to bytes. No I/O, no clock.

Source of the formats: OASIS MQTT Version 3.1.1, chapters 2 and 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

import msgspec

MAX_PACKET = 1024 * 1024
"""Bytes of one packet that a `Framer` takes, unless it is told otherwise."""

REFUSALS = {
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker refuses this client id",
    3: "the broker is not available",
    4: "bad user name or password",
    5: "not authorised",
}
"""What the return codes of a CONNACK mean."""


class ProtocolError(Exception):
    """The peer sent what no MQTT 3.1.1 broker sends: the connection is of no use any more."""


class ConnAck(msgspec.Struct, frozen=True):
    session_present: bool
    code: int


class SubAck(msgspec.Struct, frozen=True):
    packet_id: int
    codes: bytes


class PubAck(msgspec.Struct, frozen=True):
    packet_id: int


class PingResp(msgspec.Struct, frozen=True):
    pass


class Publish(msgspec.Struct, frozen=True, gc=False):
    """A message; `packet_id` is 0 for QoS 0, which nobody acknowledges."""

    topic: bytes
    payload: bytes
    packet_id: int = 0
    dup: bool = False
    retain: bool = False


Packet = ConnAck | SubAck | PubAck | PingResp | Publish


class Framer:
    """Cuts the bytes of a connection into packets, however the network cut them before.

    After a `ProtocolError` it is of no use any more.
    """

    def __init__(self, max_packet: int = MAX_PACKET) -> None:
        self._max_packet = max_packet
        self._rest = b""

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are whole now. Raises `ProtocolError`."""
        data = self._rest + data if self._rest else data
        end = len(data)
        at = 0
        packets: list[Packet] = []
        while end - at >= 2:
            length = data[at + 1]
            body = at + 2
            if length & 0x80:
                length, body = _long_length(data, at + 1)
                if not body:
                    break
            if length > self._max_packet:
                raise ProtocolError(
                    f"a packet of {length} bytes; at most {self._max_packet} are taken"
                )
            stop = body + length
            if stop > end:
                break
            first = data[at]
            # Nearly everything is a PUBLISH with QoS 1: it stands here, and not behind calls.
            if first & 0xF0 == 0x30:
                if length < 3:
                    raise ProtocolError("a PUBLISH without a topic")
                start = body + 2
                head = start + (data[body] << 8 | data[body + 1])
                topic = data[start:head]
                packet_id = 0
                if qos := first & 0x06:
                    if qos != 0x02 or head + 2 > stop:
                        raise ProtocolError("a PUBLISH that is cut short, or of QoS 2")
                    packet_id = data[head] << 8 | data[head + 1]
                    if not packet_id:
                        raise ProtocolError("a PUBLISH with QoS 1 and the packet id 0")
                    head += 2
                if head > stop or not topic:
                    raise ProtocolError("a PUBLISH whose topic is empty or longer than itself")
                dup, retain = first & 0x08 != 0, first & 0x01 != 0
                packets.append(Publish(topic, data[head:stop], packet_id, dup, retain))
            else:
                packets.append(_other(first, data[body:stop]))
            at = stop
        self._rest = data[at:]
        return packets


def connect(
    client_id: str,
    username: str = "",
    password: str = "",
    *,
    keep_alive: int = 60,
    clean: bool = False,
) -> bytes:
    """CONNECT. `keep_alive` in seconds; `clean` False asks for the session that is kept."""
    flags = 0x02 if clean else 0x00
    tail = _text(client_id)
    if username:
        flags |= 0xC0
        tail += _text(username) + _text(password)
    return _packet(0x10, b"\x00\x04MQTT\x04" + struct.pack(">BH", flags, keep_alive) + tail)


def subscribe(packet_id: int, filters: Sequence[str], qos: int = 1) -> bytes:
    """SUBSCRIBE to topic filters."""
    wanted = b"".join(_text(text) + bytes((qos,)) for text in filters)
    return _packet(0x82, packet_id.to_bytes(2, "big") + wanted)


def publish(topic: str | bytes, payload: bytes, packet_id: int = 0) -> bytes:
    """PUBLISH: with QoS 1 where there is a packet id, else with QoS 0."""
    name = topic if isinstance(topic, bytes) else topic.encode()
    middle = packet_id.to_bytes(2, "big") if packet_id else b""
    first = 0x32 if packet_id else 0x30
    return _packet(first, len(name).to_bytes(2, "big") + name + middle + payload)


def pubacks(packet_ids: Iterable[int]) -> bytes:
    """One PUBACK for each packet id, in one run of bytes."""
    words = [word for packet_id in packet_ids for word in (0x4002, packet_id)]
    return struct.pack(f">{len(words)}H", *words)


PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"


def _other(first: int, body: bytes) -> Packet:
    """A packet that is no PUBLISH. Raises `ProtocolError`."""
    match first, len(body):
        case 0x40, 2:
            return PubAck(int.from_bytes(body, "big"))
        case 0xD0, 0:
            return PingResp()
        case 0x20, 2 if body[0] <= 1:
            return ConnAck(body[0] == 1, body[1])
        case 0x90, length if length >= 3:
            return SubAck(int.from_bytes(body[:2], "big"), body[2:])
    raise ProtocolError(f"a packet that no broker sends: type {first:#04x}, {len(body)} bytes")


def _long_length(data: bytes, at: int) -> tuple[int, int]:
    """A remaining length of 2 to 4 bytes, and where the body begins: 0 if it is not whole yet."""
    value = shift = 0
    for byte in data[at : at + 4]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at + shift // 7
    if shift == 28:
        raise ProtocolError("a remaining length of more than four bytes")
    return 0, 0


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    if length <= 0x7F:
        return bytes((first, length)) + body
    head = bytearray((first,))
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data
