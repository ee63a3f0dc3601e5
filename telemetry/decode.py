"""The JSON of `up/telemetry`: an object, an array of them, or a bare `{"pressure": 3.21}`.

The usual message is decoded and checked in one step by msgspec. Only where that step refuses it
is the message taken apart again, to say what is wrong and to keep its good readings.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from telemetry.errors import Reason, Undecodable
from telemetry.model import MAX_COUNT, MAX_NAME, MAX_TS_MS, MAX_VALUES, BadSample, Sample, Values

MAX_SAMPLES = 1_000
"""Samples in one message."""

_Limit = msgspec.Meta(max_length=MAX_SAMPLES)
_sample = msgspec.json.Decoder(Sample).decode
_samples = msgspec.json.Decoder(Annotated[list[Sample], _Limit]).decode
_bare = msgspec.json.Decoder(Values).decode
_parts = msgspec.json.Decoder(Annotated[list[msgspec.Raw], _Limit]).decode
# `float` reads 1e999 as infinity, which can be named; msgspec itself would give up.
_anything = msgspec.json.Decoder(float_hook=float).decode

_OWN_KEYS = frozenset({"ts", "seq", "boot", "q", "oldest"})
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# The comma or bracket behind it tells a whole number from the beginning of one that was cut off.
_SALVAGED = {
    key: re.compile(rb'"' + key.encode() + rb'"\s*:\s*([0-9]{1,18})\s*[,}]')
    for key in ("seq", "boot")
}


def decode_json(payload: bytes) -> list[Sample | BadSample]:
    """The readings of one message, in its order; a bad one does not cost its neighbours.

    Raises `Undecodable` where the message as a whole cannot be read.
    """
    first = payload[:1]
    if first != b"[" and (first == b"{" or payload.lstrip(b" \t\r\n")[:1] != b"["):
        return [_one(payload)]
    try:
        return [*_samples(payload)]
    except _BROKEN:
        return _one_by_one(payload)


def _one_by_one(payload: bytes) -> list[Sample | BadSample]:
    try:
        parts = _parts(payload)
    except msgspec.ValidationError:
        raise _undecodable(payload, f"a message has at most {MAX_SAMPLES} readings") from None
    except _BROKEN as error:
        raise _undecodable(payload, str(error)) from None
    found: list[Sample | BadSample] = []
    for part in parts:
        try:
            found.append(_one(bytes(part)))
        except Undecodable as error:
            found.append(BadSample(error.reason, error.detail, error.seq, error.boot))
    return found


def _one(payload: bytes) -> Sample | BadSample:
    """One reading. Raises `Undecodable`."""
    try:
        if b'"values"' in payload:
            return _sample(payload)
        values = _bare(payload)
    except msgspec.ValidationError:
        return _slowly(payload)
    except _BROKEN as error:
        raise _undecodable(payload, str(error)) from None
    return Sample(values) if _OWN_KEYS.isdisjoint(values) else _slowly(payload)


def _slowly(payload: bytes) -> Sample | BadSample:
    """One reading that the quick way refused: what is wrong with it, or it is right after all
    (a time such as `1.7e12`, a bare object with a time)."""
    try:
        item = _anything(payload)
    except _BROKEN as error:
        raise _undecodable(payload, str(error)) from None
    if not isinstance(item, dict):
        raise _undecodable(payload, 'a reading is a JSON object such as {"pressure": 3.21}')
    try:
        return _checked(item)
    except _RefusedError as refused:
        seq, boot = (_salvaged(item.get(key)) for key in ("seq", "boot"))
        return BadSample(refused.reason, refused.detail, seq, boot)


class _RefusedError(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def _checked(item: dict[str, object]) -> Sample:
    values = item.get("values")
    if "values" not in item:
        values = {name: value for name, value in item.items() if name not in _OWN_KEYS}
    if not isinstance(values, dict):
        raise _RefusedError(Reason.UNDECODABLE, "'values' is no object of names and numbers")
    if not values:
        raise _RefusedError(Reason.NO_VALUES, "the reading has no values")
    if len(values) > MAX_VALUES:
        raise _RefusedError(
            Reason.UNDECODABLE, f"{len(values)} values in one reading: at most {MAX_VALUES}"
        )
    return Sample(
        {_name(name): _number(name, value) for name, value in values.items()},
        ts=_integer(item, "ts", MAX_TS_MS, Reason.BAD_TIME),
        seq=_integer(item, "seq", MAX_COUNT),
        boot=_integer(item, "boot", MAX_COUNT),
        q=_integer(item, "q", 3) or 0,
        oldest=_integer(item, "oldest", MAX_COUNT),
    )


def _name(name: str) -> str:
    if len(name) > MAX_NAME:
        shown = f"{name[:20]}…"
        raise _RefusedError(
            Reason.UNKNOWN_QUANTITY, f"{shown!r}: a name has at most {MAX_NAME} characters"
        )
    return name


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _RefusedError(
            Reason.NOT_A_NUMBER, f"{name[:MAX_NAME]!r} is {_shown(value)}: it must be a number"
        )
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number in (float("inf"), float("-inf")):
        raise _RefusedError(Reason.NOT_A_NUMBER, f"{name[:MAX_NAME]!r} is too large for a number")
    return number


def _integer(
    item: dict[str, object], key: str, limit: int, reason: Reason = Reason.UNDECODABLE
) -> int | None:
    value = item.get(key)
    if value is None:
        return None
    number = _whole(value)
    if number is None or not 0 <= number <= limit:
        raise _RefusedError(
            reason, f"{key!r} is {_shown(value)}: it must be a whole number from 0 to {limit}"
        )
    return number


def _whole(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _salvaged(value: object) -> int | None:
    number = _whole(value)
    return number if number is not None and 0 <= number <= MAX_COUNT else None


def _shown(value: object) -> str:
    """A value in an error's sentence: as JSON, cut short."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 40 else f"{text[:40]}…"


def _undecodable(payload: bytes, detail: str) -> Undecodable:
    found = {key: pattern.search(payload) for key, pattern in _SALVAGED.items()}
    numbers = {key: int(match[1]) for key, match in found.items() if match}
    return Undecodable(
        Reason.UNDECODABLE, detail, seq=numbers.get("seq"), boot=numbers.get("boot")
    )
