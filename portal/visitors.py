"""People who come with a browser: whether they are signed in, and whether a form is our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from portal.access import SESSION_COOKIE, SESSION_MS, Access, Refusal, refuse_form
from portal.problems import Trouble
from portal.rendering import Pages


class SignInFirst(Exception):  # noqa: N818 - no error: the way in
    """Leads a browser to the sign-in page."""


class Visitors:
    """FastAPI dependencies that keep pages for those who may see them."""

    def __init__(self, access: Access, now: Callable[[], int]) -> None:
        self._access = access
        self._now = now

    def is_in(self, request: Request) -> bool:
        """Whether this visitor may see the pages; `Trouble` 421 for a strange host name."""
        found = self._access.refuse_visitor(
            request.cookies.get(SESSION_COOKIE), request.headers.get("host", ""), self._now()
        )
        if found is Refusal.STRANGE_HOST:
            raise Trouble(421, "Open this page by its IP address or as localhost.")
        return found is None

    def must_be_in(self, request: Request) -> None:
        if not self.is_in(request):
            raise SignInFirst


def must_be_own_form(request: Request) -> None:
    """A dependency of every route that changes something."""
    if refuse_form(request.headers) is not None:
        raise Trouble(403, "This form was not sent from the portal's own page.")


async def to_sign_in(_request: Request, _error: Exception) -> Response:
    """Answers `SignInFirst`."""
    return RedirectResponse("/sign-in", 303)


def sign_in_routes(
    access: Access, visitors: Visitors, pages: Pages, now: Callable[[], int]
) -> APIRouter:
    routes = APIRouter(include_in_schema=False, default_response_class=Response)

    @routes.get("/sign-in")
    def sign_in_page(request: Request) -> Response:
        if visitors.is_in(request):
            return RedirectResponse("/", 303)
        return pages.answer(request, "sign_in.html", {"wrong": False})

    @routes.post("/sign-in", dependencies=[Depends(must_be_own_form)])
    def sign_in(request: Request, token: Annotated[str, Form()] = "") -> Response:
        if not access.is_token(token.strip()):
            return pages.answer(request, "sign_in.html", {"wrong": True}, 401)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            SESSION_COOKIE,
            access.new_session(now()),
            max_age=SESSION_MS // 1000,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @routes.post("/sign-out", dependencies=[Depends(must_be_own_form)])
    def sign_out() -> Response:
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
        return response

    return routes
