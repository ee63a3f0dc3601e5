"""Documents and code agree: commands, configuration keys, folders and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from app.cli import ROOMS, build
from app.config import Config

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("docs/**/*.md"))
    if ".venv" not in path.parts and "build" not in path.parts
)


def commands(command: object, prefix: str = "") -> set[str]:
    """Every command of the CLI as it is typed: `device add`."""
    if not isinstance(command, typer.core.TyperGroup):
        return {prefix.strip()}
    return {
        name
        for word, below in command.commands.items()
        for name in commands(below, f"{prefix} {word}")
    }


CLI = commands(typer.main.get_command(build()))


def test_every_command_in_a_document_exists() -> None:
    words = {name.split()[0] for name in CLI}
    wrong = []
    for path in DOCUMENTS:
        for match in re.finditer(r"(?:\./)?kenh ([a-z]+)(?: ([a-z]+))?", path.read_text()):
            first, second = match.groups()
            if not match.group(0).startswith("./") and first not in words:
                continue  # "kenh" inside a sentence
            subcommands = {n.split()[1] for n in CLI if n.startswith(f"{first} ")}
            if first not in words or (subcommands and second and second not in subcommands):
                wrong.append(f"{path.name}: {match.group(0)}")
    assert not wrong


@pytest.mark.parametrize(("room", "words"), ROOMS.items())
def test_a_command_is_found_in_the_module_that_is_loaded_for_it(
    room: str, words: tuple[str, ...]
) -> None:
    found = {name.split()[0] for name in commands(typer.main.get_command(build([words[0]])))}
    assert found == set(words)


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    assert not [
        name for name in sorted(CLI) if f"kenh {name}`" not in text and f"kenh {name} " not in text
    ]


def configuration_keys() -> set[str]:
    found = set()
    for section, field in Config.model_fields.items():
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        found |= {f"{section}.{key}" for key in model.model_fields}
    return found


def test_the_configuration_page_has_exactly_the_keys_of_the_code() -> None:
    documented, section = set(), ""
    for line in (ROOT / "docs" / "configuration.md").read_text().splitlines():
        if heading := re.match(r"## `\[(\w+)\]`", line):
            section = heading.group(1)
        elif line.startswith("| `"):
            first_cell = line.split("|")[1]
            documented |= {f"{section}.{key}" for key in re.findall(r"`(\w+)`", first_cell)}
    assert documented == configuration_keys()


def test_the_architecture_page_names_every_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    text = page.partition("## Folders")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([a-z_-]+)/` \|", text, re.MULTILINE))
    there = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir()
        and not path.name.startswith((".", "__"))
        and path.name not in {"build", "var"}
    }
    assert named == there


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not target.startswith(("http", "mailto:")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
