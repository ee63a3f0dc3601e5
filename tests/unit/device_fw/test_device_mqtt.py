"""The device's MQTT packets, byte for byte, and what it does with a broker's mistakes."""

from __future__ import annotations

import asyncio

import pytest

from device_fw import mqtt


def reader_of(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


class Sent(asyncio.StreamWriter):
    """A writer that keeps what was written."""

    def __init__(self) -> None:
        self.data = b""

    def __del__(self) -> None:
        """No transport to close."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += bytes(data)

    async def drain(self) -> None:
        """Nothing waits."""


def taken(data: bytes) -> tuple[mqtt.Connection, bytes]:
    """A connection that took in one packet, and what it answered."""

    async def take() -> tuple[mqtt.Connection, bytes]:
        writer = Sent()
        connection = mqtt.Connection(reader_of(data), writer)
        await connection.take()
        return connection, writer.data

    return asyncio.run(take())


@pytest.mark.parametrize(
    ("length", "encoded"),
    # MQTT 3.1.1, table 2.4: the borders of the remaining length.
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_383, b"\xff\x7f"),
     (16_384, b"\x80\x80\x01"), (2_097_151, b"\xff\xff\x7f")],
)  # fmt: skip
def test_remaining_length(length: int, encoded: bytes) -> None:
    made = mqtt.packet(mqtt.PUBLISH, 2, bytes(length))
    assert made[: 1 + len(encoded)] == b"\x32" + encoded
    assert len(made) == 1 + len(encoded) + length


def test_a_message_of_qos_1_is_kept_and_acknowledged() -> None:
    body = mqtt.text("kenh/1/d/down/stored") + b"\x01\x02" + b'{"boot":1,"seq":3}'
    connection, answer = taken(mqtt.packet(mqtt.PUBLISH, 2, body))
    assert connection.messages == [("kenh/1/d/down/stored", b'{"boot":1,"seq":3}')]
    assert answer == b"\x40\x02\x01\x02"


def test_a_message_of_qos_0_is_not_acknowledged() -> None:
    connection, answer = taken(mqtt.packet(mqtt.PUBLISH, 0, mqtt.text("t") + b"x"))
    assert connection.messages == [("t", b"x")]
    assert answer == b""


def test_a_puback_is_noted() -> None:
    connection, _ = taken(b"\x40\x02\x00\x07")
    assert connection.answered == {7}


@pytest.mark.parametrize(
    "data",
    [
        b"",  # the broker closed
        b"\x32\xff\xff\xff\x7f",  # a packet larger than any that the platform sends
        b"\x32\xff\xff\xff\xff\xff",  # a length that never ends
        b"\x40\x02\x00",  # cut off
        b"\x90\x03\x00\x01\x80",  # the subscription was refused
    ],
)
def test_every_mistake_of_a_broker_is_a_lost_connection(data: bytes) -> None:
    with pytest.raises(mqtt.LOST):
        taken(data)


def test_a_refused_sign_in_names_the_code() -> None:
    async def sign_in() -> None:
        connection = mqtt.Connection(reader_of(b"\x20\x02\x00\x05"), Sent())
        await connection.sign_in("wp-001", "wrong", keepalive_s=60)

    with pytest.raises(OSError, match="refused wp-001: code 5"):
        asyncio.run(sign_in())


def test_a_session_that_the_broker_kept_is_welcome() -> None:
    async def sign_in() -> bytes:
        writer = Sent()
        connection = mqtt.Connection(reader_of(b"\x20\x02\x01\x00"), writer)
        await connection.sign_in("wp-001", "secret", keepalive_s=60)
        return writer.data

    sent = asyncio.run(sign_in())
    # CONNECT, level 4, user name and password, no clean session, keep-alive 60 s.
    assert sent[2:12] == b"\x00\x04MQTT\x04\xc0\x00\x3c"
