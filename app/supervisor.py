"""Keeps child processes running: starts them, restarts what dies, stops all in order.

What is wanted of a component is data (`Component`); whether and when one that died is started
again is a pure function (`pause_before_restart`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from app.files import write_whole

log = structlog.get_logger("supervisor")

PR_SET_PDEATHSIG = 1
LOG_BYTES = 20_000_000
LOG_LOOK_SECONDS = 30.0
YIELD_SECONDS = 2.0
STEADY_SECONDS = 20.0
"""A component that ran this long before it died starts again at once."""

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Run in the child before its program: it gets SIGTERM when the supervisor is gone (even by
    kill -9), so that no process is left behind."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True)
class Component:
    """A child process: how it is started, how one sees that it is ready, when it is stopped.

    Components are stopped in descending order of `floor`, those of one floor together. One that
    `needs` others is not started before they are ready; one that `yields_to` others lets them
    have the processors first, but waits `YIELD_SECONDS` at the most.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[int], Awaitable[bool]]  # given the child's pid
    floor: int
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 3.0
    needs: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()


class Status(msgspec.Struct):
    """What the world may know of a component; stands in `status --json`."""

    name: str
    pid: int | None = None
    state: str = "waiting"  # waiting | starting | ready | restarting | stopped
    restarts: int = 0
    last_error: str | None = None


def pause_before_restart(deaths: int, ran_seconds: float) -> float:
    """Seconds to wait before a component is started again after its `deaths`-th quick death."""
    if ran_seconds >= STEADY_SECONDS:
        return 0.1
    return float(min(0.2 * 2 ** min(deaths - 1, 10), 10.0))


class Supervisor:
    """Runs components until `stop()`."""

    def __init__(self, logs: Path, status_file: Path) -> None:
        self._logs = logs
        self._status_file = status_file
        self._components: dict[str, Component] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._ready: dict[str, asyncio.Event] = {}
        self._stopping: set[str] = set()
        self._log_keeper: asyncio.Task[None] | None = None
        self.statuses: dict[str, Status] = {}

    def start(self, components: Iterable[Component]) -> None:
        """Start components side by side; each waits only as its own description says."""
        fresh = list(components)
        self._logs.mkdir(parents=True, exist_ok=True)
        for component in fresh:
            self._components[component.name] = component
            self._ready[component.name] = asyncio.Event()
            self.statuses[component.name] = Status(component.name)
        if self._log_keeper is None:
            self._log_keeper = asyncio.create_task(self._keep_logs_short(), name="logs")
        for component in fresh:
            self._tasks[component.name] = asyncio.create_task(
                self._keep(component), name=f"keep {component.name}"
            )
        self._publish()

    async def wait_ready(self, seconds: float) -> list[str]:
        """Wait until all are ready; the names of those that are not after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for event in self._ready.values():
                    await event.wait()
        return [name for name, event in self._ready.items() if not event.is_set()]

    def pid(self, name: str) -> int | None:
        """The pid of a component that runs now."""
        process = self._processes.get(name)
        return process.pid if process is not None and process.returncode is None else None

    async def stop(self) -> None:
        """Stop all, the highest floor first; one that does not go in time is killed."""
        floors = sorted({c.floor for c in self._components.values()}, reverse=True)
        for floor in floors:
            names = [c.name for c in self._components.values() if c.floor == floor]
            self._stopping.update(names)
            await asyncio.gather(*(self._stop_one(name) for name in names))
        tasks = [*self._tasks.values(), *([self._log_keeper] if self._log_keeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._publish()

    async def _stop_one(self, name: str) -> None:
        process = self._processes.get(name)
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), self._components[name].stop_seconds)
            except TimeoutError:
                log.warning("killed, since it did not stop in time", component=name)
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        self._mark(name, state="stopped", pid=None)

    async def _keep(self, component: Component) -> None:
        """Start the component again and again until it is being stopped."""
        for other in component.needs:
            await self._ready[other].wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(YIELD_SECONDS):
                for other in component.yields_to:
                    await self._ready[other].wait()
        deaths = 0
        while component.name not in self._stopping:
            started = time.monotonic()
            process = await self._spawn(component)
            if process is None:
                code: int | None = None
            else:
                watcher = asyncio.create_task(self._watch_ready(component, process))
                try:
                    code = await process.wait()
                finally:
                    watcher.cancel()
            if component.name in self._stopping:
                return
            ran = time.monotonic() - started
            deaths = 1 if ran >= STEADY_SECONDS else deaths + 1
            pause = pause_before_restart(deaths, ran)
            if code is not None:
                error = f"{ended_how(code)}; see {self._log_path(component.name)}"
                self.statuses[component.name].last_error = error
            log.warning(
                "component ended, starts again",
                component=component.name,
                how=self.statuses[component.name].last_error,
                pause_s=pause,
            )
            self._ready[component.name].clear()
            self.statuses[component.name].restarts += 1
            self._mark(component.name, state="restarting", pid=None)
            await asyncio.sleep(pause)

    async def _spawn(self, component: Component) -> asyncio.subprocess.Process | None:
        try:
            with self._log_path(component.name).open("ab") as sink:
                process = await asyncio.create_subprocess_exec(
                    *component.command,
                    cwd=component.cwd,
                    env={**os.environ, **component.environment},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    start_new_session=True,  # Ctrl-C reaches the supervisor, who stops in order
                    preexec_fn=die_with_parent,
                )
        except OSError as error:
            self.statuses[
                component.name
            ].last_error = f"cannot start {component.command[0]}: {error.strerror or error}"
            return None
        self._processes[component.name] = process
        if component.name in self._stopping:  # the stop came while the child was being born
            process.terminate()
        self._mark(component.name, state="starting", pid=process.pid)
        return process

    async def _watch_ready(
        self, component: Component, process: asyncio.subprocess.Process
    ) -> None:
        while not await component.ready(process.pid):
            await asyncio.sleep(0.03)
        self._ready[component.name].set()
        self._mark(component.name, state="ready", pid=process.pid)

    async def _keep_logs_short(self) -> None:
        while True:
            for path in self._logs.glob("*.log"):
                await asyncio.to_thread(shorten_log, path)
            await asyncio.sleep(LOG_LOOK_SECONDS)

    def _log_path(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _mark(self, name: str, *, state: str, pid: int | None) -> None:
        self.statuses[name].state = state
        self.statuses[name].pid = pid
        self._publish()

    def _publish(self) -> None:
        body = {"pid": os.getpid(), "components": list(self.statuses.values())}
        write_whole(self._status_file, msgspec.json.encode(body).decode(), durable=False)


def shorten_log(path: Path, limit: int = LOG_BYTES) -> bool:
    """Move a log above the limit (bytes) to `NAME.log.1`; its writer goes on at the beginning.

    The file is copied and emptied, since the component keeps it open (for appending); the few
    lines that come between the two are lost.
    """
    if path.stat().st_size <= limit:
        return False
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)
    return True


def ended_how(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
