"""What all fakes share: settings, clock, behaviours, and the messages received."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulators.inbox import behaviour
from simulators.inbox.behaviour import Behaviours
from simulators.inbox.messages import Messages, Received
from simulators.inbox.settings import InboxSettings

LOOK_S = 0.02


class World:
    """One instance a running app. `clock` gives ms since 1970."""

    def __init__(self, settings: InboxSettings, clock: Callable[[], int]) -> None:
        self.settings = settings
        self.clock = clock
        self.behaviours = Behaviours(night_window=settings.night_window)
        self.messages = Messages(settings.folder / "inbox.jsonl")
        self._errands: set[asyncio.Task[None]] = set()

    async def before_taking(self, request: Request, mishap: str) -> Response | None:
        """The answer of a fake that does not take the message, None where it does."""
        match mishap:
            case behaviour.DEAF:
                await self.hang(request)
                return Response(status_code=504)
            case behaviour.BROKEN:
                return HTMLResponse("<html><h1>502 Bad Gateway</h1></html>", 502)
            case behaviour.BUSY:
                return HTMLResponse("Too Many Requests", 429, {"Retry-After": "1"})
            case _:
                return None

    async def after_taking(self, request: Request, mishap: str) -> Response | None:
        """The answer that hides that it was taken, None for an ordinary one."""
        match mishap:
            case behaviour.HANG:
                await self.hang(request)
                return Response(status_code=504)
            case behaviour.GARBLED:
                return HTMLResponse("<html>OK</html>")
            case _:
                return None

    async def hang(self, request: Request) -> None:
        """Leave the caller waiting until it gives up."""
        end = time.monotonic() + self.settings.hang_s
        while time.monotonic() < end and not await request.is_disconnected():
            await asyncio.sleep(LOOK_S)

    def arrived(self, one: Received) -> bool:
        """Whether a message that was taken has reached its recipient by now."""
        waited = self.clock() - one.at >= self.settings.receipt_delay_s * 1000
        return waited and one.fate != behaviour.UNDELIVERED

    def fetch_later(self, url: str, parameters: dict[str, str], *delays_s: float) -> None:
        """GET `url` after each of the delays, as a provider tells of a delivery."""
        for delay in delays_s:
            task = asyncio.create_task(_fetch(url, parameters, delay), name="receipt")
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)

    async def close(self) -> None:
        for task in self._errands:
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        self.messages.close()


def json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


async def _fetch(url: str, parameters: dict[str, str], delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as web:
        try:
            await web.get(url, params=parameters)
        except (httpx.HTTPError, httpx.InvalidURL):
            return  # the provider gives up in the end too: a receipt may be missing
