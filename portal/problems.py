"""Errors as RFC 9457 problem bodies for programs, and as a page for a person's browser."""

from __future__ import annotations

import http
from collections.abc import Sequence
from typing import Protocol

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from portal.headers import HEADERS
from registry.errors import RegistryError

log = structlog.get_logger("portal")


class Fault(BaseModel):
    """One thing wrong with a request: where (`query.limit`) and what."""

    where: str
    what: str


class Problem(BaseModel):
    """RFC 9457: what went wrong, in a form that every client can read."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] | None = None
    missing: list[str] | None = None


class Trouble(HTTPException):
    """An error with the parts of the platform that are `missing` because of it."""

    def __init__(
        self,
        status: int,
        detail: str,
        missing: Sequence[str] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.missing = list(missing)


class ErrorPage(Protocol):
    """Renders an error for a person; `status` chooses the words."""

    def __call__(self, request: Request, status: int) -> Response: ...


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        problem.status,
        headers,
        media_type="application/problem+json",
    )


def handle_problems(web: FastAPI, page: ErrorPage) -> None:
    """Answer every error of `web` in the form its client reads."""

    def answer(request: Request, problem: Problem, headers: dict[str, str]) -> Response:
        if _wants_page(request):
            shown = page(request, problem.status)
            shown.headers.update(headers)
            return shown
        return problem_response(problem, headers)

    @web.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        problem = Problem(
            title=http.HTTPStatus(error.status_code).phrase,
            status=error.status_code,
            detail=str(error.detail),
            instance=request.url.path,
            missing=(error.missing or None) if isinstance(error, Trouble) else None,
        )
        return answer(request, problem, dict(error.headers or {}))

    @web.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        faults = [
            Fault(where=".".join(map(str, fault["loc"])), what=str(fault["msg"]))
            for fault in error.errors()
        ]
        problem = Problem(
            title=http.HTTPStatus(422).phrase,
            status=422,
            detail=f"The request is not valid: {faults[0].where}: {faults[0].what}",
            instance=request.url.path,
            errors=faults,
        )
        return answer(request, problem, {})

    @web.exception_handler(RegistryError)
    @web.exception_handler(SQLAlchemyError)
    async def on_unreadable(request: Request, error: RegistryError | SQLAlchemyError) -> Response:
        registry = isinstance(error, RegistryError)
        log.error("a database cannot be read", path=request.url.path, error=str(error))
        problem = Problem(
            title="Service Unavailable",
            status=503,
            detail=f"The {'registry' if registry else 'book of alarms'} cannot be read.",
            instance=request.url.path,
            missing=["registry" if registry else "alerts"],
        )
        return answer(request, problem, {"Retry-After": "5"})

    @web.exception_handler(Exception)
    async def on_crash(request: Request, error: Exception) -> Response:
        log.error("request failed", path=request.url.path, exc_info=error)
        problem = Problem(
            title="Internal Server Error",
            status=500,
            detail="The portal failed at this request; its log says why.",
            instance=request.url.path,
        )
        # Starlette answers a crash outside of every middleware, that of the headers too.
        return answer(request, problem, {**HEADERS, "Cache-Control": "no-store"})


def _wants_page(request: Request) -> bool:
    in_api = request.url.path.startswith("/api/")
    return not in_api and "text/html" in request.headers.get("accept", "")
