"""Which quantity a name means in a rule: the rule's scope decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rules.errors import ExpressionError, did_you_mean
from telemetry.catalogue import (
    QUANTITIES,
    SECTORS,
    Quantity,
    by_field,
    names,
    resolve,
)
from telemetry.errors import UnknownQuantity
from telemetry.kinds import KINDS


class Vocabulary:
    """The names of quantities within a scope of sectors and kinds (empty: all of them)."""

    def __init__(self, sectors: tuple[str, ...] = (), kinds: tuple[str, ...] = ()) -> None:
        self._kinds = [KINDS[kind] for kind in kinds]
        self.sectors = sectors or tuple(dict.fromkeys(k.sector for k in self._kinds)) or SECTORS

    def quantity(self, name: str, column: int = 0) -> Quantity:
        """The quantity that `name` means; raises `ExpressionError` at `column`."""
        meant: dict[str, Quantity] = {}
        candidates: dict[str, None] = {}
        for found in self._each(name):
            if isinstance(found, Quantity):
                meant[found.key] = found
            else:
                candidates.update(dict.fromkeys(found.candidates))
        if len(meant) == 1 and not candidates:
            return next(iter(meant.values()))
        candidates.update(dict.fromkeys(meant))
        if candidates:
            raise ExpressionError(
                f"{name!r} may mean several quantities", column, f"write {' or '.join(candidates)}"
            )
        raise ExpressionError(
            f"there is no quantity {name!r}",
            column,
            did_you_mean(name, self._names(), otherwise="'kenh kinds' lists what devices measure"),
        )

    def _each(self, name: str) -> Iterator[Quantity | UnknownQuantity]:
        asked: list[Callable[[], Quantity]] = [partial(resolve, name, k) for k in self._kinds]
        for ask in asked or [partial(by_field, sector, name) for sector in self.sectors]:
            try:
                yield ask()
            except UnknownQuantity as error:
                yield error

    def _names(self) -> list[str]:
        known = [name for kind in self._kinds for name in names(kind)]
        return known or [*(quantity.name for quantity in QUANTITIES.values()), *QUANTITIES]
