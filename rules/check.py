"""Checks rule files without running anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rules.errors import RuleFileError
from rules.model import Pack
from rules.pack import files, read, repeated_ids


def check(paths: Iterable[Path]) -> list[RuleFileError]:
    """Every mistake in the rule files of `paths`, files or folders."""
    return examine(paths)[1]


def examine(paths: Iterable[Path]) -> tuple[list[Pack], list[RuleFileError]]:
    """The packs that are in order, and every mistake in the others."""
    packs: dict[Path, Pack] = {}
    mistakes: list[RuleFileError] = []
    for path in paths:
        try:
            found = files(path)
        except RuleFileError as error:
            mistakes.append(error)
            continue
        for file in found:
            if file in packs:
                continue
            pack, wrong = read(file)
            mistakes += wrong
            if pack is not None:
                packs[file] = pack
    mistakes += repeated_ids(packs)
    return list(packs.values()), mistakes
