"""The packets of MQTT 3.1.1 that a device needs, to bytes and from bytes. No I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_INCOMING = 65_536
"""A device's memory is small: a larger packet ends the connection."""

CONNACK, PUBLISH, PUBACK = 2, 3, 4
PINGREQ, DISCONNECT = b"\xc0\x00", b"\xe0\x00"


@dataclass(frozen=True)
class Login:
    """Who connects, and what the broker says of him when he vanishes: topic and payload,
    retained."""

    name: str
    password: str = field(repr=False)
    will: tuple[str, bytes] | None = None


class Packet(NamedTuple):
    """A packet as it came: its type, the four bits beside it, and the rest."""

    type: int
    flags: int
    body: bytes


class Message(NamedTuple):
    """A PUBLISH; `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    packet_id: int


def connect(login: Login, keep_alive: int) -> bytes:
    """CONNECT with a persistent session; the client id is the user's name."""
    flags, will = 0xC0, b""  # user name and password
    if login.will is not None:
        flags |= 0x2C  # will, QoS 1, retained
        topic, payload = login.will
        will = _text(topic) + struct.pack("!H", len(payload)) + payload
    name = _text(login.name)
    head = _text("MQTT") + struct.pack("!BBH", 4, flags, keep_alive)
    return _packet(0x10, head + name + will + name + _text(login.password))


def publish(topic: str, payload: bytes, packet_id: int, *, retain: bool = False) -> bytes:
    """PUBLISH at QoS 1."""
    return _packet(0x33 if retain else 0x32, _text(topic) + packet_id.to_bytes(2, "big") + payload)


def subscribe(topic: str, packet_id: int) -> bytes:
    """SUBSCRIBE at QoS 1."""
    return _packet(0x82, packet_id.to_bytes(2, "big") + _text(topic) + b"\x01")


def puback(packet_id: int) -> bytes:
    """PUBACK."""
    return _packet(0x40, packet_id.to_bytes(2, "big"))


def refusal(packet: Packet) -> int:
    """The return code of a CONNACK; 0 is a welcome. `ValueError` if it has none."""
    if len(packet.body) != 2:
        raise ValueError("a CONNACK of another length")
    return packet.body[1]


def acknowledged(packet: Packet) -> int:
    """The packet id of a PUBACK. `ValueError` if it has none."""
    if len(packet.body) != 2:
        raise ValueError("a PUBACK of another length")
    return int.from_bytes(packet.body, "big")


def message(packet: Packet) -> Message:
    """What a PUBLISH carries. `ValueError` if it is cut short or not UTF-8."""
    body, qos = packet.body, packet.flags >> 1 & 3
    end = 2 + int.from_bytes(body[:2], "big")
    start = end + (2 if qos else 0)
    if len(body) < max(start, 2):
        raise ValueError("a PUBLISH cut short")
    return Message(body[2:end].decode(), body[start:], int.from_bytes(body[end:start], "big"))


def take(received: bytearray) -> Packet | None:
    """Cut one whole packet from the front; None while there is none. `ValueError` for what is
    too large or no packet."""
    size = 0
    for index in range(1, min(len(received), 5)):
        size |= (received[index] & 0x7F) << 7 * (index - 1)
        if received[index] & 0x80:
            continue
        if size > MAX_INCOMING:
            raise ValueError("a packet too large")
        end = index + 1 + size
        if len(received) < end:
            return None
        packet = Packet(received[0] >> 4, received[0] & 0x0F, bytes(received[index + 1 : end]))
        del received[:end]
        return packet
    if len(received) > 4:
        raise ValueError("a length without an end")
    return None


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _packet(head: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, digit = size >> 7, size & 0x7F
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes((head,)) + bytes(length) + body
