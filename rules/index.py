"""Which rules a reading meets: looked up by where it comes from and what it carries."""

from __future__ import annotations

from collections.abc import Iterable

from rules.compiled import CompiledRule, CompiledSilence, compile_rule
from rules.model import Pack, Rule
from rules.track import Address
from rules.vocabulary import Vocabulary
from telemetry.model import Reading

MOST_ROUTES = 50_000
"""Routes are remembered; a device that sends ever new sets of fields must not fill the memory."""


class Index:
    """The compiled rules of some packs; the answer for each kind of reading is kept."""

    def __init__(self, packs: Iterable[Pack], time_scale: float) -> None:
        rules = [rule for pack in packs for rule in pack.rules]
        self._of_sector: dict[str, list[CompiledRule | CompiledSilence]] = {}
        self._by_id: dict[tuple[str, str], CompiledRule | CompiledSilence] = {}
        for rule in rules:
            for sector in Vocabulary(rule.scope.sectors, rule.scope.kinds).sectors:
                compiled = compile_rule(rule, sector, time_scale)
                self._of_sector.setdefault(sector, []).append(compiled)
                self._by_id[rule.id, sector] = compiled
        # Only where a rule asks for it does a reading's tenant or site make a difference.
        self._tenants = frozenset(tenant for rule in rules for tenant in rule.scope.tenants)
        self._sites = frozenset(site for rule in rules for site in rule.scope.sites)
        self._routes: dict[tuple[str, ...], tuple[CompiledRule, ...]] = {}

    def route(self, reading: Reading) -> tuple[CompiledRule, ...]:
        """The rules that `reading` meets, silences aside."""
        tenant = reading.tenant if reading.tenant in self._tenants else ""
        site = reading.site if reading.site in self._sites else ""
        key = (reading.sector, reading.kind, tenant, site, *reading.values)
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= MOST_ROUTES:
                self._routes.clear()
            route = self._routes[key] = tuple(self._meets(reading))
        return route

    def silences(self, at: Address) -> tuple[CompiledSilence, ...]:
        """The rules about silence that watch a device that stands there."""
        return tuple(
            compiled
            for compiled in self._of_sector.get(at.sector, ())
            if isinstance(compiled, CompiledSilence) and _within(compiled.rule, at)
        )

    def compiled(self, rule_id: str, sector: str) -> CompiledRule | CompiledSilence | None:
        """The rule of this id for `sector`, None where it is gone or means other sectors."""
        return self._by_id.get((rule_id, sector))

    def _meets(self, reading: Reading) -> list[CompiledRule]:
        return [
            compiled
            for compiled in self._of_sector.get(reading.sector, ())
            if isinstance(compiled, CompiledRule)
            and _within(compiled.rule, reading)
            and (not compiled.triggers or not compiled.triggers.isdisjoint(reading.values))
        ]


def _within(rule: Rule, at: Address | Reading) -> bool:
    scope = rule.scope
    return (
        (not scope.kinds or at.kind in scope.kinds)
        and (not scope.tenants or at.tenant in scope.tenants)
        and (not scope.sites or at.site in scope.sites)
    )
