"""The demo's fleet: its roles on real series, or on profiles that stand in for them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from simulators import loaders, profiles
from simulators.fleet import Part
from simulators.roles import ROLES, Role
from simulators.series import Series
from simulators.table import iso_ms


def from_data(folder: Path) -> list[Part]:
    """Every role with its series from the folder of real telemetry. Raises `TableError`."""
    load: Callable[[str], Series] = functools.cache(lambda source: loaders.load(folder, source))
    return [_part(role, load(role.source)) for role in ROLES]


def from_profiles(seed: int) -> list[Part]:
    """Every role with a series made from its profile; the same seed makes the same series."""
    return [_part(role, profiles.series(role, seed)) for role in ROLES]


def _part(role: Role, series: Series) -> Part:
    first = series.first_at(iso_ms(role.begin)) if role.begin else 0
    return Part(role.device, series, first, role.why, role.misbehaves)
