"""The encoder that devices and simulators share, on CPython."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_fw.encoder import decimal, encode_batch, number
from telemetry.decode import decode_json
from telemetry.model import Sample
from tests.unit.device_fw.vectors import HOST_FLOATS, VECTORS

if TYPE_CHECKING:
    from device_fw.encoder import Reading


@pytest.mark.parametrize(("readings", "oldest", "payload"), [*VECTORS, HOST_FLOATS])
def test_vectors(readings: list[Reading], oldest: int | None, payload: bytes) -> None:
    assert encode_batch(readings, oldest) == payload
    assert isinstance(json.loads(payload), list)


@given(st.integers(-(10**18), 10**18), st.integers(-3, 12))
def test_a_decimal_is_exact(mantissa: int, decimals: int) -> None:
    assert Decimal(decimal(mantissa, decimals)) == Decimal(mantissa).scaleb(-decimals)
    assert json.loads(decimal(mantissa, decimals)) == pytest.approx(mantissa / 10**decimals)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        number(value)


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 2**42),
            st.none() | st.integers(0, 2**53),
            st.none() | st.integers(0, 2**31),
            st.integers(0, 3),
            st.dictionaries(
                st.sampled_from(["pressure", "water.flow", "ww_temp"]),
                st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
                min_size=1,
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_platform_reads_what_devices_write(readings: list[Reading]) -> None:
    samples = [s for s in decode_json(encode_batch(readings, oldest=1)) if isinstance(s, Sample)]
    assert [(s.ts, s.seq, s.boot, s.q, s.values) for s in samples] == readings
    assert [s.oldest for s in samples] == [1] + [None] * (len(readings) - 1)
