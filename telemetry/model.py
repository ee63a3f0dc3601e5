"""What a device claims (`Sample`) and what the platform admitted (`Reading`)."""

from __future__ import annotations

import enum
from typing import Annotated

import msgspec

from telemetry.errors import Reason

NO_SEQ = -1
"""Stands in `Reading.seq` and `Reading.boot` where the device sent none."""

MAX_VALUES = 64
"""Values in one sample: a batch of channels, not a file."""

MAX_NAME = 64
"""Characters in the name of a value."""

MAX_COUNT = 2**63 - 1
"""Of `seq` and `boot`: InfluxDB keeps signed integers of 64 bits."""

MAX_TS_MS = 2**63 // 1_000_000 - 1
"""Latest time (year 2262): InfluxDB keeps nanoseconds in a signed integer of 64 bits."""

Values = Annotated[
    dict[Annotated[str, msgspec.Meta(max_length=MAX_NAME)], float],
    msgspec.Meta(min_length=1, max_length=MAX_VALUES),
]
_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]


class Quality(enum.IntEnum):
    """Quality of a reading, after OPC UA's idea and the regulator's codes."""

    GOOD = 0
    CALIBRATING = 1
    FAULT = 2
    UNCERTAIN = 3


class Flag(enum.IntFlag):
    """Marks that admission puts on a reading."""

    RECEIVE_TIME = 1  # the device sent no time: `ts` is the receive time
    LATE = 2  # older than the allowed lateness when it was received


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One reading as its device claims it: decoded, not yet admitted.

    `ts` is milliseconds since 1970 UTC; `values` has the names the device used. `oldest`, an
    extension of the contract, is the lowest `seq` of this `boot` that the device still keeps.
    The limits of the annotations hold for what was decoded; `telemetry.decode` names a breach.
    """

    values: Values
    ts: Annotated[int, msgspec.Meta(ge=0, le=MAX_TS_MS)] | None = None
    seq: _Count | None = None
    boot: _Count | None = None
    q: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    oldest: _Count | None = None


class BadSample(msgspec.Struct, frozen=True, gc=False):
    """One reading that cannot be read, among others that can: why, and whose place it takes.

    `seq` and `boot` are None where the device sent none or where they are themselves broken.
    """

    reason: Reason
    detail: str
    seq: int | None = None
    boot: int | None = None


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One admitted reading: what the spool keeps, the store writes and the rules see.

    `ts` and `received` are milliseconds since 1970 UTC. `values` is keyed by the InfluxDB
    field name (`telemetry.catalogue`), each in its canonical unit. The tags come from the
    registry at the moment of admission, so a device that moves later keeps its past. `apart` is
    the nanoseconds by which a reading without a `seq` stands behind another of its millisecond:
    InfluxDB would silently overwrite the one with the other.
    """

    device: str
    tenant: str
    site: str
    area: str
    kind: str
    sector: str
    ts: int
    received: int
    seq: int
    boot: int
    q: int
    flags: int
    values: dict[str, float]
    apart: int = 0
