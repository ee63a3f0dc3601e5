"""What a device claims (`Sample`) and what the platform admitted (`Reading`)."""

from __future__ import annotations

import enum

import msgspec

NO_SEQ = -1
"""Stands in `Reading.seq` and `Reading.boot` where the device sent none."""


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
    """

    values: dict[str, float]
    ts: int | None = None
    seq: int | None = None
    boot: int | None = None
    q: int = 0
    oldest: int | None = None


class Reading(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One admitted reading: what the spool keeps, the store writes and the rules see.

    `ts` and `received` are milliseconds since 1970 UTC. `values` is keyed by the InfluxDB
    field name (`telemetry.catalogue`), each in its canonical unit. The tags come from the
    registry at the moment of admission, so a device that moves later keeps its past.
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
