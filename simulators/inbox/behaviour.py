"""What the fakes do out of the ordinary, told apart by whom a message is for.

A mishap is one of the names below, or an error code of the provider ("-118", "146", "410").
Telephone numbers `84900000` + three digits answer with that code where the provider has it:
84900000118 has no Zalo account (-118), 84900000146 fits no SMS template (146).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

HANG = "hang"  # takes it and does not answer
DEAF = "deaf"  # does not take it, and does not answer either
BROKEN = "broken"  # does not take it: HTTP 502 with a page
GARBLED = "garbled"  # takes it and answers with what is no JSON
BUSY = "busy"  # HTTP 429, try again after a second
UNDELIVERED = "undelivered"  # takes it, and it never arrives
RECEIPT_LATE = "receipt-late"
RECEIPT_TWICE = "receipt-twice"
RECEIPT_NEVER = "receipt-never"
RECEIPT_EARLY = "receipt-early"  # before the answer to the sending itself

MISHAPS = frozenset(
    {
        HANG,
        DEAF,
        BROKEN,
        GARBLED,
        BUSY,
        UNDELIVERED,
        RECEIPT_LATE,
        RECEIPT_TWICE,
        RECEIPT_NEVER,
        RECEIPT_EARLY,
    }
)

TEST_NUMBERS = "84900000"


@dataclass
class Behaviours:
    """Changed while the fakes run, by tests and by `PUT /api/behaviours`."""

    by_recipient: dict[str, str] = field(default_factory=dict)
    unapproved_templates: set[str] = field(default_factory=set)
    night_window: bool = False

    def of(self, recipient: str, codes: Collection[str]) -> str:
        """The mishap of this recipient, "" for none; `codes` are the provider's errors."""
        told = self.by_recipient.get(recipient)
        if told is not None:
            return told
        if len(recipient) == len(TEST_NUMBERS) + 3 and recipient.startswith(TEST_NUMBERS):
            digits = recipient[len(TEST_NUMBERS) :].lstrip("0")
            for code in (f"-{digits}", digits):
                if digits and code in codes:
                    return code
        return ""
