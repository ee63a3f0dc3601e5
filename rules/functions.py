"""The functions of the language: one table for the checker, the parser's hints and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Parameter = Literal["quantity", "duration"]


@dataclass(frozen=True)
class Function:
    """`forms` are the lists of parameters it can be called with; `yields` is its type."""

    name: str
    forms: tuple[tuple[Parameter, ...], ...]
    yields: Literal["number", "truth"]

    @property
    def usage(self) -> str:
        """How it is written: `avg(x, d)`."""
        letters = {"quantity": "x", "duration": "d"}
        calls = (", ".join(letters[one] for one in form) for form in self.forms)
        return " or ".join(f"{self.name}({call})" for call in calls)


_OVER_WINDOW: tuple[tuple[Parameter, ...], ...] = (("quantity", "duration"),)

_TABLE = (
    Function("avg", _OVER_WINDOW, "number"),
    Function("min", _OVER_WINDOW, "number"),
    Function("max", _OVER_WINDOW, "number"),
    Function("sum", _OVER_WINDOW, "number"),
    Function("count", _OVER_WINDOW, "number"),
    Function("last", _OVER_WINDOW, "number"),
    Function("delta", _OVER_WINDOW, "number"),
    Function("rate", _OVER_WINDOW, "number"),
    Function("stddev", _OVER_WINDOW, "number"),
    Function("stuck", _OVER_WINDOW, "truth"),
    Function("silent", (("duration",), ("quantity", "duration")), "truth"),
    Function("good", ((),), "truth"),
    Function("fault", ((),), "truth"),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}
"""Every function by its name; what each does stands in docs/rules.md."""
