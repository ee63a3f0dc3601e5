"""The parser: precedence, and an error with its column for everything it does not take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import ExpressionError
from rules.parser import DEEPEST, LONGEST, parse
from rules.syntax import Call, Infix, Name, Node, Number, Prefix


def shown(node: Node) -> str:
    """The tree with a bracket around everything."""
    match node:
        case Name(text):
            return text
        case Number(_, _, text):
            return text
        case Call(name, arguments):
            return f"{name}({', '.join(shown(one) for one in arguments)})"
        case Prefix(sign, operand):
            return f"({sign} {shown(operand)})"
        case Infix(sign, left, right):
            return f"({shown(left)} {sign} {shown(right)})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a < 1 and b > 2 or not c == 3", "(((a < 1) and (b > 2)) or (not (c == 3)))"),
        ("a < 1 or b > 2 and c == 3", "((a < 1) or ((b > 2) and (c == 3)))"),
        ("a + b * c - d < 1", "(((a + (b * c)) - d) < 1)"),
        ("(a + b) * -c >= 1 bar", "(((a + b) * (- c)) >= 1 bar)"),
        ("avg(water.pressure,5m)<=1.5bar", "(avg(water.pressure, 5m) <= 1.5bar)"),
        ("silent(15m)", "silent(15m)"),
        ("good()", "good()"),
        ("a < 5 m/s and b > 3 °C", "((a < 5 m/s) and (b > 3 °C))"),
        ("a > 2 * 3 m3/h", "(a > (2 * 3 m3/h))"),
        ("ec > 1 µS/cm or o > 30 %", "((ec > 1 µS/cm) or (o > 30 %))"),
    ],
)
def test_the_tree_has_the_usual_precedence(text: str, tree: str) -> None:
    assert shown(parse(text)) == tree


def test_a_keyword_is_never_taken_for_a_unit() -> None:
    tree = parse("ph < 6 and temp > 40 or not do > 3")
    assert shown(tree) == "(((ph < 6) and (temp > 40)) or (not (do > 3)))"


@pytest.mark.parametrize(
    ("text", "column", "what", "hint"),
    [
        ("", 0, "empty", "pressure < 1.5 bar"),
        ("pressure <", 10, "missing at the end", ""),
        ("pressure < 1,5 bar", 12, "','", "decimals with a point"),
        ("pressure = 1", 9, "'='", "write =="),
        ("pressure < 1 && flow > 2", 13, "'&'", "write 'and'"),
        ("pressure ≤ 1", 9, "'≤'", "write <="),
        ("1 < ph < 8", 7, "chained", "x > 1 and x < 2"),
        ("(ph < 8", 0, "not closed", "add ')'"),
        ("ph < 8)", 6, "')'", ""),
        ("avg(ph, 5m < 8", 11, "comma", ""),
        ("avg(ph + 1, 5m) < 8", 7, "comma", ""),
        ("avg(", 4, "not closed", "avg(pressure, 5m)"),
        ("avg(<", 4, "'<'", "avg(pressure, 5m)"),
        ("pressure flow", 9, "'flow'", "operator"),
        ("pressure < 1 $", 13, "'$'", ""),
        ("x < " + "1 + " * LONGEST + "1", 0, "longer than", "several rules"),
        ("(" * (DEEPEST + 1) + "x", DEEPEST, "nested", ""),
        ("x < " + "- " * (DEEPEST + 1) + "1", 4 + 2 * DEEPEST, "nested", ""),
        ("not " * (DEEPEST + 1) + "x", 4 * DEEPEST, "nested", ""),
    ],
)
def test_a_mistake_is_told_with_its_column_and_the_way_out(
    text: str, column: int, what: str, hint: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.column == column
    assert what in caught.value.what
    assert hint in caught.value.hint


@given(st.text(alphabet="abxavg(),.<>=!+-*/ 0123456789 m%°andornt", max_size=60))
def test_any_text_is_parsed_or_refused_at_a_place_inside_it(text: str) -> None:
    try:
        parse(text)
        column = 0
    except ExpressionError as error:
        column = error.column
    assert 0 <= column <= len(text)
