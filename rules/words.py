"""Cuts the text of an expression into words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rules.errors import ExpressionError

KEYWORDS = ("and", "or", "not")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")

_LETTERS = r"A-Za-z°%‰µμ"
_WORD = re.compile(
    rf"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
        (?:\s?(?P<unit>(?!(?:and|or|not)\b)
          [{_LETTERS}][{_LETTERS}0-9²³₂]*(?:/[{_LETTERS}][{_LETTERS}0-9²³₂]*)*))?
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<sign><=|>=|==|!=|[<>+\-*/(),])
    )""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_SLIPS = {
    "=": "write == to compare",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or != for 'is different from'",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "×": "write *",
    ".": "write a digit before the point: 0.5",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A number (with the unit behind it), a name, a sign or a keyword, or the end ("")."""

    text: str
    column: int
    kind: str
    value: float = 0.0
    unit: str = ""


def words(text: str) -> list[Word]:
    """The words of `text`, and a last one that marks its end. Raises `ExpressionError`."""
    found: list[Word] = []
    place = 0
    while match := _WORD.match(text, place):
        column = _start(text, place)
        body = text[column : match.end()]
        if number := match["number"]:
            unit = match["unit"] or ""
            found.append(Word(body, column, "number", float(number), unit))
        elif name := match["name"]:
            found.append(Word(name, column, "keyword" if name in KEYWORDS else "name"))
        else:
            found.append(Word(body, column, "sign"))
        place = match.end()
    end = _start(text, place)
    if end < len(text):
        sign = text[end]
        raise ExpressionError(f"{sign!r} means nothing here", end, _SLIPS.get(sign, ""))
    found.append(Word("", len(text), "end"))
    return found


def _start(text: str, place: int) -> int:
    space = _SPACE.match(text, place)
    return space.end() if space else place
