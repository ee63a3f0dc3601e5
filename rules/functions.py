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
    says: str

    @property
    def usage(self) -> str:
        """How it is written: `avg(x, d)`."""
        letters = {"quantity": "x", "duration": "d"}
        calls = (", ".join(letters[one] for one in form) for form in self.forms)
        return " or ".join(f"{self.name}({call})" for call in calls)


_OVER_WINDOW: tuple[tuple[Parameter, ...], ...] = (("quantity", "duration"),)

_TABLE = (
    Function("avg", _OVER_WINDOW, "number", "mean of the readings in the window"),
    Function("min", _OVER_WINDOW, "number", "smallest value in the window"),
    Function("max", _OVER_WINDOW, "number", "largest value in the window"),
    Function("sum", _OVER_WINDOW, "number", "sum of the values in the window"),
    Function("count", _OVER_WINDOW, "number", "how many readings of x are in the window"),
    Function("last", _OVER_WINDOW, "number", "newest value in the window"),
    Function("delta", _OVER_WINDOW, "number", "newest less oldest value in the window"),
    Function("rate", _OVER_WINDOW, "number", "delta for each hour between the two"),
    Function("stddev", _OVER_WINDOW, "number", "standard deviation in the window"),
    Function("stuck", _OVER_WINDOW, "truth", "x has not changed at all for that long"),
    Function(
        "silent",
        (("duration",), ("quantity", "duration")),
        "truth",
        "nothing was received for that long, of the device or of x",
    ),
    Function("good", ((),), "truth", "the reading's quality is good (0)"),
    Function("fault", ((),), "truth", "the device says that its sensor is at fault (2)"),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}
