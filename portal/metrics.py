"""The figures of every component as Prometheus text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric, UnknownMetricFamily
from prometheus_client.registry import Collector

FRESH_MS = 10_000
"""A component writes its file every second; one this old has no living writer."""
READY = "ready"
STOPPED = "stopped"


class ComponentReport(msgspec.Struct, frozen=True):
    """One STATE/run/NAME.json; `at` is when it was written, in ms since 1970."""

    name: str
    pid: int
    state: str
    at: int
    figures: dict[str, float] = {}

    def up(self, now: int) -> bool:
        return self.state == READY and now - self.at <= FRESH_MS

    def gone(self, now: int) -> bool:
        """Whether it has stopped; one that is only starting has not."""
        return self.state == STOPPED or now - self.at > FRESH_MS


def read_reports(folder: Path) -> list[ComponentReport]:
    """What every component says of itself; a file that cannot be read counts as down."""
    reports = []
    for path in sorted(folder.glob("*.json")):
        try:
            reports.append(msgspec.json.decode(path.read_bytes(), type=ComponentReport))
        except (OSError, msgspec.MsgspecError):
            reports.append(ComponentReport(path.stem, 0, "unreadable", 0))
    return reports


def component_metrics(reports: Iterable[ComponentReport], now: int) -> list[Metric]:
    """`kenh_component_up` and a `kenh_<component>_<figure>` for each figure."""
    up = GaugeMetricFamily(
        "kenh_component_up", "1 while the component is ready and reports.", labels=["component"]
    )
    metrics: list[Metric] = [up]
    for report in reports:
        up.add_metric([report.name], float(report.up(now)))
        for figure, value in sorted(report.figures.items()):
            name = _metric_name(f"kenh_{report.name}_{figure}")
            told = f"{figure.replace('_', ' ')}, as {report.name} counts it.".capitalize()
            metrics.append(UnknownMetricFamily(name, told, value))
    return metrics


def gauge(name: str, told: str, label: str, values: Iterable[tuple[str, int]]) -> Metric:
    """One gauge with a value for each label."""
    family = GaugeMetricFamily(name, told, labels=[label])
    for key, value in values:
        family.add_metric([key], value)
    return family


def render(metrics: Iterable[Metric]) -> bytes:
    """Prometheus text format 0.0.4."""
    collected = list(metrics)

    class Once(Collector):
        def collect(self) -> Iterable[Metric]:
            return collected

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Once())
    return generate_latest(registry)


def _metric_name(text: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", text.lower())
