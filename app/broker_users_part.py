"""The component `broker-users`: does for a mosquitto that somebody else started what `kenh up`
does for its own.

It stands beside a broker in a container or a service of its own, which runs in STATE/broker.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

from app import certificate
from app.broker import Broker
from app.broker_users import BrokerUsers, reload_users
from app.setting import Setting
from registry.store import Registry

PROCESSES = Path("/proc")


class BrokerUsersPart:
    """Keeps the broker's certificate and password file; it alone writes them and the registry's
    tables, so whoever needs these starts after it is ready."""

    def __init__(self, setting: Setting) -> None:
        state, runtime = setting.state, setting.runtime
        self._setting = setting
        self._broker = Broker(state.broker, runtime.mqtt_host, runtime.mqtt_port)
        self._ready = False

    def figures(self) -> dict[str, float]:
        return {"ready": float(self._ready)}

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the registry until the stop."""
        with Registry(self._setting.state.registry_url) as registry:
            users = self._prepare(registry)
            self._ready = True
            following = asyncio.create_task(users.follow(self._find), name="follow")
            waiting = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({following, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following  # raises what ended it, if it was not us

    def _prepare(self, registry: Registry) -> BrokerUsers:
        """The password file comes last: a broker that waits for it finds all else in its place."""
        registry.migrate()
        users = BrokerUsers(self._broker, registry, self._setting.secrets)
        self._broker.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._setting.runtime.tls_port:
            names = [
                *certificate.names_of_this_machine(),
                *self._setting.config.mqtt.tls_names,
            ]
            certificate.ensure(self._broker.folder / "tls", names, datetime.now(UTC))
        # Only one that ran before has something old to forget; a signal that meets mosquitto
        # before it listens to signals would end it.
        ran_before = self._find()
        self._broker.write_users(users.users())
        reload_users(ran_before)
        return users

    def _find(self) -> int | None:
        return mosquitto_in(self._broker.folder)


def mosquitto_in(folder: Path) -> int | None:
    """The process id of the mosquitto that runs in `folder`; None where there is none.

    The folders are compared, not their paths: another container has its own names for them.
    Mosquitto must run as our user, who may neither look at nor signal another's processes.
    """
    for process in PROCESSES.iterdir():
        if process.name.isdecimal() and _is_mosquitto(process, folder):
            return int(process.name)
    return None


def _is_mosquitto(process: Path, folder: Path) -> bool:
    try:
        named = (process / "comm").read_text() == "mosquitto\n"
        return named and (process / "cwd").samefile(folder)
    except OSError:  # it has gone meanwhile, or is another user's
        return False
