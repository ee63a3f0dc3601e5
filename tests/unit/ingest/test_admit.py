"""Admission: the table of what is taken and what is refused, with its reason."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admit import EARLIEST_MS, Clocks, Refusal, admit
from registry.directory import Home
from telemetry.catalogue import names
from telemetry.errors import Reason
from telemetry.kinds import KINDS
from telemetry.model import NO_SEQ, BadSample, Flag, Reading, Sample
from tests.unit.ingest.making import NOW, home

CLOCKS = Clocks(tolerance_ms=300_000, lateness_ms=300_000)


def refused(sample: Sample | BadSample, at: Home | None = None) -> Refusal:
    outcome = admit(sample, at or home(), NOW, CLOCKS)
    assert isinstance(outcome, Refusal)
    return outcome


def admitted(sample: Sample, at: Home | None = None) -> Reading:
    outcome = admit(sample, at or home(), NOW, CLOCKS)
    assert isinstance(outcome, Reading), outcome
    return outcome


def test_a_reading_has_its_tags_from_the_registry() -> None:
    sample = Sample({"pressure": 3.21, "water.flow": 12.7}, ts=NOW - 5, seq=17, boot=4, q=3)
    assert admitted(sample) == Reading(
        device="pressure-1",
        tenant="acme",
        site="north",
        area="93",
        kind="water-pressure-logger",
        sector="water",
        ts=NOW - 5,
        received=NOW,
        seq=17,
        boot=4,
        q=3,
        flags=0,
        values={"pressure": 3.21, "flow": 12.7},
    )


def test_without_counts_and_time() -> None:
    reading = admitted(Sample({"pressure": 3.0}))
    assert (reading.ts, reading.seq, reading.boot) == (NOW, NO_SEQ, NO_SEQ)
    assert reading.flags == Flag.RECEIVE_TIME


@pytest.mark.parametrize(
    ("ts", "flags"),
    [
        (NOW + CLOCKS.tolerance_ms, 0),
        (NOW - CLOCKS.lateness_ms, 0),
        (NOW - CLOCKS.lateness_ms - 1, Flag.LATE),
        (EARLIEST_MS, Flag.LATE),
    ],
)
def test_times_that_are_taken(ts: int, flags: int) -> None:
    reading = admitted(Sample({"pressure": 3.0}, ts=ts))
    assert (reading.ts, reading.flags) == (ts, flags)


@pytest.mark.parametrize(
    ("sample", "reason", "words"),
    [
        (Sample({"pressure": 3.0}, ts=NOW + 300_001), Reason.FUTURE_TIME, "300 s ahead"),
        (Sample({"pressure": 3.0}, ts=EARLIEST_MS - 1), Reason.BAD_TIME, "before 2015"),
        (Sample({"pressure": 3.0}, ts=0), Reason.BAD_TIME, "before 2015"),
        (Sample({"pressure": 16.01}), Reason.OUT_OF_RANGE, "'pressure' is 16.01 bar"),
        (Sample({"flow": 1.0, "pressure": -0.01}), Reason.OUT_OF_RANGE, "0 to 16"),
        (Sample({"pressure": math.nan}), Reason.NOT_A_NUMBER, "finite"),
        (Sample({"pressure": math.inf}), Reason.NOT_A_NUMBER, "finite"),
        (Sample({"presure": 3.0}), Reason.UNKNOWN_QUANTITY, "'presure' is no quantity"),
        (
            Sample({"pressure": 3.0, "water.pressure": 3.0}),
            Reason.AMBIGUOUS_QUANTITY,
            "pressure, water.pressure",
        ),
        (Sample({}), Reason.NO_VALUES, "no values"),
        (BadSample(Reason.NOT_A_NUMBER, "'pressure' is \"x\"", 3, 4), Reason.NOT_A_NUMBER, "x"),
    ],
)
def test_what_is_refused(sample: Sample | BadSample, reason: Reason, words: str) -> None:
    refusal = refused(sample)
    assert refusal.reason is reason
    assert words in refusal.detail


def test_a_name_that_could_mean_several_is_refused() -> None:
    refusal = refused(Sample({"temp": 20.0}), home(kind="power-meter"))
    assert refusal.reason is Reason.AMBIGUOUS_QUANTITY
    assert "use the full name" in refusal.detail


def test_a_kind_decides_what_a_short_name_means() -> None:
    assert admitted(Sample({"temp": 80.0}), home(kind="machine-monitor")).values == {
        "asset_temp": 80.0
    }


def test_an_unknown_device_is_refused() -> None:
    outcome = admit(Sample({"pressure": 3.0}), None, NOW, CLOCKS)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.UNKNOWN_DEVICE


def test_a_kind_of_another_version_is_refused() -> None:
    assert refused(Sample({"pressure": 3.0}), home(kind="teleporter")).reason is (
        Reason.UNKNOWN_QUANTITY
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_of_every_kind_is_admitted_in_its_range(kind: str) -> None:
    for name, quantity in names(KINDS[kind]).items():
        for value in (quantity.low, quantity.high):
            assert len(admitted(Sample({name: value}), home(kind=kind)).values) == 1


@given(
    st.dictionaries(st.text(max_size=8), st.floats(), max_size=4),
    st.none() | st.integers(0, 2**43),
    st.none() | st.integers(0, 2**63 - 1),
)
def test_it_always_decides(values: dict[str, float], ts: int | None, seq: int | None) -> None:
    outcome = admit(Sample(values, ts, seq), home(), NOW, CLOCKS)
    if isinstance(outcome, Refusal):
        assert outcome.detail
    else:
        assert all(math.isfinite(value) for value in outcome.values.values())
        assert EARLIEST_MS <= outcome.ts <= NOW + CLOCKS.tolerance_ms
