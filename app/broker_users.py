"""Keeps the broker's password file equal to the registry: a device added now connects now."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

import structlog

from app.broker import ADMIN_USER, INGEST_USER, Broker
from app.secret_store import Secrets
from registry.credentials import mosquitto_hash
from registry.store import Registry
from telemetry.errors import KenhError

log = structlog.get_logger("broker-users")

POLL_SECONDS = 0.5


class BrokerUsers:
    """The platform's own users and every active device's."""

    def __init__(self, broker: Broker, registry: Registry, secrets: Secrets) -> None:
        self._broker = broker
        self._registry = registry
        self._own = {
            ADMIN_USER: mosquitto_hash(secrets.mqtt_admin),
            INGEST_USER: mosquitto_hash(secrets.mqtt_ingest),
        }
        self._revision = -1

    def users(self) -> dict[str, str]:
        """User name → password hash, of all that may connect."""
        revision = self._registry.revision()
        users = {**self._registry.users(), **self._own}
        self._revision = revision
        return users

    async def follow(self, pid: Callable[[], int | None]) -> None:
        """Write the file again and tell the broker at each change of the registry, for ever."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                if self._registry.revision() == self._revision:
                    continue
                self._broker.write_users(self.users())
            except (KenhError, OSError) as error:  # locked, or a full disk: later, not never
                log.warning("the broker's users cannot be brought up to date", why=str(error))
                continue
            reload_users(pid())
            log.info("the broker's users are read again", revision=self._revision)


def reload_users(pid: int | None) -> None:
    """Mosquitto reads its password file and access list again at SIGHUP."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)
