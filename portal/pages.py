"""The first page, its live part, and acknowledging an alarm on it."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from alerts.errors import UnknownAlarm
from portal.geography import site_map
from portal.problems import Trouble
from portal.rendering import Pages
from portal.sources import Sources
from portal.visitors import Visitors, must_be_own_form

REFRESH_MS = 3_000
WHO = "portal"
"""Who acknowledges on the page: all who may sign in share the administrators' token."""


def page_routes(sources: Sources, visitors: Visitors, pages: Pages, *, open_: bool) -> APIRouter:
    """The routes of what a person sees; `open_` where nobody signs in, or out."""
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    inside = Depends(visitors.must_be_in)

    def facts() -> dict[str, object]:
        page = sources.overview()
        down = [one.name for one in sources.reports() if one.gone(page.now)]
        return {"page": page, "map": site_map(page.sites), "down": down}

    @routes.get("/", dependencies=[inside])
    def first_page(request: Request) -> Response:
        known = {"refresh_ms": REFRESH_MS, "signed_in": not open_}
        return pages.answer(request, "page.html", {**known, **facts()})

    @routes.get("/live")
    def live_part(request: Request) -> Response:
        """What the page's script puts in the place of the main part."""
        if not visitors.is_in(request):
            raise Trouble(401, "The session has ended: sign in again.")
        return pages.answer(request, "live.html", facts())

    @routes.get("/alarms/{alarm_id}", dependencies=[inside])
    def alarm(alarm_id: str) -> Response:
        """Where links in messages lead: the alarm's place on the first page."""
        return RedirectResponse(f"/#alarm-{alarm_id}", 303)

    @routes.post(
        "/alarms/{alarm_id}/acknowledge", dependencies=[Depends(must_be_own_form), inside]
    )
    def acknowledge(alarm_id: str) -> Response:
        try:
            sources.book.acknowledge(alarm_id, WHO, sources.now())
        except UnknownAlarm as error:
            raise Trouble(404, str(error)) from error
        return RedirectResponse("/", 303)

    return routes
