"""Series made from fitted figures: the same for a seed, plausible, with the same incidents."""

from __future__ import annotations

import statistics

import pytest

from simulators import fitted, plan, profiles
from simulators.replay import DEFAULT_SPEED, Replay
from simulators.roles import ROLES, Role
from simulators.series import Series
from simulators.shapes import Curve, Incident

NOW = 1_800_000_000_000
SEED = 7


def role(device: str) -> Role:
    return next(one for one in ROLES if one.device == device)


def made(device: str, seed: int = SEED) -> Series:
    return profiles.series(role(device), seed)


def values(series: Series, name: str, first_s: int, last_s: int) -> list[float]:
    begin = series.rows[0].ts
    return [
        row.values[name]
        for row in series.rows
        if begin + first_s * 1000 <= row.ts <= begin + last_s * 1000
    ]


def test_the_same_seed_makes_the_same_series() -> None:
    assert made("clo-vi-thanh-1") == made("clo-vi-thanh-1")
    assert made("clo-vi-thanh-1") != made("clo-vi-thanh-1", seed=8)


def test_every_role_has_a_profile_within_the_physical_range() -> None:
    parts = plan.from_profiles(SEED)
    assert [part.device for part in parts] == [one.device for one in ROLES]
    for part in parts:
        assert part.series.kind == role(part.device).kind
        assert part.series.out_of_range() == 0
        assert len(part.series.rows) >= 48
        assert part.first == 0


def test_devices_of_one_profile_differ() -> None:
    first, second = (made(f"cong-to-vi-thanh-{number}") for number in (1, 2))
    assert first.rows[0].values != second.rows[0].values


def test_incidents_begin_when_the_real_ones_do() -> None:
    for device, incidents in fitted.INCIDENTS.items():
        replay = Replay(made(device), 0, DEFAULT_SPEED, NOW)
        replay.due(NOW + 60_000)
        first = replay.met()[0]
        assert first.start == pytest.approx(
            NOW + incidents[0].after_s * 1000 / DEFAULT_SPEED, abs=1
        )
        assert first.start < NOW + 60_000
        assert first.kind == incidents[0].kind


def test_incidents_look_like_the_real_ones() -> None:
    fault = made("xuat-tuyen-475")  # two phases to ground: far below 198 V, hardly any current
    before, during = (values(fault, "voltage", *span) for span in ((0, 2300), (2400, 4700)))
    assert statistics.fmean(before) == pytest.approx(227.7, abs=1)
    assert max(during) < 198
    chlorine = made("clo-vi-thanh-1")
    assert max(values(chlorine, "free_chlorine", 2220, 4000)) > 0.3
    assert max(values(chlorine, "free_chlorine", 7000, 11_000)) < 0.05
    stuck = values(made("mat-troi-chau-thanh-1"), "active", 5400, 30_000)
    assert len(set(stuck)) == 1
    jam = values(made("xe-ql61c-mot-ngan-1"), "speed", 2 * 3600, 3 * 3600)
    assert statistics.fmean(jam) < 45


def test_curves_interpolate_between_the_middles_of_hours() -> None:
    curve = Curve(tuple(float(hour) for hour in range(24)), 0, 0, 0, 0, 24)
    assert curve.expected(6.5) == 6.0
    assert curve.expected(7.0) == 6.5
    assert curve.expected(0.0) == 11.5  # between 23 and 0
    assert Curve((5.0,), 0, 0, 0, 0, 9).expected(13.2) == 5.0


def test_phases_of_an_incident() -> None:
    incident = Incident("x", 100, 60, {"water.ph": (1.0, 2.0, 3.0)})
    assert [incident.lasts_at(s) for s in (99, 100, 160, 161)] == [False, True, True, False]
    assert [incident.change_at(s, "water.ph") for s in (100, 119, 120, 159, 160)] == [
        1,
        1,
        2,
        3,
        3,
    ]
    assert incident.change_at(120, "water.do") == 0.0
    momentary = Incident("x", 100, 0, {"water.ph": (1.0,)})
    assert momentary.change_at(100, "water.ph") == 1.0


def test_noise_is_as_wide_and_as_slow_as_the_fitted_one() -> None:
    series = made("xuat-tuyen-471")
    curve = fitted.PROFILES["sgah"].curves["power.current"]
    found = values(series, "current", 0, 2300)
    assert statistics.stdev(found) == pytest.approx(curve.sd, rel=0.5)
