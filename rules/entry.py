"""A rule file as it is written, checked by Pydantic key by key.

What spans several keys, and the expressions, are checked by `rules.pack`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from rules.errors import did_you_mean
from rules.model import Severity
from telemetry.catalogue import SECTORS
from telemetry.durations import parse_duration
from telemetry.errors import DurationError
from telemetry.kinds import KINDS

LONGEST_WAIT_MS = 31 * 86_400_000
_RULE_ID = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_ID = re.compile(r"[a-z0-9-]{3,64}")


def _mistake(what: str, hint: str) -> PydanticCustomError:
    # The texts go in as values: braces in them are no placeholders.
    return PydanticCustomError("rule", "{what}", {"what": what, "hint": hint})


def _one_of(what: str, known: Iterable[str]) -> Callable[[str], str]:
    names = list(known)

    def check(value: str) -> str:
        if value in names:
            return value
        hint = did_you_mean(value, names, otherwise=f"known are {', '.join(names)}")
        raise _mistake(f"there is no {what} {value!r}", hint)

    return check


def _matching(what: str, pattern: re.Pattern[str], example: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if pattern.fullmatch(value):
            return value
        raise _mistake(f"{value!r} is no {what}", f"write such as {example!r}")

    return check


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _duration(value: object) -> int:
    if not isinstance(value, str):
        raise _mistake(f"{value!r} is no duration", "write a whole number and its unit: 2m")
    try:
        ms = parse_duration(value)
    except DurationError:
        raise _mistake(
            f"{value!r} is no duration", "write a whole number and ms, s, m, h or d: 2m"
        ) from None
    if ms > LONGEST_WAIT_MS:
        raise _mistake(f"{value!r} is too long", "it may be up to 31d")
    return ms


def _severity(value: str) -> str:
    return _one_of("severity", [one.value for one in Severity])(value)


def _no_label(_: object) -> object:
    raise _mistake(
        "scope by label is not supported yet",
        "devices carry no labels so far: scope by kind, site or tenant",
    )


Duration = Annotated[int, BeforeValidator(_duration)]
Text = Annotated[str, Field(min_length=1)]
Identifier = AfterValidator(_matching("id", _ID, "vi-thanh-1"))
Names = BeforeValidator(_listed)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TextEntry(_Strict):
    """What people in the province read: both languages, always."""

    vi: Text
    en: Text


class ScopeEntry(_Strict):
    """Which readings a rule meets: one name or a list each, all of them must fit."""

    sector: Annotated[list[Annotated[str, AfterValidator(_one_of("sector", SECTORS))]], Names] = []
    kind: Annotated[
        list[Annotated[str, AfterValidator(_one_of("kind of device", KINDS))]], Names
    ] = []
    quantity: Annotated[list[str], Names] = []
    site: Annotated[list[Annotated[str, Identifier]], Names] = []
    tenant: Annotated[list[Annotated[str, Identifier]], Names] = []
    label: Annotated[object, BeforeValidator(_no_label)] = None


class RuleEntry(_Strict):
    """One rule. `for` and `clear_for` are in ms."""

    id: Annotated[str, AfterValidator(_matching("rule id", _RULE_ID, "water.pressure.low"))]
    title: TextEntry
    advice: TextEntry | None = None
    scope: ScopeEntry
    when: Text
    wait: Duration = Field(alias="for", default=0)
    clear: Text | None = None
    clear_for: Duration = 0
    severity: Annotated[str, AfterValidator(_severity)]
    notify: Annotated[str, Identifier]
    basis: Text | None = None


class PackEntry(_Strict):
    """A file. Its rules are checked one by one, so that all their mistakes are told at once."""

    rules: Annotated[list[object], Field(min_length=1)]


EXAMPLES = {
    "rules": "a list of rules",
    "id": "id: water.pressure.low",
    "title": "title: {vi: Áp lực nước thấp, en: Low water pressure}",
    "vi": "vi: Áp lực nước thấp",
    "en": "en: Low water pressure",
    "scope": "scope: {sector: water, quantity: pressure}",
    "when": "when: avg(pressure, 5m) < 1.5 bar",
    "severity": "severity: major",
    "notify": "notify: water-duty",
}
"""What a missing key could look like."""
