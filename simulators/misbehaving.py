"""Devices that now and then send what must be refused, so that dead letters are seen at work."""

from __future__ import annotations

import random

from simulators.replay import Claim, Source, Truth

YEAR_MS = 365 * 86_400_000
BAD_SHARE = 0.08
"""About every twelfth reading is bad."""


def garble(payload: bytes) -> bytes:
    """Break a message so that it is no JSON, as a device short of memory would: `seq` and `boot`
    can still be read in it, since the device waits for the platform to answer for them."""
    return payload.replace(b'"values":{', b'"values":{{', 1)


def _broken_json(claim: Claim) -> Claim:
    return claim._replace(garbled=True)


def _unknown_quantity(claim: Claim) -> Claim:
    return claim._replace(values={f"{name}_x": value for name, value in claim.values.items()})


def _out_of_range(claim: Claim) -> Claim:
    return claim._replace(values=dict.fromkeys(claim.values, -9_999_999.0))


def _far_future(claim: Claim) -> Claim:
    return claim._replace(ts=claim.ts + YEAR_MS)


MISCHIEF = (_broken_json, _unknown_quantity, _out_of_range, _far_future)


class Misbehaving:
    """A source whose readings go wrong at random, in turn in each of the ways of `MISCHIEF`.

    Some of its good readings say themselves that they are doubtful (quality 2 and 3): those are
    to be stored.
    """

    def __init__(self, source: Source, seed: str) -> None:
        self._source = source
        self._random = random.Random(seed)  # noqa: S311 - a show, no secret
        self._done = 0

    @property
    def position(self) -> int:
        return self._source.position

    @property
    def ended(self) -> bool:
        return self._source.ended

    def next_at(self) -> int:
        return self._source.next_at()

    def met(self) -> list[Truth]:
        return self._source.met()

    def due(self, now: int) -> list[Claim]:
        return [self._spoilt(claim) for claim in self._source.due(now)]

    def _spoilt(self, claim: Claim) -> Claim:
        chance = self._random.random()
        if chance < BAD_SHARE:
            self._done += 1
            return MISCHIEF[self._done % len(MISCHIEF)](claim)
        if chance < 2 * BAD_SHARE:
            return claim._replace(q=2 + self._done % 2)
        return claim
