"""The checked tree of an expression: quantities resolved, limits in canonical units.

A node that yields a number knows its unit from the checker; at run time there are only floats,
None where a value is not known (nothing in the window, a quantity that has not been sent).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telemetry.catalogue import Quantity

Statistic = Literal["avg", "min", "max", "sum", "count", "last", "delta", "rate", "stddev"]
ArithmeticSign = Literal["+", "-", "*", "/"]
ComparisonSign = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Constant:
    value: float


@dataclass(frozen=True, slots=True)
class Value:
    """The quantity in the reading itself."""

    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Windowed:
    """A statistic over the last `span_ms` of the rules' clock; `rate` is per hour."""

    statistic: Statistic
    quantity: Quantity
    span_ms: int


@dataclass(frozen=True, slots=True)
class Converted:
    """`operand * factor + offset`: one canonical unit in terms of another."""

    operand: Numeric
    factor: float
    offset: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A division by zero yields an unknown value."""

    sign: ArithmeticSign
    left: Numeric
    right: Numeric


Numeric = Constant | Value | Windowed | Converted | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    """`quantity` is the one that the sides are about, None where both are plain numbers."""

    sign: ComparisonSign
    left: Numeric
    right: Numeric
    unit: str
    quantity: Quantity | None


@dataclass(frozen=True, slots=True)
class Stuck:
    quantity: Quantity
    span_ms: int


@dataclass(frozen=True, slots=True)
class QualityIs:
    """The reading's quality code: 0 good, 2 fault."""

    code: int


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing was received for `span_ms`, of `quantity` or (None) of the device at all."""

    quantity: Quantity | None
    span_ms: int


@dataclass(frozen=True, slots=True)
class Not:
    operand: Truth


@dataclass(frozen=True, slots=True)
class Joined:
    """`and`: false as soon as one is false; `or`: true as soon as one is true."""

    sign: Literal["and", "or"]
    left: Truth
    right: Truth


Truth = Comparison | Stuck | QualityIs | Silent | Not | Joined


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition and the text it was written as."""

    text: str
    root: Truth

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it is about, in the order written, each once."""
        found = (node.quantity for node in nodes(self.root) if not isinstance(node, _BARE))
        return tuple(dict.fromkeys(quantity for quantity in found if quantity is not None))

    @property
    def is_silence(self) -> bool:
        """It is about what did not come: the clock moves it, no reading does."""
        return any(isinstance(node, Silent) for node in nodes(self.root))


Node = Numeric | Truth
_BARE = (Constant, Converted, Arithmetic, QualityIs, Not, Joined)


def nodes(root: Node) -> list[Node]:
    """Every node of the tree, from left to right, the outer before the inner."""
    match root:
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            return [root, *nodes(left), *nodes(right)]
        case Joined(left=left, right=right):
            return [root, *nodes(left), *nodes(right)]
        case Converted(operand=operand):
            return [root, *nodes(operand)]
        case Not(operand=operand):
            return [root, *nodes(operand)]
        case _:
            return [root]
