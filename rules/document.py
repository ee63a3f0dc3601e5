"""A YAML file as plain data that remembers where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from rules.errors import RuleFileError

Path = tuple[str | int, ...]
"""Keys and positions from the top of the document: ("rules", 0, "when")."""


class Place(NamedTuple):
    """Counted from 1."""

    line: int
    column: int


class Document:
    """The data of a YAML text. Raises `RuleFileError` where it is no YAML or repeats a key."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._keys: dict[Path, yaml.Node] = {}
        self._values: dict[Path, yaml.Node] = {}
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            self.data: object = None if node is None else loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = _place(mark) if mark else Place(1, 1)
            what = f"this is no YAML: {error.problem or error.context}"
            hint = "check the indentation and the quotes around here"
            raise RuleFileError(file, *place, what, hint) from None
        except (yaml.YAMLError, ValueError) as error:
            what = f"this is no YAML: {str(error).splitlines()[0]}"
            raise RuleFileError(file, 1, 1, what) from None
        finally:
            loader.dispose()
        if node is not None:
            self._note((), node)

    def place(self, path: Path) -> Place:
        """Where the value at `path` stands, or else the nearest thing around it."""
        while path and path not in self._values:
            path = path[:-1]
        return _place(self._values[path].start_mark) if path in self._values else Place(1, 1)

    def key_place(self, path: Path) -> Place:
        """Where the last key of `path` stands."""
        return _place(self._keys[path].start_mark) if path in self._keys else self.place(path)

    def inside(self, path: Path, offset: int) -> Place:
        """Where the character `offset` of the text at `path` stands, folded over lines or not.

        Only spaces differ between a text and its source, so the other characters are counted.
        """
        node = self._values.get(path)
        if not isinstance(node, yaml.ScalarNode):
            return self.place(path)
        start, end = node.start_mark.index, node.end_mark.index
        if node.style in {"|", ">"}:
            start = self._text.index("\n", start)
        elif node.style:
            start += 1
        ahead = sum(not sign.isspace() for sign in node.value[:offset])
        for index in range(start, end):
            if not self._text[index].isspace():
                if ahead == 0:
                    return self._place_of(index)
                ahead -= 1
        return self._place_of(max(start, end - 1 if node.style else end))

    def _place_of(self, index: int) -> Place:
        before = self._text[:index]
        return Place(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)

    def _note(self, path: Path, node: yaml.Node) -> None:
        self._values[path] = node
        for key_node, key, value in _children(node):
            inner = (*path, key)
            if key_node is not None:
                if inner in self._keys:
                    first = _place(self._keys[inner].start_mark).line
                    raise RuleFileError(
                        self._file,
                        *_place(key_node.start_mark),
                        f"the key {key!r} stands here twice, first in line {first}",
                        "delete one of them",
                    )
                self._keys[inner] = key_node
            self._note(inner, value)


def _children(node: yaml.Node) -> Iterator[tuple[yaml.Node | None, str | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key, str(key.value), value
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield None, number, value


def _place(mark: yaml.Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)
