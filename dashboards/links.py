"""Links that drill down: from a value, or from a table's cell, to another dashboard."""

from __future__ import annotations

from dashboards.sdk import Builder, models
from dashboards.words import Words


class DataLink(models.DashboardLink):
    """A link on a value. The SDK takes a dashboard's link there, whose other keys mean nothing."""

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it."""
        return {"title": self.title, "url": self.url, "targetBlank": False}


class Link(Builder[models.DashboardLink]):
    """A link to a path of Grafana; the time range goes along."""

    def __init__(self, words: Words, path: str) -> None:
        joint = "&" if "?" in path else "?"
        self._link = DataLink(title=words.title, url=f"{path}{joint}${{__url_time_range}}")

    def build(self) -> models.DashboardLink:
        return self._link


class DropdownLink(models.DashboardLink):
    """A dashboard's link above its panels; the SDK would hide it in a menu."""

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it: without a placement it stands above the panels."""
        return {key: value for key, value in super().to_json().items() if key != "placement"}


class Dropdown(Builder[models.DashboardLink]):
    """All dashboards of a tag in one drop-down; variables and time range go along."""

    def __init__(self, words: Words, tag: str) -> None:
        self._link = DropdownLink(
            title=words.title,
            type_val=models.DashboardLinkType.DASHBOARDS,
            tags=[tag],
            as_dropdown=True,
            include_vars=True,
            keep_time=True,
        )

    def build(self) -> models.DashboardLink:
        return self._link
