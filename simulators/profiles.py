"""Series made from fitted figures, where no folder of real telemetry is at hand.

The figures stand in `simulators.fitted`; here is what they mean and how a series comes of them:
the mean of the hour, interpolated, plus first-order autoregressive noise whose steps follow the
first quantity's as closely as they did in the data, plus the incident where there is one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

from simulators import fitted
from simulators.roles import JAMMED, Role
from simulators.series import Event, Row, Series, wire_name
from simulators.shapes import DAY_HOURS, HOUR_MS, Curve
from simulators.table import iso_ms
from telemetry.catalogue import QUANTITIES

DECIMALS = 4
CALM = 0.2
"""The part of the noise that an incident leaves: its shape was fitted to the whole difference."""

MIDNIGHT = iso_ms("2020-01-01T00:00:00")
"""Where a role begins whose series has no time of day."""


def series(role: Role, seed: int) -> Series:
    """The series of a role; the same for the same seed."""
    profile = fitted.PROFILES[name_of(role.source)]
    incidents = fitted.INCIDENTS.get(role.device, ())
    chance = random.Random(f"{seed}/{role.device}")  # noqa: S311 - a show, no secret
    begin = iso_ms(role.begin) if role.begin else MIDNIGHT
    levels = {key: chance.gauss(1.0, curve.spread) for key, curve in profile.curves.items()}
    noise = dict.fromkeys(profile.curves, 0.0)
    rows: list[Row] = []
    for passed_s in range(0, profile.rows * profile.interval_s, profile.interval_s):
        ts = begin + passed_s * 1000
        _step(noise, profile.curves, chance)
        incident = next((one for one in incidents if one.lasts_at(passed_s)), None)
        if incident is not None and incident.stuck and rows:
            rows.append(Row(ts, rows[-1].values))
            continue
        values = {}
        for key, curve in profile.curves.items():
            value = curve.expected(ts / HOUR_MS % DAY_HOURS) * levels[key]
            if incident is not None and key in incident.change:
                value += incident.change_at(passed_s, key) + CALM * noise[key]
            else:
                value = min(max(value + noise[key], curve.low), curve.high)
            quantity = QUANTITIES[key]
            value = min(max(value, quantity.low), quantity.high)
            values[wire_name(key, profile.kind)] = round(value, DECIMALS)
        rows.append(Row(ts, values))
    labelled = tuple(
        Event(begin + one.after_s * 1000, begin + (one.after_s + one.seconds) * 1000, one.kind)
        for one in incidents
    )
    return Series(role.source, profile.kind, tuple(profile.curves), rows, labelled)


def name_of(source: str) -> str:
    """The name of the profile that stands in for a series, where several are alike: the faults
    of SGAH begin from one normal operation, two nodes of GraphLeak lie on one pipe, and the
    sensors of METR-LA are of two sorts."""
    collection = source.partition("/")[0]
    if collection == "sgah":
        return collection
    if collection == "metr-la":
        return "metr-la/jammed" if source in JAMMED else "metr-la/free"
    return "graphleak/n2" if source == "graphleak/n7" else source


def _step(noise: dict[str, float], curves: Mapping[str, Curve], chance: random.Random) -> None:
    """One step of the noise of every quantity, in place."""
    lead = chance.gauss(0.0, 1.0)
    for key, curve in curves.items():
        own = chance.gauss(0.0, 1.0)
        push = curve.follows * lead + math.sqrt(max(0.0, 1 - curve.follows**2)) * own
        step = curve.sd * math.sqrt(max(0.0, 1 - curve.ar1**2))
        noise[key] = curve.ar1 * noise[key] + step * push
