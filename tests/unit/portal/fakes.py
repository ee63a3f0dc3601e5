"""A portal over fakes, and a client that talks to it inside this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
from fastapi import FastAPI

from alerts.errors import UnknownAlarm
from alerts.model import Alarm, Notification, State
from ingest.influx import Retry, Series
from portal.access import Access
from portal.latest import LatestReader
from portal.sources import Sources
from portal.web import assemble
from registry.errors import RegistryError
from registry.records import Device, Site, Tenant

NOW = 1_767_225_600_000  # 2026-01-01 07:00 in Vietnam
TOKEN = "a-token-of-the-tests"
SECOND, MINUTE = 1_000, 60_000


def alarm(**changes: object) -> Alarm:
    """A firing alarm of `meter-1`, with some facts changed."""
    plain = Alarm(
        id="a1",
        rule="water.pressure.low",
        device="meter-1",
        tenant="water-co",
        site="plant",
        area="31321",
        sector="water",
        severity="major",
        state=State.FIRING,
        title_vi="Áp lực nước thấp",
        title_en="Low water pressure",
        value=0.82,
        unit="bar",
        limit=1.5,
        started_at=NOW - MINUTE,
        event_time=NOW - MINUTE,
        historical=False,
        notify="water-duty",
    )
    return msgspec.structs.replace(plain, **changes)


def points(device: str, columns: Sequence[str], *rows: Sequence[float | int | None]) -> Series:
    """One device's series, the newest row first; `columns` come behind the time."""
    return Series("water", {"device": device}, ["time", *columns], [list(row) for row in rows])


@dataclass
class FakeRegistry:
    tenant_list: list[Tenant] = field(default_factory=list)
    site_list: list[Site] = field(default_factory=list)
    device_list: list[Device] = field(default_factory=list)
    broken: bool = False
    reads: int = 0
    number: int = 1

    def revision(self) -> int:
        if self.broken:
            raise RegistryError("the registry is not set up")
        return self.number

    def tenants(self) -> list[Tenant]:
        self.reads += 1
        return self.tenant_list

    def sites(self) -> list[Site]:
        return self.site_list

    def devices(self) -> list[Device]:
        return self.device_list


@dataclass
class FakeBook:
    kept: dict[str, Alarm] = field(default_factory=dict)

    def alarms(self, open_only: bool = False) -> list[Alarm]:
        return [one for one in self.kept.values() if one.open or not open_only]

    def notifications(self) -> list[Notification]:
        return []

    def acknowledge(self, alarm_id: str, who: str, now: int) -> Alarm:
        if alarm_id not in self.kept:
            raise UnknownAlarm(alarm_id)
        taken = msgspec.structs.replace(
            self.kept[alarm_id], state=State.ACKNOWLEDGED, acked_by=who, acked_at=now
        )
        self.kept[alarm_id] = taken
        return taken


@dataclass
class FakeInflux:
    answers: dict[str, list[Series]] = field(default_factory=dict)  # by database
    away: bool = False
    questions: list[tuple[str, str]] = field(default_factory=list)

    def ping(self) -> bool:
        return not self.away

    def query(self, database: str, influxql: str) -> list[Series]:
        if self.away:
            raise Retry("InfluxDB does not answer")
        self.questions.append((database, influxql))
        return self.answers.get(database, [])


@dataclass
class Clock:
    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class FakePortal:
    """A water company with one plant and two meters, of which only one ever reported."""

    run_folder: Path
    registry: FakeRegistry
    book: FakeBook
    influx: FakeInflux
    clock: Clock

    def state_of(self, alarm_id: str) -> State:
        return self.book.kept[alarm_id].state

    def web(self, *, open_: bool = False) -> FastAPI:
        sources = Sources(
            self.registry, self.book, LatestReader(self.influx), self.run_folder, now=self.clock
        )
        return assemble(sources, Access(TOKEN, open_))

    def browser(self, *, open_: bool = False, address: str = "http://127.0.0.1:8000") -> Client:
        return Client(self.web(open_=open_), address)


def make_portal(run_folder: Path) -> FakePortal:
    site = Site("plant", "water-co", "31321", "Nhà máy <Vị Thanh>", "Vi Thanh plant", 9.76, 105.46)
    registry = FakeRegistry(
        [Tenant("water-co", "Cấp nước", "Water supply", "water")],
        [site],
        [
            Device("meter-1", "water-co", "plant", "water-pressure-logger", "Đồng hồ 1"),
            Device("meter-2", "water-co", "plant", "water-pressure-logger", "Đồng hồ 2"),
        ],
    )
    reported = points("meter-1", ["pressure", "q"], [NOW - 12 * SECOND, 3.21, 0])
    influx = FakeInflux({"kenh_water_co": [reported]})
    return FakePortal(run_folder, registry, FakeBook({"a1": alarm()}), influx, Clock())


class Client:
    """A browser without JavaScript: keeps cookies, sends what browsers send, follows nothing."""

    def __init__(self, web: FastAPI, address: str) -> None:
        self._web = web
        self._address = address
        self.cookies = httpx.Cookies()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._send("GET", path, {}, {"accept": "text/html", **headers})

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form of the page itself, unless `headers` say otherwise."""
        sent = {"accept": "text/html", "origin": self._address, **headers}
        return self._send("POST", path, form, sent)

    def _send(
        self, method: str, path: str, form: dict[str, str], headers: dict[str, str]
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._web, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url=self._address, cookies=self.cookies
            ) as client:
                reply = await client.request(method, path, data=form or None, headers=named)
                self.cookies = client.cookies
                return reply

        return asyncio.run(send())
