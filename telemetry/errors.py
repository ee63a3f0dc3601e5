"""Why something was refused: the named reasons of dead letters, and the errors that carry them."""

from __future__ import annotations

import enum
from collections.abc import Sequence


class Reason(enum.StrEnum):
    """Why a message or a reading was refused. The values stand in dead letters: they stay."""

    UNDECODABLE = "undecodable"
    UNKNOWN_DEVICE = "unknown-device"
    UNKNOWN_QUANTITY = "unknown-quantity"
    AMBIGUOUS_QUANTITY = "ambiguous-quantity"
    NOT_A_NUMBER = "not-a-number"
    OUT_OF_RANGE = "out-of-range"
    FUTURE_TIME = "future-time"
    BAD_TIME = "bad-time"
    BAD_TOPIC = "bad-topic"
    NO_VALUES = "no-values"
    REFUSED_BY_STORE = "refused-by-store"


class KenhError(Exception):
    """An error for a person: its text is one line that says what is wrong and what to do."""


class Undecodable(KenhError):  # noqa: N818
    """A whole message that cannot be read.

    `seq` and `boot` are what could be salvaged from its broken bytes, else None: a device that
    waits for `down/stored` must not wait for a reading that will never be readable.
    """

    def __init__(
        self, reason: Reason, detail: str, seq: int | None = None, boot: int | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.seq = seq
        self.boot = boot


class UnknownQuantity(KenhError):  # noqa: N818
    """A name that stands for no quantity of the catalogue, or for several (`candidates`)."""

    def __init__(self, name: str, candidates: Sequence[str] = ()) -> None:
        self.name = name
        self.candidates = tuple(candidates)
        if self.candidates:
            text = f"{name!r} may be {' or '.join(self.candidates)}: use the full name"
        else:
            text = f"{name!r} is no quantity of the catalogue: 'kenh kinds' lists them"
        super().__init__(text)

    @property
    def ambiguous(self) -> bool:
        return bool(self.candidates)

    @property
    def reason(self) -> Reason:
        return Reason.AMBIGUOUS_QUANTITY if self.candidates else Reason.UNKNOWN_QUANTITY


class UnitError(KenhError):
    """A unit that is unknown, or that does not fit the other."""


class DurationError(KenhError):
    """A text that is no duration."""
