"""The real portal, served to a browser or a program: real registry, book and InfluxDB."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from alerts.book import Book
from app.ports import in_url
from ingest.influx import Influx, InfluxAddress
from portal.settings import PortalSettings
from portal.web import create
from registry.records import database
from registry.store import Registry
from rules.model import Event, Reason, Severity, Transition
from tests.services import RunningInflux, wait_for

TOKEN = "a-token-of-the-tests"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def firing(device: str, at: int, severity: Severity = Severity.MAJOR) -> Transition:
    """Low pressure at the plant in Vị Thanh."""
    return Transition(
        rule="water.pressure.low",
        severity=severity,
        notify="water-duty",
        title_vi="Áp lực nước thấp",
        title_en="Low water pressure",
        device=device,
        tenant="water-co",
        site="plant",
        area="31321",
        sector="water",
        event=Event.FIRING,
        at=at,
        found=at,
        value=0.82,
        unit="bar",
        limit=1.5,
        field="pressure",
        historical=False,
        reason=Reason.CONDITION_HELD,
    )


@dataclass
class RealParts:
    """An installation's parts without its processes."""

    folder: Path
    influx: RunningInflux
    registry: Registry
    book: Book
    client: Influx

    def settings(self, *, open_: bool = False, influx_url: str = "") -> PortalSettings:
        address = InfluxAddress(
            influx_url or self.influx.url, self.influx.username, self.influx.password
        )
        return PortalSettings(
            registry_url=f"sqlite:///{self.folder / 'registry.db'}",
            alerts_url=f"sqlite:///{self.folder / 'alerts.db'}",
            influx=address,
            token=TOKEN,
            run_folder=self.folder / "run",
            open=open_,
        )

    def write(self, tenant: str, *lines: str) -> None:
        """Line protocol with times in ns, into the tenant's database."""
        self.client.query("", f'CREATE DATABASE "{database(tenant)}"')
        self.client.write(database(tenant), "\n".join(lines).encode())


@contextmanager
def real_parts(folder: Path, influx: RunningInflux) -> Iterator[RealParts]:
    address = InfluxAddress(influx.url, influx.username, influx.password)
    client = Influx(address)
    with (
        Registry(f"sqlite:///{folder / 'registry.db'}") as registry,
        Book(f"sqlite:///{folder / 'alerts.db'}") as book,
    ):
        registry.migrate()
        try:
            yield RealParts(folder, influx, registry, book, client)
        finally:
            client.close()


@contextmanager
def served(settings: PortalSettings, host: str = "127.0.0.1") -> Iterator[str]:
    """The portal on a free port of `host`; its URL."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.bind((host, 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(create(settings), log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_for(lambda: server.started, what="the portal listens")
            yield f"http://{in_url(host)}:{port}"
        finally:
            server.should_exit = True
            thread.join(20)
