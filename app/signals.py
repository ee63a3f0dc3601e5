"""Signals that end a process in order."""

from __future__ import annotations

import asyncio
import signal


def stop_at_signals(stop: asyncio.Event) -> None:
    """Ctrl-C, SIGTERM and a closed terminal set the event."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
