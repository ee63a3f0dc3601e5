"""Line protocol: measurement, tags, fields and the time stamp of the contract."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest.line import line
from telemetry.model import NO_SEQ
from telemetry.quantities import QUANTITIES
from tests.unit.ingest.making import NOW, reading


def test_a_reading() -> None:
    one = reading(1_000_017, boot=4, received=NOW + 5, values={"pressure": 3.21, "flow": 12.0})
    assert line(one) == (
        b"water,area=93,device=pressure-1,kind=water-pressure-logger,site=north "
        b"pressure=3.21,flow=12.0,q=0i,seq=1000017i,boot=4i,received=1760000000005i "
        b"1760000000000000017"
    )


@pytest.mark.parametrize(
    ("seq", "boot", "fields", "nanoseconds"),
    [
        (NO_SEQ, NO_SEQ, b"", b"000000"),
        (17, NO_SEQ, b"seq=17i,", b"000017"),
        (NO_SEQ, 4, b"boot=4i,", b"000000"),
    ],
)
def test_what_a_device_did_not_count_is_left_out(
    seq: int, boot: int, fields: bytes, nanoseconds: bytes
) -> None:
    assert line(reading(seq, boot=boot)).endswith(
        b"pressure=3.25,q=0i," + fields + b"received=1760000000000i 1760000000000" + nanoseconds
    )


def test_tags_are_escaped() -> None:
    one = replace(reading(), site="a b,c=d\ne", area="")
    assert b"device=pressure-1,kind=water-pressure-logger,site=a\\ b\\,c\\=d\\ e " in line(one)
    assert b"area" not in line(one)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_value_keeps_every_bit(value: float) -> None:
    text = line(reading(values={"pressure": value})).split(b"pressure=")[1].split(b",")[0]
    assert float(text) == value
    assert b"i" not in text
    assert b"." in text or b"e" in text  # a float, to InfluxDB too


def test_no_name_of_the_catalogue_needs_an_escape() -> None:
    for quantity in QUANTITIES.values():
        assert quantity.key.replace(".", "_").replace("_", "").isalnum()
