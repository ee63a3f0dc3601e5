"""What a misbehaving device sends is refused, each for its own reason."""

from __future__ import annotations

from collections import Counter

import pytest

from ingest.admit import Clocks, Refusal, admit
from registry.directory import Home
from simulators.device import messages, payload_of
from simulators.misbehaving import MISCHIEF, Misbehaving
from simulators.outbox import Batch
from simulators.replay import Claim, Replay
from simulators.series import Row, Series
from telemetry.decode import decode_json
from telemetry.errors import Reason, Undecodable

NOW = 1_800_000_000_000
HOME = Home(
    device="d-1",
    tenant="t",
    site="s",
    area="31321",
    kind="water-pressure-logger",
    sector="water",
    name="",
    site_name="",
    lat=9.7,
    lon=105.4,
)


def reason_of(claim: Claim) -> Reason | None:
    payload = payload_of(Batch(7, [claim]), boot=3, oldest=5)
    try:
        (sample,) = decode_json(payload)
    except Undecodable as error:
        # The device waits for `down/stored`: its numbers must be readable in the wreck.
        return error.reason if (error.seq, error.boot) == (7, 3) else None
    found = admit(sample, HOME, NOW, Clocks())
    return found.reason if isinstance(found, Refusal) else None


def test_each_mischief_is_refused_for_its_own_reason() -> None:
    good = Claim(NOW, {"pressure": 3.1, "flow": 20.0})
    assert reason_of(good) is None
    assert [reason_of(mischief(good)) for mischief in MISCHIEF] == [
        Reason.UNDECODABLE,
        Reason.UNKNOWN_QUANTITY,
        Reason.OUT_OF_RANGE,
        Reason.FUTURE_TIME,
    ]


def test_bad_readings_are_few_and_of_every_sort() -> None:
    rows = [Row(index * 1000, {"pressure": 3.0}) for index in range(2000)]
    series = Series("test/made", "water-pressure-logger", ("water.pressure",), rows)
    source = Misbehaving(Replay(series, 0, 1.0, NOW - 2_000_000), "seed")
    claims = source.due(NOW)
    reasons = Counter(reason_of(claim) for claim in claims)
    assert len(claims) == 2001
    assert set(reasons) > {None}
    assert len(reasons) == len(MISCHIEF) + 1
    assert 0.85 < reasons[None] / len(claims) < 0.97
    assert {claim.q for claim in claims} == {0, 2, 3}


def test_the_same_seed_misbehaves_alike() -> None:
    rows = [Row(index * 1000, {"pressure": 3.0}) for index in range(200)]
    series = Series("test/made", "water-pressure-logger", ("water.pressure",), rows)
    one, same, other = (
        Misbehaving(Replay(series, 0, 1.0, NOW), seed).due(NOW + 200_000)
        for seed in ("a", "a", "b")
    )
    assert one == same != other


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_garbled_reading_travels_alone(limit: int) -> None:
    claims = [Claim(index, {}, garbled=index in (2, 3)) for index in range(7)]
    cut = messages(claims, limit)
    assert [claim for message in cut for claim in message] == claims
    assert all(len(message) <= limit for message in cut)
    assert all(len(message) == 1 for message in cut if message[0].garbled)
    assert all(not claim.garbled for message in cut for claim in message[1:])
