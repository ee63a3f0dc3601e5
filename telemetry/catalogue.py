"""From a name that a device or a rule uses to the quantity, and to its InfluxDB field and back."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from telemetry.errors import UnknownQuantity
from telemetry.kinds import Kind
from telemetry.quantities import QUANTITIES, SECTORS, Quantity

__all__ = [
    "QUANTITIES",
    "SECTORS",
    "Quantity",
    "by_field",
    "field_of",
    "names",
    "resolve",
]

_SHARED = ("environment", "device")


def resolve(name: str, kind: Kind) -> Quantity:
    """The quantity that a device of `kind` means by `name`.

    The first of these that has an answer: the full key (`water.pressure`), a quantity of the
    kind itself by its short name, one of the kind's sector, one that all sectors share (`rain`,
    `battery`), the key with an underscore (`ww_temp`), a short name that is unique over the
    whole catalogue. Raises `UnknownQuantity`; its `ambiguous` says that several would fit.
    """
    found = names(kind).get(name)
    if found is None:
        raise _unknown(name, _in_sector(kind.sector))
    return found


@functools.cache
def names(kind: Kind) -> Mapping[str, Quantity]:
    """Every name that has a meaning for a device of `kind`: what `resolve` looks up."""
    known = {key: quantity for key, quantity in _of_sector(kind.sector).items() if "." not in key}
    own = _unique(QUANTITIES[key] for key in kind.quantities)
    return MappingProxyType(known | own | QUANTITIES)


def field_of(quantity: Quantity, sector: str) -> str:
    """The field of `quantity` in the measurement `sector`: `ph`, or `ww_temp` where the short
    name could mean another quantity there. It depends on no kind: devices of different kinds
    share a measurement."""
    short = quantity.name
    return short if _of_sector(sector).get(short) is quantity else _long(quantity)


def by_field(sector: str, field: str) -> Quantity:
    """The quantity behind a field of the measurement `sector`: `field_of` backwards.

    Raises `UnknownQuantity`.
    """
    found = _of_sector(sector).get(field)
    if found is None:
        raise _unknown(field, _in_sector(sector))
    return found


@functools.cache
def _of_sector(sector: str) -> Mapping[str, Quantity]:
    """Every name that has a meaning in `sector` where the device's kind does not matter.

    The later of the joined tables wins.
    """
    everywhere = _unique(QUANTITIES.values())
    long = {_long(quantity): quantity for quantity in QUANTITIES.values()}
    shared = _unique(q for q in QUANTITIES.values() if q.sector in _SHARED)
    return MappingProxyType(
        everywhere | long | shared | _unique(_in_sector(sector)) | QUANTITIES,
    )


def _in_sector(sector: str) -> list[Quantity]:
    return [quantity for quantity in QUANTITIES.values() if quantity.sector == sector]


def _unique(quantities: Iterable[Quantity]) -> dict[str, Quantity]:
    """Those whose short name no other of them has."""
    by_name: dict[str, list[Quantity]] = {}
    for quantity in quantities:
        by_name.setdefault(quantity.name, []).append(quantity)
    return {name: found[0] for name, found in by_name.items() if len(found) == 1}


def _long(quantity: Quantity) -> str:
    return quantity.key.replace(".", "_", 1)


def _unknown(name: str, nearest: Iterable[Quantity]) -> UnknownQuantity:
    """The error, with the quantities that `name` could mean, those of the sector if it has any."""
    near = [quantity.key for quantity in nearest if quantity.name == name]
    return UnknownQuantity(name, near or [q.key for q in QUANTITIES.values() if q.name == name])
