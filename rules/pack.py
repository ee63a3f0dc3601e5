"""Reads packs of rules. Every mistake in a file has its line, its column and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.document import Document
from rules.document import Path as Keys
from rules.entry import EXAMPLES, PackEntry, RuleEntry, ScopeEntry, TextEntry
from rules.errors import ExpressionError, RuleFileError, did_you_mean, nearest
from rules.expression import condition
from rules.hysteresis import contradicts
from rules.model import Pack, Rule, Scope, Severity
from rules.typed import Condition
from rules.vocabulary import Vocabulary
from telemetry.kinds import KINDS

__all__ = ["SHIPPED", "RuleFileError", "load", "load_folder", "read"]

SHIPPED = Path(__file__).with_name("packs")
"""The packs that come with the platform."""


def load(path: Path) -> Pack:
    """The pack of one file. Raises `RuleFileError` for the first mistake in it."""
    pack, mistakes = read(path)
    if pack is None:
        raise mistakes[0]
    return pack


def load_folder(path: Path) -> list[Pack]:
    """The packs of a folder's `*.yaml`, their tests aside. Raises `RuleFileError`."""
    packs = {file: load(file) for file in files(path)}
    for mistake in repeated_ids(packs):
        raise mistake
    return list(packs.values())


def files(path: Path) -> list[Path]:
    """The rule files below `path`, or `path` itself. Raises `RuleFileError` if there are none."""
    if path.is_dir():
        found = sorted(
            file
            for pattern in ("*.yaml", "*.yml")
            for file in path.glob(pattern)
            if not file.stem.endswith(".test")
        )
        if not found:
            raise RuleFileError(
                str(path), 0, 0, "there is no rule file in this folder", "they end in .yaml"
            )
        return found
    return [path]


def repeated_ids(packs: Mapping[Path, Pack]) -> list[RuleFileError]:
    """A mistake for every rule id that several files have: states and alarms go by it."""
    first: dict[str, Path] = {}
    mistakes = []
    for file, pack in packs.items():
        for rule in pack.rules:
            other = first.setdefault(rule.id, file)
            if other != file:
                what = f"the rule {rule.id!r} stands in {other} already"
                hint = "give one of them another id"
                mistakes.append(RuleFileError(str(file), 0, 0, what, hint))
    return mistakes


def read(path: Path) -> tuple[Pack | None, list[RuleFileError]]:
    """The pack of a file, or None and all its mistakes, in the order of the file."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
        document = Document(text, file)
    except UnicodeDecodeError:
        return None, [RuleFileError(file, 1, 1, "this is no text in UTF-8", "save it as UTF-8")]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return None, [RuleFileError(file, 0, 0, f"cannot be read: {reason}", "check the path")]
    except RuleFileError as error:
        return None, [error]
    reader = _Reader(document, file)
    rules = reader.rules(document.data)
    if reader.mistakes:
        return None, sorted(reader.mistakes, key=lambda wrong: (wrong.line, wrong.column))
    return Pack(path.name.removesuffix(path.suffix), tuple(rules)), []


class _Reader:
    """Turns entries into rules and collects what is wrong with them."""

    def __init__(self, document: Document, file: str) -> None:
        self.mistakes: list[RuleFileError] = []
        self._document = document
        self._file = file
        self._ids: dict[str, int] = {}

    def rules(self, data: object) -> list[Rule]:
        """The rules that are in order."""
        found: list[Rule] = []
        try:
            written = PackEntry.model_validate(data).rules
        except ValidationError as error:
            self._translate(error, ())
            return found
        for number, rule in enumerate(written):
            here: Keys = ("rules", number)
            try:
                entry = RuleEntry.model_validate(rule)
            except ValidationError as error:
                self._translate(error, here)
                continue
            if (read := self._rule(entry, here)) is not None:
                found.append(read)
        return found

    def _rule(self, entry: RuleEntry, here: Keys) -> Rule | None:
        before = len(self.mistakes)
        line = self._document.place((*here, "id")).line
        if (first := self._ids.setdefault(entry.id, line)) != line:
            what = f"the rule {entry.id!r} is in line {first} already"
            self._add((*here, "id"), what, "give it an id of its own")
        scope, vocabulary = self._scope(entry.scope, (*here, "scope"))
        when = self._condition(entry.when, vocabulary, (*here, "when"))
        clear = (
            self._condition(entry.clear, vocabulary, (*here, "clear"))
            if entry.clear is not None
            else None
        )
        if when and clear:
            self._agree(when, clear, (*here, "clear"))
        if when and scope:
            self._about(scope, when, clear, (*here, "scope", "quantity"))
        if when is None or scope is None or len(self.mistakes) > before:
            return None
        advice = entry.advice
        return Rule(
            id=entry.id,
            title_vi=entry.title.vi,
            title_en=entry.title.en,
            scope=scope,
            when=when,
            severity=Severity(entry.severity),
            notify=entry.notify,
            for_ms=entry.wait,
            clear=clear,
            clear_for_ms=entry.clear_for,
            advice_vi=advice.vi if advice else "",
            advice_en=advice.en if advice else "",
            basis=entry.basis or "",
        )

    def _scope(self, entry: ScopeEntry, path: Keys) -> tuple[Scope | None, Vocabulary]:
        sectors = tuple(entry.sector)
        kinds = tuple(k for k in entry.kind if not sectors or KINDS[k].sector in sectors)
        if entry.kind and not kinds:
            what = f"no device of kind {', '.join(entry.kind)} is in {', '.join(sectors)}"
            self._add((*path, "kind"), what, "delete 'sector': a kind has its own")
        vocabulary = Vocabulary(sectors, kinds)
        quantities: list[str] = []
        for number, name in enumerate(entry.quantity):
            try:
                quantities.append(vocabulary.quantity(name).key)
            except ExpressionError as error:
                self._add((*path, "quantity", number), error.what, error.hint)
        scope = Scope(sectors, kinds, tuple(quantities), tuple(entry.site), tuple(entry.tenant))
        return (scope if len(quantities) == len(entry.quantity) else None), vocabulary

    def _condition(self, text: str, vocabulary: Vocabulary, path: Keys) -> Condition | None:
        try:
            return condition(text, vocabulary)
        except ExpressionError as error:
            place = self._document.inside(path, error.column)
            self.mistakes.append(RuleFileError(self._file, *place, error.what, error.hint))
            return None

    def _agree(self, when: Condition, clear: Condition, path: Keys) -> None:
        if when.is_silence != clear.is_silence:
            what = "'when' and 'clear' are about different things: silence and values"
            self._add(path, what, "delete 'clear': by default it is the reverse of 'when'")
        elif contradicts(when.root, clear.root):
            what = "'when' and 'clear' would be true at the same time"
            self._add(
                path, what, "the limit of 'clear' belongs on the good side of that of 'when'"
            )

    def _about(self, scope: Scope, when: Condition, clear: Condition | None, path: Keys) -> None:
        used = {q.key for one in (when, clear) if one for q in one.quantities}
        for number, key in enumerate(scope.quantities):
            if key not in used:
                what = f"the scope asks for {key}, but no condition is about it"
                self._add((*path, number), what, "use it in 'when' or delete it here")

    def _add(self, path: Keys, what: str, hint: str) -> None:
        place = self._document.place(path)
        self.mistakes.append(RuleFileError(self._file, *place, what, hint))

    def _translate(self, error: ValidationError, here: Keys) -> None:
        """Sentences of ours for the mistakes that Pydantic found below `here`."""
        for details in _told(error.errors(), here):
            path: Keys = (*here, *details["loc"])
            what, hint = _said(details, path)
            match details["type"]:
                case "extra_forbidden":
                    place = self._document.key_place(path)
                case "missing":
                    place = self._document.place(path[:-1])
                case _:
                    place = self._document.place(path)
            self.mistakes.append(RuleFileError(self._file, *place, what, hint))


_MODELS: dict[str, type[BaseModel]] = {
    "title": TextEntry,
    "advice": TextEntry,
    "scope": ScopeEntry,
}


def _told(found: list[ErrorDetails], here: Keys) -> list[ErrorDetails]:
    """Without the keys that are missing only because they are misspelt beside it."""
    misspelt = {
        (*details["loc"][:-1], near)
        for details in found
        if details["type"] == "extra_forbidden"
        for near in nearest(str(details["loc"][-1]), _keys_beside((*here, *details["loc"])))
    }
    return [
        details
        for details in found
        if details["type"] != "missing" or details["loc"] not in misspelt
    ]


def _said(details: ErrorDetails, path: Keys) -> tuple[str, str]:
    """What is wrong, and a hint."""
    key = next((key for key in reversed(path) if isinstance(key, str)), "rules")
    example = f"write such as '{EXAMPLES.get(key, f'{key}: …')}'"
    match details["type"]:
        case "rule":
            context = details.get("ctx", {})
            return str(context["what"]), str(context["hint"])
        case "extra_forbidden":
            known = _keys_beside(path)
            hint = did_you_mean(key, known, otherwise=f"known are {', '.join(known)}")
            return f"unknown key {key!r}", hint
        case "missing" | "model_type" if not path:
            return "this is no rule file", "begin with 'rules:' and a list of rules"
        case "missing":
            return f"the key {key!r} is missing", example
        case "string_too_short" | "too_short":
            return f"{key!r} is empty", example
        case "string_type":
            return f"{key!r} must be a text", "put it in quotes where YAML takes it otherwise"
        case "list_type":
            return f"{key!r} must be a list", "begin each of its lines with '- '"
        case "model_type":
            if path and path[-1] == key:
                return f"{key!r} must have keys and values", example
            return "this must have keys and values", f"begin with '{EXAMPLES['id']}'"
        case _:
            return f"{key!r}: {details['msg']}", ""


def _keys_beside(path: Keys) -> list[str]:
    """The keys that may stand where the last one of `path` stands."""
    model: type[BaseModel] = PackEntry if len(path) == 1 else RuleEntry
    for key in path[:-1]:
        model = _MODELS.get(str(key), model)
    return [field.alias or name for name, field in model.model_fields.items()]
