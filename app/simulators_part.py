"""The demo's fleet as a component: SIGUSR1 ends its production and lets its outboxes empty."""

from __future__ import annotations

import asyncio
import signal

from simulators.fleet import Fleet

DRAIN_SECONDS = 60.0


class SimulatorsPart:
    """Runs the fleet; `figures()["drained"]` says that a drain asked for is complete."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._draining: asyncio.Task[int] | None = None

    def figures(self) -> dict[str, float]:
        return self._fleet.figures()

    async def run(self, stop: asyncio.Event) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._drain)
        try:
            await self._fleet.run(stop)
        finally:
            if self._draining is not None:
                self._draining.cancel()
                await asyncio.gather(self._draining, return_exceptions=True)

    def _drain(self) -> None:
        if self._draining is None:
            self._draining = asyncio.create_task(self._fleet.drain(DRAIN_SECONDS), name="drain")
