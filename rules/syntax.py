"""The tree that the parser makes of an expression: words as written, nothing resolved yet.

`column` is where the node's most telling character stands, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity: `pressure`, `water.pressure`."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Number:
    """`1.5`, `1.5 bar`, `5m`: `unit` is "" where none is written."""

    value: float
    unit: str
    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Call:
    """`avg(pressure, 5m)`."""

    function: str
    arguments: tuple[Name | Number, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """`-x` and `not x`."""

    operator: str
    operand: Node
    column: int


@dataclass(frozen=True, slots=True)
class Infix:
    """`x < y`, `x + y`, `x and y`."""

    operator: str
    left: Node
    right: Node
    column: int


Node = Name | Number | Call | Prefix | Infix
