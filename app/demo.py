"""The demo: the platform, the fakes of the alert providers, and a fleet that replays telemetry."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.live import Live

from app import components, demo_report, heartbeat
from app.config import Config, load
from app.demo_screen import Summary, plain_line, summary
from app.demo_settings import DemoSettings
from app.files import write_whole
from app.platform import Platform
from app.ports import FreePorts
from app.screen import addresses
from app.signals import stop_at_signals
from app.state import State
from simulators import homes

REFRESH_SECONDS = 0.5
PLAIN_EVERY = 10  # refreshes between two lines where the output is no terminal
DRAIN_SECONDS = 20.0


async def run_demo(
    state: State,
    config_file: Path | None,
    settings: DemoSettings,
    seconds: float | None,
    report: Path | None,
    console: Console,
    pick: FreePorts,
) -> None:
    """Run it for `seconds` (None: until Ctrl-C), then write `report`."""
    config = _demo_config(load(config_file), settings)
    platform = Platform(state, config, console, pick, config_file)
    stop = platform.stop
    stop_at_signals(stop)
    console.print(f"Kênh demo: {_source(settings)}, {settings.speed:g} times as fast as it was.")
    platform.before_start = lambda: _settle(platform, settings)
    platform.extra = [components.ours("simulators", state, 4, stop_seconds=2.5)]
    state.make()
    since = time.time_ns() // 1_000_000
    before = demo_report.Before.now(state)
    async with platform:
        for note in pick.notes:
            console.print(f"kenh: {note}")
        started = time.monotonic()
        console.print(addresses(platform.runtime, state))
        console.print("Ctrl-C stops it in order.\n" if seconds is None else "")
        source = Summary(platform, since, started, before)
        await _watch(source, started, seconds, stop, console)
        if seconds is not None and not stop.is_set():
            console.print("no more readings are made; what is under way arrives …")
            await _drain(platform, stop)
        took = time.monotonic() - started
        if report is not None or seconds is not None:
            found = await asyncio.to_thread(demo_report.build, platform, before, since, took)
            console.print(demo_report.table(found))
            if report is not None:
                write_whole(report, msgspec.json.format(msgspec.json.encode(found)).decode())
                console.print(f"report: {report}")
        console.print("stopping …")
    console.print("stopped; nothing is left running. Run it again and it finds its state.")


def _source(settings: DemoSettings) -> str:
    if settings.data:
        return f"real telemetry from {settings.data}"
    return "seeded profiles (no folder of real telemetry is at hand; --data names one)"


def _demo_config(config: Config, settings: DemoSettings) -> Config:
    """The given configuration, with the fakes on, and the rules' clock as fast as the replay."""
    loopback = config.portal.host in {"127.0.0.1", "::1", "localhost"}
    return config.model_copy(
        update={
            "inbox": config.inbox.model_copy(update={"enabled": True, "host": config.portal.host}),
            "portal": config.portal.model_copy(update={"open": loopback}),
            "rules": config.rules.model_copy(update={"time_scale": settings.speed}),
        }
    )


def _settle(platform: Platform, settings: DemoSettings) -> None:
    """The demo's tenants, sites, devices and contacts; found again at the next run."""
    settings.write(platform.state)
    webhook = f"{platform.runtime.inbox_url}/webhook"
    platform.state.demo.mkdir(parents=True, exist_ok=True, mode=0o700)
    homes.register(platform.registry, platform.state.demo_passwords, webhook)


async def _watch(
    source: Summary,
    started: float,
    seconds: float | None,
    stop: asyncio.Event,
    console: Console,
) -> None:
    """Show the summary until the time is over or the stop comes."""
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    with live or contextlib.nullcontext(), source:
        turn = 0
        while not stop.is_set() and (seconds is None or time.monotonic() - started < seconds):
            facts = await asyncio.to_thread(source.take)
            if live is not None:
                live.update(summary(facts, *console.size), refresh=True)
            elif turn % PLAIN_EVERY == 0:
                console.print(plain_line(facts), soft_wrap=True)
            turn += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REFRESH_SECONDS)


async def _drain(platform: Platform, stop: asyncio.Event) -> None:
    """Let the fleet end its outboxes, then the store and the rules come to the spool's end."""
    pid = platform.supervisor.pid("simulators")
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)  # see app.simulators_part
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline and not stop.is_set():
        beats = heartbeat.read_all(platform.state.run)
        if (
            _figure(beats, "simulators", "drained") > 0
            and _figure(beats, "store", "lag_bytes") == 0
            and _figure(beats, "rules", "lag_seconds") == 0
            and _figure(beats, "rules", "outbox_queued") == 0
        ):
            return
        await asyncio.sleep(0.2)


def _figure(beats: dict[str, heartbeat.Heartbeat], name: str, figure: str) -> float:
    return beats[name].figures.get(figure, 0.0) if name in beats else 0.0
