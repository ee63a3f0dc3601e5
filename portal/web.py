"""The portal as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from alerts.book import Book
from ingest.influx import Influx
from portal.access import Access
from portal.api import api_routes
from portal.headers import SecurityHeaders
from portal.health import health_routes
from portal.latest import LatestReader
from portal.pages import page_routes
from portal.problems import Problem, handle_problems
from portal.rendering import STATIC, Pages
from portal.settings import PortalSettings
from portal.sources import Sources
from portal.visitors import SignInFirst, Visitors, sign_in_routes, to_sign_in
from registry.store import Registry

ABOUT = """\
Kênh: telemetry of essential infrastructure. Send the API token as `Authorization: Bearer …`.
Lists come in pages: pass `next` as `?cursor=` until it is null. Errors are RFC 9457 problems.
"""


def create(settings: PortalSettings) -> FastAPI:
    """The portal for these settings; what it opens is closed when the application ends."""
    opened = ExitStack()
    registry = opened.enter_context(Registry(settings.registry_url))
    book = opened.enter_context(Book(settings.alerts_url))
    influx = opened.enter_context(closing(Influx(settings.influx)))
    sources = Sources(
        registry, book, LatestReader(influx), settings.run_folder, settings.time_scale
    )
    return assemble(sources, Access(settings.token, settings.open), opened)


def assemble(sources: Sources, access: Access, opened: ExitStack | None = None) -> FastAPI:
    """The portal over these sources; `opened` is closed with it."""

    @asynccontextmanager
    async def lifespan(_web: FastAPI) -> AsyncIterator[None]:
        with opened or ExitStack():
            yield

    web = FastAPI(
        title="Kênh",
        version="1",
        description=ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses={
            "4XX": {
                "description": "A problem: what is wrong and what to do.",
                "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
            }
        },
    )
    pages = Pages()
    visitors = Visitors(access, sources.now)
    handle_problems(web, pages.error)
    web.include_router(health_routes(sources))
    web.include_router(api_routes(sources, access))
    web.include_router(sign_in_routes(access, visitors, pages, sources.now))
    web.include_router(page_routes(sources, visitors, pages, open_=access.open))
    web.add_exception_handler(SignInFirst, to_sign_in)
    web.mount("/static", StaticFiles(directory=STATIC))
    web.add_middleware(GZipMiddleware, minimum_size=1_000)
    web.add_middleware(SecurityHeaders)
    return web
