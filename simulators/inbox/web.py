"""The fakes of all alert providers in one application, with the inbox page of what they got."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulators.inbox import esms, webhook, zalo_bot, zalo_oauth, zalo_template
from simulators.inbox.page import CHANNELS, page
from simulators.inbox.settings import InboxSettings
from simulators.inbox.world import World, json

TEMPLATES = Path(__file__).resolve().parent / "templates"


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


def create(settings: InboxSettings, clock: Callable[[], int] = wall_clock) -> FastAPI:
    """The application. `app.state.world` and `app.state.oauth` let a test change its behaviour."""
    world = World(settings, clock)
    oauth = zalo_oauth.Oauth(world)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await world.close()

    app = FastAPI(
        title="Kênh: hộp thư thử nghiệm / test inbox",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.world = world
    app.state.oauth = oauth
    for room in (zalo_bot, esms, webhook):
        app.include_router(room.routes(world))
    app.include_router(zalo_oauth.routes(world, oauth))
    app.include_router(zalo_template.routes(world, oauth))
    _add_page(app, world)
    return app


def _add_page(app: FastAPI, world: World) -> None:
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    @app.get("/")
    async def inbox() -> Response:
        html = pages.get_template("inbox.html").render(
            page=page(world.messages), channels=CHANNELS
        )
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    @app.get("/messages")
    async def fragment() -> Response:
        """The list alone, for the page that refreshes itself."""
        html = pages.get_template("messages.html").render(page=page(world.messages))
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    @app.get("/api/messages")
    async def messages(after: int = 0) -> Response:
        """All messages, the oldest first; `after` is the number of the last one known."""
        return json([one for one in world.messages if one.number > after])

    @app.get("/api/behaviours")
    async def behaviours() -> Response:
        return json(world.behaviours.by_recipient)

    @app.put("/api/behaviours")
    async def change(request: Request) -> Response:
        """Recipient → mishap (`simulators.inbox.behaviour`), in place of all that was told."""
        try:
            told = msgspec.json.decode(await request.body(), type=dict[str, str])
        except msgspec.DecodeError as error:
            return json({"error": f"an object of recipient and mishap is needed: {error}"}, 422)
        world.behaviours.by_recipient = told
        return json(told)

    @app.get("/healthz")
    async def healthz() -> Response:
        return json({"ok": True})
