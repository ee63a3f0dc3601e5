"""MQTT packets byte for byte, and however the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import packets
from simulators.packets import Login, Message, Packet


def test_connect_is_a_persistent_session_with_a_retained_will() -> None:
    login = Login("dev", "pw", ("t/s", b"{}"))
    assert packets.connect(login, 60) == (
        b"\x10\x21\x00\x04MQTT\x04\xec\x00\x3c\x00\x03dev\x00\x03t/s\x00\x02{}\x00\x03dev\x00\x02pw"
    )


def test_connect_without_a_will() -> None:
    assert packets.connect(Login("dev", "pw"), 1)[9:10] == b"\xc0"


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Login("dev", "secret"))


def test_publish_and_subscribe() -> None:
    assert packets.publish("a/b", b"x", 258) == b"\x32\x08\x00\x03a/b\x01\x02x"
    assert packets.publish("a/b", b"x", 258, retain=True)[:1] == b"\x33"
    assert packets.subscribe("a/#", 1) == b"\x82\x08\x00\x01\x00\x03a/#\x01"
    assert packets.puback(258) == b"\x40\x02\x01\x02"


def test_long_packets_have_long_lengths() -> None:
    packet = packets.publish("t", b"x" * 20_000, 1)
    assert packet[1:4] == b"\xa5\x9c\x01"  # 20,005


@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=20), st.binary(max_size=400), st.integers(1, 65535)
        ),
        max_size=8,
    ),
    st.integers(1, 50),
)
def test_messages_survive_any_cutting(messages: list[tuple[str, bytes, int]], size: int) -> None:
    stream = b"".join(packets.publish(*message) for message in messages)
    received, found = bytearray(), []
    for start in range(0, len(stream), size):
        received += stream[start : start + size]
        while (packet := packets.take(received)) is not None:
            found.append(packets.message(packet))
    assert found == [Message(*message) for message in messages]
    assert not received


def test_a_message_of_qos_0_has_no_id() -> None:
    packet = packets.take(bytearray(b"\x30\x04\x00\x01ax"))
    assert packet is not None
    assert packets.message(packet) == Message("a", b"x", 0)


@given(st.binary(max_size=12))
def test_garbage_is_refused_or_waited_for(data: bytes) -> None:
    received = bytearray(data)
    try:
        packet = packets.take(received)
        if packet is not None and packet.type == packets.PUBLISH:
            packets.message(packet)
    except ValueError:
        return
    assert packet is not None or received == data


@pytest.mark.parametrize("data", [b"\x30\xff\xff\xff\x7f", b"\x30\x80\x80\x80\x80\x01"])
def test_what_is_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"too large|without an end"):
        packets.take(bytearray(data))


def test_answers_of_another_length_are_refused() -> None:
    assert packets.refusal(Packet(packets.CONNACK, 0, b"\x01\x05")) == 5
    with pytest.raises(ValueError, match="CONNACK"):
        packets.refusal(Packet(packets.CONNACK, 0, b""))
    with pytest.raises(ValueError, match="PUBACK"):
        packets.acknowledged(Packet(packets.PUBACK, 0, b"\x01"))
    with pytest.raises(ValueError, match="cut short"):
        packets.message(Packet(packets.PUBLISH, 2, b"\x00\x03ab"))
