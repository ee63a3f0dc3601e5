"""The platform's components as child processes: command, readiness, and the floor they stop at."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from app import heartbeat
from app.broker import Broker
from app.influx import Influx
from app.state import State
from app.supervisor import Component

SUPERVISED = "KENH_SUPERVISED"
"""Set for our components under a supervisor: its runtime.json has their addresses."""

ROOT = Path(__file__).resolve().parent.parent


def ours(
    name: str,
    state: State,
    floor: int,
    yields_to: tuple[str, ...] = (),
    config: Path | None = None,
    stop_seconds: float = 1.5,
) -> Component:
    """One of our own components: `kenh run NAME`, ready when its heartbeat says so."""

    async def ready(pid: int) -> bool:
        word = heartbeat.read(state.run, name)
        return word is not None and word.pid == pid and word.state == "ready"

    more = ("--config", str(config.resolve())) if config else ()
    return Component(
        name=name,
        command=(sys.executable, "-m", "app", "run", name, "--state", str(state.path), *more),
        ready=ready,
        floor=floor,
        cwd=ROOT,
        environment={"PYTHONPATH": _python_path(), SUPERVISED: "1"},
        stop_seconds=stop_seconds,
        yields_to=yields_to,
    )


def broker(one: Broker) -> Component:
    """Mosquitto itself."""

    async def ready(_pid: int) -> bool:
        try:
            _reader, writer = await asyncio.open_connection(one.host, one.port)
        except OSError:
            return False
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        return True

    return Component(
        name="broker",
        command=tuple(one.command()),
        ready=ready,
        floor=1,
        cwd=one.folder,
        stop_seconds=1.5,
    )


def influx(one: Influx, password: str, is_up: Callable[[], None]) -> Component:
    """InfluxDB 1.x; its administrator is made as soon as it answers."""

    async def ready(_pid: int) -> bool:
        if not await asyncio.to_thread(one.ready):
            return False
        await asyncio.to_thread(one.make_administrator, password)
        await asyncio.to_thread(is_up)
        return True

    return Component(
        name="influxdb", command=tuple(one.command()), ready=ready, floor=1, stop_seconds=2.0
    )


def grafana(
    command: tuple[str, ...],
    home: Path,
    is_up: Callable[[], Awaitable[bool]],
    needs: tuple[str, ...],
) -> Component:
    async def ready(_pid: int) -> bool:
        return await is_up()

    return Component(
        name="grafana",
        command=command,
        ready=ready,
        floor=3,
        cwd=home,
        stop_seconds=1.5,
        needs=needs,
    )


def _python_path() -> str:
    before = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join(dict.fromkeys([str(ROOT), *filter(None, before.split(os.pathsep))]))
