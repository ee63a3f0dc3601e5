"""What each component is made of: the one straight line that joins the rooms.

Imports stand inside the builders, so that each process loads only the rooms it lives in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from app import heartbeat
from app.setting import Part, Setting
from app.state import State

INGEST_WORD_MS = 5_000
"""An older heartbeat of ingest says nothing of now."""


Builder = Callable[[Setting], Part]


def _ingest(setting: Setting) -> Part:
    from ingest.service import Ingest, IngestSettings

    state, runtime = setting.state, setting.runtime
    return Ingest(
        IngestSettings(
            host=runtime.mqtt_host,
            port=runtime.mqtt_port,
            username=runtime.ingest_username,
            password=setting.secrets.mqtt_ingest,
            registry_url=state.registry_url,
            spool=state.spool,
            dead_letters=state.dead_letters / "ingest",
            ledger_file=state.ledger,
            future_tolerance_ms=runtime.future_tolerance_ms,
            lateness_ms=runtime.lateness_ms,
            spool_max_bytes=runtime.spool_max_bytes,
            dead_letters_max_bytes=runtime.dead_letters_max_bytes,
            readers=("store", "rules"),
        )
    )


def _store(setting: Setting) -> Part:
    from app.influx_access import address
    from ingest.store import Store, StoreSettings

    state = setting.state
    return Store(
        StoreSettings(
            influx=address(setting.runtime, setting.secrets),
            spool=state.spool,
            dead_letters=state.dead_letters / "store",
        )
    )


def _rules(setting: Setting) -> Part:
    from alerts.book import Book
    from alerts.outbox import Sender
    from app.channel_access import channels
    from app.rules_part import RulesPart
    from ingest.cursor import Cursor
    from ingest.spool import SpoolReader
    from registry.directory import Directory
    from registry.store import Registry
    from rules.engine import Engine
    from rules.pack import load_folder

    state, runtime = setting.state, setting.runtime
    ways = channels(setting)
    book, directory = Book(state.alerts_url), Directory(state.registry_url)
    return RulesPart(
        SpoolReader(state.spool),
        Cursor(state.spool, "rules"),
        Engine(load_folder(Path(runtime.packs)), runtime.time_scale, runtime.lateness_ms),
        Registry(state.registry_url),
        directory,
        book,
        Sender(book, ways, _now, directory.get),
        ways,
        lambda now: _ingest_listens(state, now),
    )


def _ingest_listens(state: State, now: int) -> bool:
    """Whether ingest hears the broker now, as its heartbeat of the last seconds says."""
    word = heartbeat.read(state.run, "ingest")
    return (
        word is not None
        and now - word.at < INGEST_WORD_MS
        and word.figures.get("broker_connected", 0) > 0
    )


def _portal(setting: Setting) -> Part:
    from app.influx_access import address
    from app.web_part import WebPart
    from portal.settings import PortalSettings
    from portal.web import create

    state, runtime = setting.state, setting.runtime
    application = create(
        PortalSettings(
            registry_url=state.registry_url,
            alerts_url=state.alerts_url,
            influx=address(runtime, setting.secrets),
            token=setting.secrets.portal_token,
            run_folder=state.run,
            open=runtime.portal_open,
            time_scale=runtime.time_scale,
        )
    )
    return WebPart(application, runtime.portal_host, runtime.portal_port)


def _inbox(setting: Setting) -> Part:
    from app.channel_access import inbox_settings
    from app.web_part import WebPart
    from simulators.inbox.web import create

    where = urlsplit(setting.runtime.inbox_url)
    return WebPart(create(inbox_settings(setting)), where.hostname or "", where.port or 0)


def _simulators(setting: Setting) -> Part:
    from app.demo_settings import DemoSettings
    from app.simulators_part import SimulatorsPart
    from simulators import homes, plan
    from simulators.device import Connection
    from simulators.fleet import Fleet

    demo = DemoSettings.read(setting.state)
    parts = plan.from_data(Path(demo.data)) if demo.data else plan.from_profiles(demo.seed)
    passwords = homes.passwords(setting.state.demo_passwords)
    connection = Connection(setting.runtime.mqtt_host, setting.runtime.mqtt_port, passwords)
    return SimulatorsPart(Fleet(parts, connection, setting.state.demo, demo.speed))


def _broker_users(setting: Setting) -> Part:
    from app.broker_users_part import BrokerUsersPart

    return BrokerUsersPart(setting)


def _now() -> int:
    return time.time_ns() // 1_000_000


BUILDERS: dict[str, Builder] = {
    "ingest": _ingest,
    "store": _store,
    "rules": _rules,
    "portal": _portal,
    "inbox": _inbox,
    "simulators": _simulators,
    "broker-users": _broker_users,
}
