"""A dashboard's JSON as far as we look at it: for the lint and for the tests of its queries."""

from __future__ import annotations

import msgspec


class Datasource(msgspec.Struct, frozen=True):
    uid: str = ""
    type: str = ""


class Target(msgspec.Struct, frozen=True, rename="camel"):
    query: str = ""
    ref_id: str = ""
    raw_query: bool = False
    source: Datasource = msgspec.field(default=Datasource(), name="datasource")

    @property
    def datasource(self) -> str:
        return self.source.uid


class GridPos(msgspec.Struct, frozen=True):
    x: int = 0
    y: int = 0
    w: int = 0
    h: int = 0

    def overlaps(self, other: GridPos) -> bool:
        beside = self.x + self.w <= other.x or other.x + other.w <= self.x
        above = self.y + self.h <= other.y or other.y + other.h <= self.y
        return not (beside or above)


class Link(msgspec.Struct, frozen=True, rename="camel"):
    title: str = ""
    type: str = ""
    url: str = ""
    tags: list[str] = []
    as_dropdown: bool = False
    include_vars: bool = False
    keep_time: bool = False
    placement: str = ""


class Property(msgspec.Struct, frozen=True):
    id: str
    value: msgspec.Raw = msgspec.Raw(b"null")


class Override(msgspec.Struct, frozen=True):
    properties: list[Property] = []


class Field(msgspec.Struct, frozen=True):
    unit: str = ""
    links: list[Link] = []


class FieldConfig(msgspec.Struct, frozen=True):
    defaults: Field = Field()
    overrides: list[Override] = []


class Panel(msgspec.Struct, frozen=True, rename="camel"):
    id: int = 0
    type: str = ""
    title: str = ""
    description: str = ""
    source: Datasource = msgspec.field(default=Datasource(), name="datasource")
    targets: list[Target] = []
    grid_pos: GridPos = GridPos()
    field_config: FieldConfig = FieldConfig()
    links: list[Link] = []

    @property
    def all_links(self) -> list[Link]:
        """The panel's own links, those on its values, those on a table's columns."""
        columns = [
            link
            for override in self.field_config.overrides
            for one in override.properties
            if one.id == "links"
            for link in msgspec.json.decode(one.value, type=list[Link])
        ]
        return [*self.links, *self.field_config.defaults.links, *columns]


class Variable(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    type: str = ""
    label: str = ""
    query: str = ""
    multi: bool = False
    regex: str = ""
    source: Datasource = msgspec.field(default=Datasource(), name="datasource")

    @property
    def datasource(self) -> str:
        return self.source.uid


class Templating(msgspec.Struct, frozen=True):
    variables: list[Variable] = msgspec.field(default_factory=list, name="list")


class Saved(msgspec.Struct, frozen=True):
    """A dashboard as it is committed. Raises `msgspec.ValidationError` where its form is wrong."""

    uid: str = ""
    title: str = ""
    description: str = ""
    tags: list[str] = []
    panels: list[Panel] = []
    links: list[Link] = []
    templating: Templating = Templating()

    @property
    def variables(self) -> list[Variable]:
        return self.templating.variables


def read(text: str | bytes) -> Saved:
    """The dashboard that this JSON holds."""
    return msgspec.json.decode(text, type=Saved)
