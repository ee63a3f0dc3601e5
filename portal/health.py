"""Whether the portal lives, whether it can serve, and the figures of the whole platform."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from portal.metrics import component_metrics, gauge, render
from portal.problems import Trouble
from portal.sources import Sources
from telemetry.errors import KenhError

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
CANNOT_BE_READ = (SQLAlchemyError, KenhError, OSError)


class Alive(BaseModel):
    alive: bool


class Ready(BaseModel):
    ready: bool


def health_routes(sources: Sources) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def healthz() -> Alive:
        """The process answers."""
        return Alive(alive=True)

    @routes.get("/readyz")
    def readyz() -> Ready:
        """Everything that the portal reads can be read; otherwise 503 names what is `missing`."""
        missing = missing_parts(sources)
        if missing:
            raise Trouble(503, f"Not ready: {', '.join(missing)} cannot be read.", missing)
        return Ready(ready=True)

    @routes.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Prometheus text: every component's figures, open alarms, devices."""
        now = sources.now()
        page = sources.overview()
        found = component_metrics(sources.reports(), now)
        found.append(
            gauge(
                "kenh_alarms_open",
                "Open alarms by severity.",
                "severity",
                page.severities.items(),
            )
        )
        known = page.freshness.items() if page.readable else ()
        found.append(
            gauge("kenh_devices", "Devices by how fresh their data are.", "freshness", known)
        )
        return Response(render(found), media_type=PROMETHEUS)

    return routes


def missing_parts(sources: Sources) -> list[str]:
    """Which of the parts that the portal reads cannot be read now."""
    parts: dict[str, Callable[[], object]] = {
        "registry": sources.registry.revision,
        "alerts": sources.open_alarms,
    }
    missing = [name for name, read in parts.items() if not _can(read)]
    if "registry" not in missing and not sources.latest().readable:
        missing.append("influxdb")
    return missing


def _can(read: Callable[[], object]) -> bool:
    try:
        read()
    except CANNOT_BE_READ:
        return False
    return True
