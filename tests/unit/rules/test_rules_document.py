"""The page about rules and the code agree."""

from __future__ import annotations

import re
from pathlib import Path

from rules.check import check
from rules.entry import RuleEntry, ScopeEntry
from rules.functions import FUNCTIONS
from rules.model import Severity
from rules.parser import LONGEST
from rules.windows import MOST, Run

PAGE = Path(__file__).resolve().parents[3] / "docs" / "rules.md"


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def documented(heading: str) -> set[str]:
    """What stands in the first column of the table below `heading`."""
    rest = page().split(heading, 1)[1]
    found = set()
    for line in rest[rest.index("|---|") :].splitlines()[1:]:
        if not line.startswith("|"):
            break
        found |= set(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return found


def test_every_function_is_documented_and_no_other() -> None:
    usages = {one for function in FUNCTIONS.values() for one in function.usage.split(" or ")}
    assert documented("| function | meaning |") == usages


def test_every_key_is_documented_and_no_other() -> None:
    rule_keys = {field.alias or name for name, field in RuleEntry.model_fields.items()}
    assert documented("## The keys of a rule") == rule_keys
    assert documented("## The scope") == set(ScopeEntry.model_fields)


def test_the_examples_are_good_rule_files(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", page(), re.DOTALL)
    assert len(examples) >= 2
    for number, example in enumerate(examples):
        (tmp_path / f"example{number}.yaml").write_text(example, encoding="utf-8")
    assert check([tmp_path]) == []


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    text = page()
    assert f"{MOST:,} readings" in text
    assert f"{LONGEST} characters" in text
    assert Run.FEWEST == 4
    assert "at least four readings" in text
    assert all(f"`{severity}`" in text for severity in Severity)
