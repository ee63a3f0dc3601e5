"""Parts for the tests of alerting: alarms, contacts, and the fakes on a port of their own."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from alerts.channels import ChannelSettings
from alerts.model import Alarm, Event, Message, State
from registry.records import Contact
from rules.model import Event as RuleEvent
from rules.model import Reason, Severity, Transition
from simulators.inbox import InboxSettings, create
from simulators.inbox.messages import Received
from simulators.inbox.world import World
from simulators.inbox.zalo_oauth import Oauth
from tests.services import wait_for

NOON = 1_700_023_800_000
"""11:50 in Vietnam on 15 November 2023, ms."""

MINUTE = 60_000

FIRING = Transition(
    rule="water.pressure.low",
    severity=Severity.MAJOR,
    notify="water-duty",
    title_vi="Áp lực nước thấp",
    title_en="Low water pressure",
    device="pl-01",
    tenant="cap-nuoc",
    site="vi-thanh",
    area="31321",
    sector="water",
    event=RuleEvent.FIRING,
    at=NOON,
    found=NOON + 500,
    value=1.32,
    unit="bar",
    limit=1.5,
    field="pressure",
    historical=False,
    reason=Reason.CONDITION_HELD,
)
RESOLVED = msgspec.structs.replace(
    FIRING,
    event=RuleEvent.RESOLVED,
    at=NOON + 10 * MINUTE,
    found=NOON + 10 * MINUTE,
    value=1.9,
    reason=Reason.CLEARED,
)

BOT = Contact("duty-bot", "cap-nuoc", "Trực ca", "water-duty", "zalo-bot", "chat-1")
ZALO = Contact("duty-zalo", "cap-nuoc", "Trực ca", "water-duty", "zalo-template", "84912345678")
SMS = Contact("duty-sms", "cap-nuoc", "Trực ca", "water-duty", "esms", "84912345678")
HOOK = Contact("hook", "cap-nuoc", "Hệ thống", "water-duty", "webhook", "http://[::1]:9/webhook")


def alarm(**changes: Any) -> Alarm:
    one = Alarm(
        id="abcdefghijklm",
        rule=FIRING.rule,
        device=FIRING.device,
        tenant=FIRING.tenant,
        site=FIRING.site,
        area=FIRING.area,
        sector=FIRING.sector,
        severity=FIRING.severity,
        state=State.FIRING,
        title_vi=FIRING.title_vi,
        title_en=FIRING.title_en,
        value=FIRING.value,
        unit=FIRING.unit,
        limit=FIRING.limit,
        started_at=NOON,
        event_time=NOON,
        historical=False,
        notify=FIRING.notify,
    )
    return msgspec.structs.replace(one, **changes)


def message(**changes: Any) -> Message:
    one = Message(
        key="0123456789abcdef0123456789abcdef01234567",
        event=Event.FIRING,
        alarm=alarm(),
        address="84912345678",
        device_name="Đồng hồ áp lực 01",
        site_name="Trạm Vị Thanh",
    )
    return msgspec.structs.replace(one, **changes)


class HandClock:
    """A clock that stands until it is moved; ms."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def forward(self, ms: int) -> None:
        self.now += ms


class RunningInbox:
    """The fakes, served on a free port of the loopback by a thread."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", **settings: Any) -> None:
        self.settings = InboxSettings(
            folder=folder, **{"hang_s": 5.0, "receipt_delay_s": 0.05, **settings}
        )
        self.clock = HandClock()
        self._host = host
        self._socket: socket.socket | None = None
        self._port = 0

    def start(self) -> None:
        app = create(self.settings, self.clock)
        self.world: World = app.state.world
        self.oauth: Oauth = app.state.oauth
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self._host, self._port))
        self._port = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, timeout_graceful_shutdown=1, lifespan="on"
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        wait_for(lambda: self._server.started, what="the inbox listens")

    def stop(self) -> None:
        if self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the inbox stops"
        self._socket.close()
        self._socket = None

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def channels(self, timeout_s: float = 5.0) -> ChannelSettings:
        return self.settings.channels(
            self.url,
            self.settings.folder / "zalo-tokens.json",
            link_base="http://kenh.test",
            timeout_s=timeout_s,
        )

    def misbehave(self, recipient: str, mishap: str) -> None:
        self.world.behaviours.by_recipient[recipient] = mishap

    def taken(self, channel: str) -> list[Received]:
        return self.world.messages.taken(channel)
