"""Runs one component as a process: its settings, its signals, its heartbeat.

What the component is made of stands in `app.parts`.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import structlog
import uvloop

from app import heartbeat, parts, runtime
from app.components import SUPERVISED
from app.config import load
from app.errors import CommandError
from app.logs import configure
from app.secret_store import load_or_make
from app.setting import Part, Setting
from app.signals import stop_at_signals
from app.state import State
from telemetry.errors import KenhError

log = structlog.get_logger("wiring")

HEARTBEAT_SECONDS = 1.0
READY_POLL_SECONDS = 0.02


def run(name: str, state_path: Path | None, config_path: Path | None) -> None:
    """Run one component until SIGTERM or Ctrl-C."""
    builder = parts.BUILDERS.get(name)
    if builder is None:
        raise CommandError(
            f"there is no component '{name}': known are {', '.join(parts.BUILDERS)}"
        )
    configure(debug=bool(os.environ.get("KENH_DEBUG")))
    state = State.at(state_path)
    config = load(config_path)
    # A runtime.json that a killed supervisor left behind must not guide one that runs alone.
    decided = runtime.read(state) if os.environ.get(SUPERVISED) else None
    if decided is None:
        decided = runtime.decide(config, runtime.as_configured, grafana=False)
    setting = Setting(state, config, decided, load_or_make(state, config))
    try:
        uvloop.run(_live(name, state, builder, setting))
    except KenhError:
        raise
    except Exception:
        # Nobody sits before this process: its log keeps the whole trace.
        log.exception("component failed", component=name)
        raise SystemExit(1) from None


async def _live(name: str, state: State, builder: parts.Builder, setting: Setting) -> None:
    part = builder(setting)
    stop = asyncio.Event()
    stop_at_signals(stop)
    work = asyncio.create_task(part.run(stop), name=name)
    pulse = asyncio.create_task(_beat(name, state, part), name="heartbeat")
    try:
        await work
    finally:
        pulse.cancel()
        await asyncio.gather(pulse, return_exceptions=True)
        heartbeat.beat(state.run, name, "stopped", {})


async def _beat(name: str, state: State, part: Part) -> None:
    ready = False
    while True:
        figures = part.figures()
        ready = figures.pop("ready", 1.0) > 0 or ready
        heartbeat.beat(state.run, name, "ready" if ready else "starting", figures)
        await asyncio.sleep(HEARTBEAT_SECONDS if ready else READY_POLL_SECONDS)
