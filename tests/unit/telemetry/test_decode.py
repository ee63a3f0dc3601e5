"""The decoder: every form of the contract, and garbage that costs nothing but itself."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.decode import MAX_SAMPLES, decode_json
from telemetry.errors import Reason, Undecodable
from telemetry.model import MAX_COUNT, MAX_NAME, MAX_TS_MS, MAX_VALUES, BadSample, Sample

FULL = (
    b'{"ts":1700000000123,"values":{"pressure":3.21,"flow":12.7},"seq":17,"boot":4,"q":1,'
    b'"oldest":12,"rssi":-71,"nested":{"seq":"x"}}'
)

counts = st.none() | st.integers(0, MAX_COUNT)
values = st.dictionaries(
    st.text(max_size=MAX_NAME),
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    min_size=1,
    max_size=MAX_VALUES,
)
samples = st.builds(
    Sample,
    values.map(lambda found: {name: float(value) for name, value in found.items()}),
    ts=st.none() | st.integers(0, MAX_TS_MS),
    seq=counts,
    boot=counts,
    q=st.integers(0, 3),
    oldest=counts,
)


def as_json(sample: Sample) -> dict[str, object]:
    return {name: getattr(sample, name) for name in sample.__struct_fields__}


def bad(payload: bytes) -> BadSample:
    (found,) = decode_json(payload)
    assert isinstance(found, BadSample), found
    return found


def test_an_object() -> None:
    assert decode_json(FULL) == [
        Sample({"pressure": 3.21, "flow": 12.7}, ts=1700000000123, seq=17, boot=4, q=1, oldest=12)
    ]


def test_an_array_keeps_its_order() -> None:
    payload = b'[{"values":{"a":1},"seq":1}, {"values":{"a":2},"seq":2}]'
    assert decode_json(payload) == [Sample({"a": 1.0}, seq=1), Sample({"a": 2.0}, seq=2)]


def test_a_bare_object() -> None:
    assert decode_json(b'{"pressure":3.21}') == [Sample({"pressure": 3.21})]
    assert decode_json(b'\r\n {"pressure":3}') == [Sample({"pressure": 3.0})]


def test_a_bare_object_may_have_the_contracts_own_keys() -> None:
    assert decode_json(b'{"pressure":3.21,"ts":1700000000123,"seq":5,"boot":1,"q":3}') == [
        Sample({"pressure": 3.21}, ts=1700000000123, seq=5, boot=1, q=3)
    ]


def test_bare_objects_in_an_array() -> None:
    assert decode_json(b'\t[{"ph":7},{"values":{"ph":8}},{"ph":9,"seq":3}]') == [
        Sample({"ph": 7.0}),
        Sample({"ph": 8.0}),
        Sample({"ph": 9.0}, seq=3),
    ]


def test_an_empty_array_holds_no_reading() -> None:
    assert decode_json(b"[]") == []


def test_whole_numbers_may_come_as_floats() -> None:
    (found,) = decode_json(b'{"values":{"ph":7},"ts":1.700000000123e12,"seq":17.0,"boot":4.0}')
    assert found == Sample({"ph": 7.0}, ts=1700000000123, seq=17, boot=4)


@given(samples)
def test_every_form_reads_the_same(sample: Sample) -> None:
    item = as_json(sample)
    assert decode_json(json.dumps(item).encode()) == [sample]
    assert decode_json(json.dumps([item, item]).encode()) == [sample, sample]
    assert decode_json(json.dumps(item, ensure_ascii=False, indent=1).encode()) == [sample]
    # A spoiled neighbour sends the whole array down the slow way, where it must read the same.
    slowly = decode_json(json.dumps([item, {"values": {"x": None}}]).encode())
    assert slowly[0] == sample
    assert isinstance(slowly[1], BadSample)


@pytest.mark.parametrize("value", ["true", "false", "null", '"3.21"', "[3.21]", '{"v":1}'])
def test_what_is_no_number_is_refused(value: str) -> None:
    found = bad(b'{"values":{"ph":7,"flow":%s},"seq":9,"boot":2}' % value.encode())
    assert (found.reason, found.seq, found.boot) == (Reason.NOT_A_NUMBER, 9, 2)
    assert found.detail == f"'flow' is {value}: it must be a number"
    assert bad(b'{"flow":%s}' % value.encode()).reason is Reason.NOT_A_NUMBER


@pytest.mark.parametrize("value", [b"1e999", b"-1e999", b"1" + b"0" * 310])
def test_numbers_without_end_are_refused(value: bytes) -> None:
    found = bad(b'{"values":{"flow":%s},"seq":9}' % value)
    assert (found.reason, found.seq) == (Reason.NOT_A_NUMBER, 9)


def test_good_neighbours_are_kept() -> None:
    payload = (
        b'[{"values":{"a":1},"seq":1},{"values":{"a":true},"seq":2},{"values":{},"seq":3},7,'
        b'{"values":{"a":4},"seq":4},{"values":{"a":5},"seq":-5},{"values":{"a":1e999},"seq":6},'
        b'{"values":{"a":7},"seq":7}]'
    )
    found = decode_json(payload)
    assert [one.seq for one in found] == [1, 2, 3, None, 4, None, 6, 7]
    assert [getattr(one, "reason", None) for one in found] == [
        None,
        Reason.NOT_A_NUMBER,
        Reason.NO_VALUES,
        Reason.UNDECODABLE,
        None,
        Reason.UNDECODABLE,
        Reason.NOT_A_NUMBER,
        None,
    ]


def test_a_neighbours_broken_text_costs_nothing() -> None:
    found = decode_json(b'[{"values":{"a":1}},{"values":{"\xff":2},"seq":2},{"a":3}]')
    assert found[::2] == [Sample({"a": 1.0}), Sample({"a": 3.0})]
    assert isinstance(found[1], BadSample)
    assert (found[1].reason, found[1].seq) == (Reason.UNDECODABLE, 2)


@pytest.mark.parametrize(
    ("ts", "shown"),
    [
        ("-1", "-1"),
        ("1.5", "1.5"),
        ('"2026-01-01"', '"2026-01-01"'),
        ("true", "true"),
        ("1e300", "1e300"),
        (str(MAX_TS_MS + 1), str(MAX_TS_MS + 1)),
        (str(2**70), str(2**70)),
    ],
)
def test_a_bad_time_is_named(ts: str, shown: str) -> None:
    found = bad(b'{"values":{"ph":7},"ts":%s,"seq":3,"boot":1}' % ts.encode())
    assert (found.reason, found.seq, found.boot) == (Reason.BAD_TIME, 3, 1)
    assert found.detail.startswith(f"'ts' is {shown}: it must be a whole number")


@pytest.mark.parametrize("key", ["seq", "boot", "oldest", "q"])
@pytest.mark.parametrize("value", ["-1", "1.5", '"7"', str(2**63), "[]"])
def test_bad_counts_are_named(key: str, value: str) -> None:
    found = bad(b'{"values":{"ph":7},"%s":%s}' % (key.encode(), value.encode()))
    assert found.reason is Reason.UNDECODABLE
    assert found.detail.startswith(f"'{key}' is {value}")
    assert (found.seq, found.boot) == (None, None)


def test_null_stands_for_absent() -> None:
    payload = b'{"values":{"ph":7},"ts":null,"seq":null,"boot":null}'
    assert decode_json(payload) == [Sample({"ph": 7.0})]


@pytest.mark.parametrize("payload", [b"{}", b'{"values":{}}', b'{"seq":1,"ts":2}'])
def test_a_reading_without_values(payload: bytes) -> None:
    assert bad(payload).reason is Reason.NO_VALUES


@pytest.mark.parametrize("payload", [b'{"values":7}', b'{"values":null}', b'{"values":[1]}'])
def test_values_must_be_an_object(payload: bytes) -> None:
    found = bad(payload)
    assert found.reason is Reason.UNDECODABLE
    assert "'values'" in found.detail


def test_limits() -> None:
    name = "n" * MAX_NAME
    assert decode_json(json.dumps({name: 1}).encode()) == [Sample({name: 1.0})]
    for long in ({name + "n": 1}, {"values": {name + "n": 1}}):
        assert bad(json.dumps(long).encode()).reason is Reason.UNKNOWN_QUANTITY
    many = {f"v{i}": 1.0 for i in range(MAX_VALUES)}
    assert decode_json(json.dumps(many).encode()) == [Sample(many)]
    for item in (many | {"one": 1}, {"values": many | {"one": 1}}):
        found = bad(json.dumps(item).encode())
        assert found.detail == "65 values in one reading: at most 64"
    batch = [{"ph": 7}] * MAX_SAMPLES
    assert len(decode_json(json.dumps(batch).encode())) == MAX_SAMPLES
    with pytest.raises(Undecodable, match="at most 1000 readings"):
        decode_json(json.dumps([*batch, {"ph": 7}]).encode())


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" ",
        b"hello",
        b"\x00\xff",
        b"3.21",
        b"null",
        b'"x"',
        b'{"ph":7',
        b'{"ph":NaN}',
        b'{"ph":Infinity}',
        b"{'ph':7}",
        b'{"ph":7}}',
        b'[{"ph":7},',
        b'[{"ph":7}] x',
        b'\xef\xbb\xbf{"ph":7}',
        b'{"\xff":1}',
        b'{"a":' + b"[" * 100_000,
        b"[" * 100_000,
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_garbage_is_undecodable(payload: bytes) -> None:
    with pytest.raises(Undecodable) as caught:
        decode_json(payload)
    assert caught.value.reason is Reason.UNDECODABLE
    assert caught.value.detail
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("payload", "seq", "boot"),
    [
        (b'{"ts":1,"values":{"ph":7},"seq": 17 ,"boot":4,"q":', 17, 4),
        (b'{"boot" : 4, "values":{"ph":NaN},"seq":18}', 18, 4),
        (b'{"ph":7,,"seq":19}', 19, None),
        (b'{"seq":-1,"boot":1.5,', None, None),
        (b'{"seq":' + b"9" * 30, None, None),
        (b'{"seq":"17",', None, None),
        (b'{"seq":17', None, None),  # cut off, perhaps in the middle of 178
        (b"hello", None, None),
    ],
)
def test_what_can_be_salvaged(payload: bytes, seq: int | None, boot: int | None) -> None:
    with pytest.raises(Undecodable) as caught:
        decode_json(payload)
    assert (caught.value.seq, caught.value.boot) == (seq, boot)


@given(st.binary(max_size=200))
@example(FULL[:-1])
def test_no_bytes_break_it(payload: bytes) -> None:
    check(payload)


@given(st.integers(0, len(FULL)), st.binary(max_size=4), st.integers(0, 8))
def test_no_damage_breaks_it(at: int, put: bytes, cut: int) -> None:
    check(FULL[:at] + put + FULL[at + cut :])
    check(b"[" + FULL + b"," + FULL[:at] + put + FULL[at + cut :] + b"]")


def check(payload: bytes) -> None:
    """It is read, or refused by a named reason; what was read keeps the model's limits."""
    try:
        found = decode_json(payload)
    except Undecodable:
        return
    for one in found:
        assert one.seq is None or 0 <= one.seq <= MAX_COUNT
        assert one.boot is None or 0 <= one.boot <= MAX_COUNT
        if isinstance(one, Sample):
            assert 1 <= len(one.values) <= MAX_VALUES
            assert all(
                type(value) is float and math.isfinite(value) for value in one.values.values()
            )
            assert one.ts is None or 0 <= one.ts <= MAX_TS_MS
