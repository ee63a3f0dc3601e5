"""A web application as a component: uvicorn without its own signal handling and logs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the component's own handlers decide


class WebPart:
    """Serves `application` until the stop."""

    def __init__(self, application: FastAPI, host: str, port: int) -> None:
        self._server = _Server(
            uvicorn.Config(
                application,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )

    def figures(self) -> dict[str, float]:
        return {"ready": float(self._server.started)}

    async def run(self, stop: asyncio.Event) -> None:
        serving = asyncio.create_task(self._server.serve(), name="serve")
        waiting = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        self._server.should_exit = True
        waiting.cancel()
        await serving
