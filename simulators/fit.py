"""Makes the tables of `simulators.fitted` again: `python -m simulators.fit DATA`.

It prints the module, whose figures are derived from the collections and stand for them: means of
hours, deviations, correlations, and the shapes of the labelled events that the roles meet.
"""

from __future__ import annotations

import itertools
import math
import statistics
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulators import loaders
from simulators.profiles import name_of
from simulators.roles import ROLES, Role
from simulators.series import Event, Series, wire_name
from simulators.shapes import DAY_HOURS, HOUR_MS, Curve, Incident, Profile
from simulators.table import iso_ms
from telemetry.catalogue import QUANTITIES

LAP_S = 48 * 3600
"""A profile repeats after two days."""

SEASON_MS = 10 * DAY_HOURS * HOUR_MS
"""A profile is fitted to what lies this near to where the roles of the series begin."""

MET_MS = 2 * 300 * 60_000
"""What passes in the first two minutes at the default speed: incidents in it are kept."""

SHORT_MS = 3 * HOUR_MS
"""Labelled windows up to this long are shapes; of longer ones the labelled points are."""

PHASES = 6
NOTABLE_SD = 2.0
"""A quantity that differs by less than this many standard deviations did not take part."""

DOUBTFUL_SD = 0.005
"""A deviation below this part of the level counts as this: probes that never move have none."""


def profile(series: Series, kind: str, begins: Sequence[int]) -> Profile:
    """The profile of one series near to `begins` (ms), without its labelled events."""
    kept = [
        row
        for row in series.rows
        if any(abs(row.ts - begin) <= SEASON_MS for begin in begins)
        and not any(event.start <= row.ts <= event.end for event in series.events)
    ]
    whole_day = kept[-1].ts - kept[0].ts > (DAY_HOURS - 1) * HOUR_MS
    curves: dict[str, Curve] = {}
    lead: dict[int, float] = {}
    for quantity in series.quantities:
        name = wire_name(quantity, series.kind)
        points = [(row.ts, row.values[name]) for row in kept if name in row.values]
        means = _means(points, whole_day=whole_day)
        expected = Curve(means, 0, 0, 0, 0, 0).expected
        rest = {ts: value - expected(ts / HOUR_MS % DAY_HOURS) for ts, value in points}
        lead = lead or rest
        values = sorted(value for _, value in points)
        curves[quantity] = Curve(
            means,
            _figure(_deviation(sorted(rest.values()))),
            round(_correlation(list(itertools.pairwise(rest.values()))), 2),
            round(_correlation([(lead[ts], rest[ts]) for ts in rest if ts in lead]), 2),
            _figure(max(_quantile(values, 0.005), QUANTITIES[quantity].low)),
            _figure(min(_quantile(values, 0.995), QUANTITIES[quantity].high)),
        )
    interval_s = series.interval_ms // 1000
    return Profile(kind, interval_s, min(len(series.rows), LAP_S // interval_s), curves)


def merged(profiles: Sequence[Profile]) -> Profile:
    """One profile of many alike: mean figures, and how far the levels lie apart."""
    first = profiles[0]
    curves: dict[str, Curve] = {}
    for quantity in first.curves:
        all_of_it = [one.curves[quantity] for one in profiles]
        levels = [statistics.fmean(curve.means) for curve in all_of_it]
        curves[quantity] = Curve(
            tuple(
                _figure(statistics.fmean(hour))
                for hour in zip(*(c.means for c in all_of_it), strict=True)
            ),
            _figure(statistics.fmean(curve.sd for curve in all_of_it)),
            round(statistics.fmean(curve.ar1 for curve in all_of_it), 2),
            round(statistics.fmean(curve.follows for curve in all_of_it), 2),
            _figure(min(curve.low for curve in all_of_it)),
            _figure(max(curve.high for curve in all_of_it)),
            _figure(statistics.stdev(levels) / statistics.fmean(levels)),
        )
    return Profile(first.kind, first.interval_s, first.rows, curves)


def incidents(role: Role, series: Series, found: Profile) -> tuple[Incident, ...]:
    """The labelled events that the role meets soon, none over another, in order of time."""
    begin = begin_of(role, series)
    kept: list[Incident] = []
    for event in sorted(series.events, key=lambda one: (one.end - one.start > SHORT_MS, one)):
        met = Event(max(event.start, begin), min(event.end, begin + MET_MS), event.kind)
        if met.start > met.end:
            continue
        one = _incident(met, begin, series, found)
        apart = all(_apart(one, other, found.interval_s) for other in kept)
        if apart and (one.stuck or one.change):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.after_s))


def begin_of(role: Role, series: Series) -> int:
    """Where the role begins, in the time of the data."""
    return iso_ms(role.begin) if role.begin else series.rows[0].ts


def _apart(one: Incident, other: Incident, interval_s: int) -> bool:
    return (
        one.after_s + one.seconds + interval_s <= other.after_s
        or other.after_s + other.seconds + interval_s <= one.after_s
    )


def _incident(met: Event, begin: int, series: Series, found: Profile) -> Incident:
    rows = [row for row in series.rows if met.start <= row.ts <= met.end]
    change: dict[str, tuple[float, ...]] = {}
    for quantity, curve in found.curves.items():
        name = wire_name(quantity, series.kind)
        differences = [
            row.values[name] - curve.expected(row.ts / HOUR_MS % DAY_HOURS)
            for row in rows
            if name in row.values
        ]
        if not differences:
            continue
        size = max(1, len(differences) // PHASES)
        phases = [
            statistics.median(differences[start : start + size])
            for start in range(0, size * min(PHASES, len(differences)), size)
        ]
        floor = max(curve.sd, DOUBTFUL_SD * abs(statistics.fmean(curve.means)))
        if any(abs(phase) > NOTABLE_SD * floor for phase in phases):
            change[quantity] = tuple(_figure(phase) for phase in phases)
    stuck = len(rows) > 2 and all(row.values == rows[0].values for row in rows)
    step = found.interval_s
    after_s, end_s = (math.ceil((ts - begin) / 1000 / step) * step for ts in (met.start, met.end))
    return Incident(
        met.kind,
        after_s,
        end_s - after_s,
        {} if stuck else change,
        stuck,
    )


def tables(folder: Path) -> tuple[dict[str, Profile], dict[str, tuple[Incident, ...]]]:
    """Every profile by its name, and the incidents of each device that meets any."""
    every = {source: loaders.load(folder, source) for source in {r.source for r in ROLES}}
    begins: dict[tuple[str, str], list[int]] = {}
    for role in ROLES:
        begin = begin_of(role, every[role.source])
        begins.setdefault((role.source, role.kind), []).append(begin)
    grouped: dict[str, list[Profile]] = {}
    for (source, kind), all_begins in begins.items():
        one = profile(every[source], kind, all_begins)
        grouped.setdefault(name_of(source), []).append(one)
    profiles = {
        name: merged(alike) if name.startswith("metr-la/") else alike[0]
        for name, alike in grouped.items()
    }
    met = {
        role.device: incidents(role, every[role.source], profiles[name_of(role.source)])
        for role in ROLES
        if not role.misbehaves
    }
    return profiles, {device: found for device, found in met.items() if found}


def _means(points: Sequence[tuple[int, float]], *, whole_day: bool) -> tuple[float, ...]:
    """The mean of each hour, without its outer tenth; an hour without data, such as a solar
    inverter's night, is as the lowest one."""
    if not whole_day:
        return (_trimmed([value for _, value in points]),)
    hours: list[list[float]] = [[] for _ in range(DAY_HOURS)]
    for ts, value in points:
        hours[ts // HOUR_MS % DAY_HOURS].append(value)
    lowest = min(_trimmed(hour) for hour in hours if hour)
    return tuple(_trimmed(hour) if hour else lowest for hour in hours)


def _trimmed(values: Sequence[float]) -> float:
    off = len(values) // 20
    return _figure(statistics.fmean(sorted(values)[off : len(values) - off]))


def _deviation(rest: Sequence[float]) -> float:
    """The standard deviation, from the 5 % and 95 % quantiles: outliers are no noise."""
    return (_quantile(rest, 0.95) - _quantile(rest, 0.05)) / 3.29


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if len(set(left)) < 2 or len(set(right)) < 2:
        return 0.0
    return max(-0.99, min(0.99, statistics.correlation(left, right)))


def _quantile(ascending: Sequence[float], share: float) -> float:
    return ascending[round(share * (len(ascending) - 1))]


def _figure(value: float) -> float:
    """Four digits are more than a stand-in needs."""
    return float(f"{value:.4g}")


def module(profiles: Mapping[str, Profile], met: Mapping[str, Sequence[Incident]]) -> str:
    """The text of `simulators/fitted.py`."""
    lines = [HEADER]
    for name, one in profiles.items():
        lines.append(f'    "{name}": Profile("{one.kind}", {one.interval_s}, {one.rows}, {{')
        for quantity, curve in one.curves.items():
            rest = (curve.sd, curve.ar1, curve.follows, curve.low, curve.high, curve.spread)
            text = f'"{quantity}": Curve(({_listed(curve.means)},), {_listed(rest)}),'
            lines += _wrapped(text, 8)
        lines.append("    }),")
    lines += ["}", "", "INCIDENTS: dict[str, tuple[Incident, ...]] = {"]
    for device, found in met.items():
        lines.append(f'    "{device}": (')
        for incident in found:
            start = (
                f'        Incident("{incident.kind}", {incident.after_s}, {incident.seconds}, {{'
            )
            if incident.stuck:
                lines.append(f"{start}}}, stuck=True),")
                continue
            lines.append(start)
            for quantity, phases in incident.change.items():
                lines += _wrapped(f'"{quantity}": ({_listed(phases)},),', 12)
            lines.append("        }),")
        lines.append("    ),")
    return "\n".join([*lines, "}", "# fmt: on", ""])


def _listed(figures: Sequence[float]) -> str:
    return ", ".join(f"{figure + 0.0:g}" for figure in figures)  # + 0.0: no minus before a zero


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, 99, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4)
    )


HEADER = '''\
"""Figures fitted to the collections of real telemetry, made by `python -m simulators.fit`.

Sources, by the first word of a profile's name: gecco (GECCO 2018, Thüringer Fernwasserversorgung
and TH Köln), lro (Logan River Observatory, PyHydroQC), skab (Skoltech Anomaly Benchmark),
graphleak (GraphLeak WDN1), uci (UCI 235, Hébrail and Bérard), sgah (SGAH, State Grid of China),
pvanalytics, ett (ETT), nab and nab-machine (Numenta Anomaly Benchmark), metr-la (METR-LA, Caltrans
PeMS), i94 (UCI 492, Hogue). Only derived figures stand here, none of the series.
"""

from __future__ import annotations

from simulators.shapes import Curve, Incident, Profile

# fmt: off
PROFILES: dict[str, Profile] = {'''


if __name__ == "__main__":
    sys.stdout.write(module(*tables(Path(sys.argv[1]))))
