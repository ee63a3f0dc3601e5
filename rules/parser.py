"""From the text of an expression to its tree: a recursive descent, loosest binding first.

or  <  and  <  not  <  comparison  <  + -  <  * /  <  unary -
"""

from __future__ import annotations

from rules.errors import ExpressionError
from rules.syntax import Call, Infix, Name, Node, Number, Prefix
from rules.words import COMPARISONS, Word, words

LONGEST = 500
"""Characters; with `DEEPEST` it keeps a hostile rule file from exhausting the machine."""
DEEPEST = 40


def parse(text: str) -> Node:
    """The tree of `text`. Raises `ExpressionError`."""
    if not text.strip():
        raise ExpressionError("the expression is empty", 0, "write such as 'pressure < 1.5 bar'")
    if len(text) > LONGEST:
        raise ExpressionError(
            f"the expression is longer than {LONGEST} characters", 0, "make several rules of it"
        )
    parser = _Parser(words(text))
    tree = parser.either()
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, found: list[Word]) -> None:
        self._words = found
        self._place = 0
        self._depth = 0

    def either(self) -> Node:
        left = self._both()
        while word := self._take("or"):
            left = Infix("or", left, self._both(), word.column)
        return left

    def expect_end(self) -> None:
        word = self._next
        if word.kind != "end":
            raise ExpressionError(f"{word.text!r} is not expected here", *self._unexpected(word))

    def _both(self) -> Node:
        left = self._negation()
        while word := self._take("and"):
            left = Infix("and", left, self._negation(), word.column)
        return left

    def _negation(self) -> Node:
        if word := self._take("not"):
            self._deeper(word)
            inner = Prefix("not", self._negation(), word.column)
            self._depth -= 1
            return inner
        return self._comparison()

    def _comparison(self) -> Node:
        left = self._sum()
        word = self._take(*COMPARISONS)
        if word is None:
            return left
        compared = Infix(word.text, left, self._sum(), word.column)
        if self._next.text in COMPARISONS:
            raise ExpressionError(
                "comparisons cannot be chained",
                self._next.column,
                "join two with 'and': 'x > 1 and x < 2'",
            )
        return compared

    def _sum(self) -> Node:
        left = self._product()
        while word := self._take("+", "-"):
            left = Infix(word.text, left, self._product(), word.column)
        return left

    def _product(self) -> Node:
        left = self._signed()
        while word := self._take("*", "/"):
            left = Infix(word.text, left, self._signed(), word.column)
        return left

    def _signed(self) -> Node:
        if word := self._take("-"):
            self._deeper(word)
            inner = Prefix("-", self._signed(), word.column)
            self._depth -= 1
            return inner
        return self._atom()

    def _atom(self) -> Node:
        word = self._next
        if word.kind == "number":
            self._place += 1
            return Number(word.value, word.unit, word.text, word.column)
        if word.kind == "name":
            self._place += 1
            return self._call(word) if self._next.text == "(" else Name(word.text, word.column)
        if self._take("("):
            self._deeper(word)
            inner = self.either()
            self._depth -= 1
            if not self._take(")"):
                raise ExpressionError("this bracket is not closed", word.column, "add ')'")
            return inner
        if word.kind == "end":
            raise ExpressionError("something is missing at the end", word.column)
        raise ExpressionError(f"{word.text!r} is not expected here", *self._unexpected(word))

    def _call(self, function: Word) -> Call:
        self._take("(")
        arguments: list[Name | Number] = []
        while not self._take(")"):
            word = self._next
            if word.kind not in {"name", "number"}:
                what = "the bracket is not closed" if word.kind == "end" else f"{word.text!r}"
                raise ExpressionError(
                    f"{function.text}(…) takes names and durations: {what}",
                    word.column,
                    f"write such as {function.text}(pressure, 5m)",
                )
            self._place += 1
            arguments.append(
                Number(word.value, word.unit, word.text, word.column)
                if word.kind == "number"
                else Name(word.text, word.column)
            )
            if not self._take(",") and self._next.text != ")":
                raise ExpressionError(
                    f"a comma or ')' is missing in {function.text}(…)", self._next.column
                )
        return Call(function.text, tuple(arguments), function.column)

    @property
    def _next(self) -> Word:
        return self._words[self._place]

    def _take(self, *texts: str) -> Word | None:
        word = self._next
        if word.kind in {"sign", "keyword"} and word.text in texts:
            self._place += 1
            return word
        return None

    def _deeper(self, word: Word) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError("the brackets are nested too deeply", word.column)

    def _unexpected(self, word: Word) -> tuple[int, str]:
        if word.text == "," and self._place and self._words[self._place - 1].kind == "number":
            return word.column, "write decimals with a point: 1.5"
        if word.kind in {"name", "number"}:
            return word.column, "an operator is missing before it: < and + are such"
        return word.column, ""
