"""Mistakes in rule files, each with its place and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from telemetry.errors import KenhError


class ExpressionError(KenhError):
    """A mistake in an expression: `column` counts its characters from 0."""

    def __init__(self, what: str, column: int, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.column = column
        self.hint = hint


class RuleFileError(KenhError):
    """A mistake in a rule file; `line` and `column` count from 1, 0 where there is no place."""

    def __init__(self, file: str, line: int, column: int, what: str, hint: str = "") -> None:
        place = f"{file}:{line}:{column}" if line else file
        tail = f" {hint[:1].upper()}{hint[1:]}{'' if hint.endswith('?') else '.'}" if hint else ""
        super().__init__(f"{place}: {what}.{tail}")
        self.file = file
        self.line = line
        self.column = column
        self.what = what
        self.hint = hint


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The one or two of the known words that `word` may be a slip of."""
    return difflib.get_close_matches(word, list(known), n=2, cutoff=0.6)


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A hint with the known words nearest to `word`, else `otherwise`."""
    near = nearest(word, known)
    return f"did you mean {' or '.join(repr(one) for one in near)}?" if near else otherwise
