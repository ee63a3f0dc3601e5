"""InfluxQL as Grafana sends it: the query model, and the texts that the panels share.

Only what every InfluxDB speaks (1.x, 2.x, 3): no Flux, no cardinality statements, and a time
clause in every variable, without which InfluxDB 3 looks at the last 24 hours alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.sdk import Builder, Dataquery, common_models

TYPE = "influxdb"
MIXED = "-- Mixed --"
SECTORS = "/^(water|power|traffic|environment|industry)$/"
"""Every sector's measurement."""


@dataclass(frozen=True, slots=True)
class InfluxQuery(Dataquery):
    """One raw InfluxQL query of a panel; the SDK has no class for it."""

    ref_id: str
    query: str
    datasource: str
    alias: str = ""
    table: bool = False

    def to_json(self) -> dict[str, object]:
        """As Grafana's InfluxDB datasource keeps it."""
        return {
            "refId": self.ref_id,
            "datasource": {"type": TYPE, "uid": self.datasource},
            "rawQuery": True,
            "query": self.query,
            "alias": self.alias,
            "resultFormat": "table" if self.table else "time_series",
        }


class Target(Builder[Dataquery]):
    """What the SDK's panels take for a query."""

    def __init__(self, query: InfluxQuery) -> None:
        self._query = query

    def build(self) -> Dataquery:
        return self._query


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dashboard's panels read: a datasource variable, and what narrows its queries.

    `mixed`: the variable has several values, and Grafana asks each of them (11.1 and newer).
    `filters` are variables that hold a tag's values.
    """

    variable: str
    filters: tuple[str, ...] = ()
    mixed: bool = False

    @property
    def uid(self) -> str:
        return f"${{{self.variable}}}"

    @property
    def panel(self) -> common_models.DataSourceRef:
        """The datasource of a panel."""
        if self.mixed:
            return common_models.DataSourceRef(type_val="datasource", uid=MIXED)
        return self.reference

    @property
    def reference(self) -> common_models.DataSourceRef:
        return common_models.DataSourceRef(type_val=TYPE, uid=self.uid)

    def where(self, *conditions: str) -> str:
        """The `WHERE` clause: the filters, `conditions`, the time range."""
        narrowed = [f'"{name}" =~ /^${{{name}:regex}}$/' for name in self.filters]
        return " AND ".join([*narrowed, *conditions, "$timeFilter"])

    def query(self, ref_id: str, text: str, alias: str = "", *, table: bool = False) -> Target:
        return Target(InfluxQuery(ref_id, text, self.uid, alias, table))
