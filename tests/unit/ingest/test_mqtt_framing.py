"""However the network cuts a stream, its packets are the same; and no garbage hangs the framer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import mqtt
from ingest.mqtt import ConnAck, Framer, PingResp, ProtocolError, PubAck, Publish, SubAck

publishes = st.builds(
    Publish,
    topic=st.text(min_size=1, max_size=40).map(str.encode).filter(lambda t: 0 < len(t) < 100),
    payload=st.binary(max_size=300),
    packet_id=st.integers(0, 65_535),
)


def encoded(packet: Publish) -> bytes:
    return mqtt.publish(packet.topic, packet.payload, packet.packet_id)


@given(st.lists(publishes, max_size=8), st.lists(st.integers(0, 3000), max_size=12))
def test_any_split_gives_the_same_packets(packets: list[Publish], cuts: list[int]) -> None:
    stream = b"".join(map(encoded, packets))
    framer = Framer()
    found: list[mqtt.Packet] = []
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for first, last in pairwise(places):
        found += framer.feed(stream[first:last])
    assert found == packets


@given(publishes)
def test_byte_by_byte(packet: Publish) -> None:
    framer = Framer()
    found = [p for byte in encoded(packet) for p in framer.feed(bytes((byte,)))]
    assert found == [packet]


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_garbage_waits_or_raises(pieces: list[bytes]) -> None:
    framer = Framer(max_packet=1000)
    for piece in pieces:
        try:
            packets = framer.feed(piece)
        except ProtocolError:
            return
        for packet in packets:
            assert isinstance(packet, ConnAck | SubAck | PubAck | PingResp | Publish)


def test_flags_of_a_publish() -> None:
    plain = mqtt.publish("a/b", b"x", 7)
    again = bytes((plain[0] | 0x08 | 0x01,)) + plain[1:]
    assert Framer().feed(again) == [Publish(b"a/b", b"x", 7, dup=True, retain=True)]


def test_answers_of_a_broker() -> None:
    stream = b"\x20\x02\x01\x00" + b"\x90\x03\x00\x01\x01" + b"\xd0\x00" + b"\x40\x02\x00\x09"
    assert Framer().feed(stream) == [
        ConnAck(session_present=True, code=0),
        SubAck(1, b"\x01"),
        PingResp(),
        PubAck(9),
    ]


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"\x30\xff\xff\xff\xff\x01", id="length of five bytes"),
        pytest.param(b"\x30\xff\xff\xff\x7f", id="longer than is taken"),
        pytest.param(b"\x34\x07\x00\x01a\x00\x01xy", id="QoS 2"),
        pytest.param(b"\x32\x05\x00\x01a\x00\x00", id="packet id 0"),
        pytest.param(b"\x32\x04\x00\x01a\x00", id="half a packet id"),
        pytest.param(b"\x30\x03\x00\x09a", id="topic longer than the packet"),
        pytest.param(b"\x30\x02\x00\x00", id="no topic"),
        pytest.param(b"\x30\x03\x00\x00a", id="empty topic"),
        pytest.param(b"\x10\x00", id="a client's packet"),
        pytest.param(b"\x20\x01\x00", id="half a CONNACK"),
    ],
)
def test_what_no_broker_sends_is_an_error(garbage: bytes) -> None:
    with pytest.raises(ProtocolError):
        Framer().feed(garbage)


def test_a_packet_may_be_as_large_as_it_is_said() -> None:
    packet = Publish(b"t", b"x" * 997)
    assert Framer(max_packet=1000).feed(encoded(packet)) == [packet]
    with pytest.raises(ProtocolError, match="1001 bytes"):
        Framer(max_packet=1000).feed(encoded(Publish(b"t", b"x" * 998)))


def test_connect_asks_for_the_kept_session() -> None:
    packet = mqtt.connect("kenh-ingest", "user", "word", keep_alive=30)
    assert packet == (
        b"\x10\x23\x00\x04MQTT\x04\xc0\x00\x1e\x00\x0bkenh-ingest\x00\x04user\x00\x04word"
    )
    assert mqtt.connect("c", clean=True)[9] == 0x02


def test_subscribe_and_pubacks() -> None:
    assert mqtt.subscribe(1, ("a/+",)) == b"\x82\x08\x00\x01\x00\x03a/+\x01"
    assert mqtt.pubacks([1, 258]) == b"\x40\x02\x00\x01\x40\x02\x01\x02"
    assert mqtt.pubacks([]) == b""


@given(st.integers(0, 300_000))
def test_every_length_is_encoded_as_it_is_read(size: int) -> None:
    packet = Publish(b"t", b"x" * size)
    assert Framer().feed(encoded(packet)) == [packet]
