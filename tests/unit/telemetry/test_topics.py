"""Topics: who may speak, and on which channel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.topics import down, is_device_id, is_id, parse_up, up

ids = st.from_regex(r"[a-z0-9-]{3,64}", fullmatch=True).filter(is_device_id)
channels = st.sampled_from(["telemetry", "senml", "state", "reply", "a/b"])


@given(ids, channels)
def test_what_a_device_writes_is_read_back(device: str, channel: str) -> None:
    assert parse_up(up(device, channel)) == (device, channel)
    assert parse_up(down(device, channel)) is None


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "kenh/1",
        "kenh/1/dev-1",
        "kenh/1/dev-1/up",
        "kenh/1/dev-1/up/",
        "kenh/1/dev-1/down/stored",
        "kenh/2/dev-1/up/telemetry",
        "kenh/1/Dev-1/up/telemetry",
        "kenh/1/ab/up/telemetry",
        "kenh/1/kenh-admin/up/telemetry",
        "/kenh/1/dev-1/up/telemetry",
        "$SYS/broker/uptime",
    ],
)
def test_other_topics_are_not_a_devices(topic: str) -> None:
    assert parse_up(topic) is None


@given(st.text())
def test_no_topic_breaks_it(topic: str) -> None:
    found = parse_up(topic)
    assert found is None or up(*found) == topic


@pytest.mark.parametrize("text", ["abc", "a-1", "---", "0" * 64])
def test_ids(text: str) -> None:
    assert is_device_id(text)


@pytest.mark.parametrize("text", ["", "ab", "0" * 65, "a_b", "ABC", "a b", "abc\n", "đèn", "a/b"])
def test_no_ids(text: str) -> None:
    assert not is_id(text)


def test_the_platforms_own_ids_are_no_devices() -> None:
    assert is_id("kenh-ingest")
    assert not is_device_id("kenh-ingest")
