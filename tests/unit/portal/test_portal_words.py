from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from portal.freshness import Freshness
from portal.rendering import HERE
from portal.shown import SEVERITIES, Mark
from portal.words import WORDS, Words, language_of
from telemetry.quantities import SECTORS

TEMPLATES = sorted((HERE / "templates").iterdir())
READ_BY_PEOPLE = {"title", "alt", "placeholder", "aria-label", "aria-description", "value"}
CHOSEN_BY_DATA = {
    *SEVERITIES,
    *SECTORS,
    *(mark.value for mark in Mark),
    *(freshness.value for freshness in Freshness),
    "vi",
    "en",
}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", WORDS)
def test_every_word_is_there_in_both_languages(key: str) -> None:
    vietnamese, english = WORDS[key]
    if not key.startswith("unit-"):
        assert vietnamese.strip()
        assert english.strip()
    assert placeholders(vietnamese) == placeholders(english)


def test_what_the_data_choose_has_a_word() -> None:
    assert set(WORDS) >= CHOSEN_BY_DATA


def test_templates_use_known_words_and_every_word_is_used() -> None:
    sources = [*TEMPLATES, *HERE.glob("*.py")]
    text = "\n".join(path.read_text() for path in sources if path.name != "words.py")
    used = set(re.findall(r"\bw\([\"']([^\"']+)[\"']", text))
    assert used <= set(WORDS)
    by_code = {key for key in WORDS if f'"{key}"' in text}
    numbered = {key for key in WORDS if key.startswith(("error-", "unit-"))}
    assert set(WORDS) == used | by_code | numbered | CHOSEN_BY_DATA


class TextsOfPeople(HTMLParser):
    """Collects what a person would read in a template whose expressions were taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in READ_BY_PEOPLE]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(template: Path) -> None:
    source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template.read_text(), flags=re.DOTALL)
    reader = TextsOfPeople()
    reader.feed(source)
    assert [text for text in reader.found if re.search(r"[^\W\d_]", text)] == []


def test_vietnamese_comes_first() -> None:
    assert language_of(None) == language_of("fr") == "vi"
    assert language_of("en") == "en"


def test_a_text_in_one_language_serves_both() -> None:
    assert Words("en").pick("Trạm", "") == "Trạm"
    assert Words("vi").pick("", "Station") == "Station"
