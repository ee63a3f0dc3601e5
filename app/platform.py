"""The whole platform under one supervisor: what `kenh up` and `kenh demo` run."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console

from app import certificate, components, endpoints, grafana, packages, runtime
from app.broker import Broker, Tls
from app.broker_users import BrokerUsers
from app.config import Config
from app.errors import CommandError
from app.influx import Influx
from app.ports import FreePorts, PortPicker
from app.secret_store import Secrets, load_or_make
from app.signals import unless_stopped
from app.state import State
from app.supervisor import Component, Supervisor
from registry.store import Registry

READY_SECONDS = 60.0


class Platform:
    """Starts everything, keeps it running, stops it in order.

    Use as an async context manager: it is ready inside the block, and gone after it.
    """

    def __init__(
        self,
        state: State,
        config: Config,
        console: Console,
        pick: PortPicker,
        config_file: Path | None = None,
    ) -> None:
        self.state = state
        self.config = config
        self._console = console
        self._pick = pick
        self._config_file = config_file
        self.stop = asyncio.Event()  # while it starts: ends the start with `StoppedEarly`
        self._lock: int | None = None
        self._followers: list[asyncio.Task[None]] = []
        self.supervisor = Supervisor(state.logs, state.supervisor)
        self.extra: Sequence[Component] = ()  # the demo's simulators
        self.before_start: Callable[[], None] = lambda: None
        self.runtime: runtime.Runtime
        self.secrets: Secrets
        self.registry: Registry
        self._broker: Broker
        self._users: BrokerUsers

    async def __aenter__(self) -> Self:
        self._prepare()
        try:
            # The simulators first: they load their telemetry while the others start.
            self.supervisor.start([*self.extra, *self._components()])
            self._followers.append(asyncio.create_task(self._follow_users(), name="broker users"))
            starting = self.supervisor.wait_ready(READY_SECONDS)
            self._check_ready(await unless_stopped(self.stop, starting))
            endpoints.write(self.state, self.runtime, self.secrets)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._close()

    def _prepare(self) -> None:
        wanted = []
        if not self.config.mqtt.external:
            wanted.append(packages.MOSQUITTO)
        if not self.config.influx.url:
            wanted.append(packages.INFLUXD)
        packages.ensure(wanted, self._console)
        self.state.make()
        self._lock = _lock(self.state)
        endpoints.remove(self.state)  # a supervisor that was killed left them behind
        self.secrets = load_or_make(self.state, self.config)
        own_grafana = packages.find(packages.GRAFANA) is not None
        if isinstance(self._pick, FreePorts):
            self._pick.recall(self.state.ports)
        self.runtime = runtime.decide(self.config, self._pick, own_grafana)
        if isinstance(self._pick, FreePorts):
            self._pick.keep(self.state.ports)
        runtime.write(self.state, self.runtime)
        self.registry = Registry(self.state.registry_url)
        self.registry.migrate()
        self.state.run.mkdir(exist_ok=True)
        for old in self.state.run.glob("*.json"):  # what an earlier life said of itself
            old.unlink()
        self.before_start()
        self._broker = self._make_broker()
        self._users = BrokerUsers(self._broker, self.registry, self.secrets)

    def _components(self) -> list[Component]:
        state, config_file = self.state, self._config_file
        found: list[Component] = []
        if not self.runtime.mqtt_external:
            self._broker.prepare(self._users.users())
            found.append(components.broker(self._broker))
        if not self.runtime.influx_external:
            own = Influx(state.influx, self.config.influx.host, _port_of(self.runtime.influx_url))
            own.prepare()
            found.append(components.influx(own, self.secrets.influx, self._influx_is_up))
        found += [
            components.ours("ingest", state, 3, config=config_file),
            components.ours("store", state, 2, config=config_file),
        ]
        # The way of a reading to the disk first; the others may start a moment later.
        first = ("ingest", "store", *(one.name for one in self.extra))
        found += [
            components.ours("rules", state, 2, first, config=config_file),
            components.ours("portal", state, 3, first, config=config_file),
        ]
        if self.runtime.grafana_url and not self.config.grafana.url:
            shown = grafana.component(state, self.runtime, self.secrets, self.registry)
            found += [shown] if shown else []
        if self.runtime.inbox_url:
            found.append(components.ours("inbox", state, 2, first, config=config_file))
        return found

    def _make_broker(self) -> Broker:
        tls = None
        if self.runtime.tls_port:
            pair = certificate.ensure(
                self.state.broker / "tls",
                [*certificate.names_of_this_machine(), *self.config.mqtt.tls_names],
                datetime.now(UTC),
            )
            tls = Tls(self.runtime.tls_bind, self.runtime.tls_port, pair.certificate, pair.key)
        return Broker(self.state.broker, self.runtime.mqtt_host, self.runtime.mqtt_port, tls)

    def _influx_is_up(self) -> None:
        """Each time that our own InfluxDB has started."""
        if self.runtime.grafana_url:
            grafana.grant_readers(self.runtime, self.secrets, self.registry)

    async def _follow_users(self) -> None:
        if not self.runtime.mqtt_external:
            await self._users.follow(lambda: self.supervisor.pid("broker"))

    def _check_ready(self, late: list[str]) -> None:
        if not late:
            return
        reasons = [
            f"{name}: {self.supervisor.statuses[name].last_error or 'no word from it'}"
            for name in late
        ]
        raise CommandError(
            f"not ready after {READY_SECONDS:.0f} s: {'; '.join(reasons)}; the logs stand in "
            f"{self.state.logs}"
        )

    async def _close(self) -> None:
        endpoints.remove(self.state)
        for follower in self._followers:
            follower.cancel()
        await asyncio.gather(*self._followers, return_exceptions=True)
        await self.supervisor.stop()
        with contextlib.suppress(FileNotFoundError):
            (self.state.path / "runtime.json").unlink()
        self.registry.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _lock(state: State) -> int:
    """One supervisor a state: the lock goes with its process, however that ends."""
    handle = os.open(state.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(handle, 32).decode().strip() or "unknown"
        os.close(handle)
        raise CommandError(
            f"Kênh runs already with the state {state.path} (pid {pid}): stop it with Ctrl-C "
            f"there, or choose another folder with --state"
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    return handle


def _port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])
