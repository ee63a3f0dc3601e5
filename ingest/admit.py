"""The decision what becomes of a sample: an admitted reading, or a refusal with its reason. Pure.

The tags of a reading come from the registry's entry of the device, never from its payload.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from registry.directory import Home
from telemetry.catalogue import field_of, names, resolve
from telemetry.errors import Reason, UnknownQuantity
from telemetry.kinds import KINDS
from telemetry.model import NO_SEQ, BadSample, Flag, Reading, Sample

EARLIEST_MS = 1_420_070_400_000
"""2015-01-01: a clock that says less was never set."""


@dataclass(frozen=True)
class Clocks:
    """How far a device's clock may be off: `tolerance_ms` ahead of ours before its readings are
    refused, `lateness_ms` behind it before they are marked late."""

    tolerance_ms: int = 300_000
    lateness_ms: int = 300_000


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why a sample was not admitted, and in words."""

    reason: Reason
    detail: str


def admit(
    sample: Sample | BadSample, home: Home | None, now: int, clocks: Clocks
) -> Reading | Refusal:
    """The reading that `sample` is, at `now` (ms since 1970), if its device lives at `home`."""
    if isinstance(sample, BadSample):
        return Refusal(sample.reason, sample.detail)
    if home is None:
        return Refusal(Reason.UNKNOWN_DEVICE, "no such device in the registry: 'kenh device add'")
    flags = 0
    ts = sample.ts
    if ts is None:
        ts = now
        flags = Flag.RECEIVE_TIME.value
    elif ts > now + clocks.tolerance_ms:
        ahead = (ts - now) / 1000
        return Refusal(Reason.FUTURE_TIME, f"its time is {ahead:.0f} s ahead: check its clock")
    elif ts < EARLIEST_MS:
        return Refusal(Reason.BAD_TIME, f"its time {ts} is before 2015: its clock was never set")
    elif ts < now - clocks.lateness_ms:
        flags = Flag.LATE.value
    values = _checked(sample.values, home.kind)
    if isinstance(values, Refusal):
        return values
    return Reading(
        home.device,
        home.tenant,
        home.site,
        home.area,
        home.kind,
        home.sector,
        ts,
        now,
        NO_SEQ if sample.seq is None else sample.seq,
        NO_SEQ if sample.boot is None else sample.boot,
        sample.q,
        flags,
        values,
    )


def _checked(values: dict[str, float], kind: str) -> dict[str, float] | Refusal:
    """The values by their fields, if all of them can be."""
    checks = _checks(kind)
    as_named = True
    try:
        for name, value in values.items():
            other_name, low, high = checks[name]
            if not low <= value <= high:  # not a number is never between
                return _out_of_range(name, value, kind)
            if other_name:
                as_named = False
    except KeyError:
        return _unknown(values, kind)
    if as_named and values:
        return values
    fields = {checks[name][0] or name: value for name, value in values.items()}
    if len(fields) < len(values):
        return Refusal(
            Reason.AMBIGUOUS_QUANTITY, f"two names of one quantity: {', '.join(values)}"
        )
    return fields or Refusal(Reason.NO_VALUES, "the reading has no values")


@functools.cache
def _checks(kind: str) -> dict[str, tuple[str, float, float]]:
    """For every name that a device of `kind` may use: its field and its physical range.

    The field is "" where the name is the field already: nearly always.
    """
    known = KINDS.get(kind)
    if known is None:
        return {}
    found = {}
    for name, quantity in names(known).items():
        field = field_of(quantity, known.sector)
        found[name] = ("" if field == name else field, quantity.low, quantity.high)
    return found


def _unknown(values: Mapping[str, float], kind: str) -> Refusal:
    if kind not in KINDS:
        return Refusal(Reason.UNKNOWN_QUANTITY, f"no kind of device is called {kind!r}")
    try:
        for name in values:
            resolve(name, KINDS[kind])
    except UnknownQuantity as error:
        return Refusal(error.reason, str(error))
    raise AssertionError(f"all of {', '.join(values)} are known, but not to their checks")


def _out_of_range(name: str, value: float, kind: str) -> Refusal:
    quantity = resolve(name, KINDS[kind])
    if not math.isfinite(value):
        return Refusal(Reason.NOT_A_NUMBER, f"{name!r} is {value}: it must be a finite number")
    return Refusal(
        Reason.OUT_OF_RANGE,
        f"{name!r} is {value:g} {quantity.unit}: a sensor in order says "
        f"{quantity.low:g} to {quantity.high:g}",
    )
