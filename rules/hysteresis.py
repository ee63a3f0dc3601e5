"""Whether the clear condition of a rule contradicts its `when`."""

from __future__ import annotations

from rules.typed import Comparison, Constant, Truth

_BELOW = ("<", "<=")
_ABOVE = (">", ">=")


def contradicts(when: Truth, clear: Truth) -> bool:
    """Whether a value makes both true, where both compare the same thing with a fixed limit.

    With such a pair an alarm would come and go with every reading. Conditions of another shape
    are taken on trust.
    """
    match when, clear:
        case (
            Comparison(sign, left, Constant(limit)),
            Comparison(clear_sign, clear_left, Constant(clear_limit)),
        ) if left == clear_left:
            if sign in _BELOW and clear_sign in _ABOVE:
                return clear_limit < limit
            if sign in _ABOVE and clear_sign in _BELOW:
                return clear_limit > limit
            return sign in _BELOW + _ABOVE and clear_sign in _BELOW + _ABOVE
    return False
