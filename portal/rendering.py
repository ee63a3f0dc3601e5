"""From facts and words to HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.words import WORDS, Language, language_of
from portal.writing import Writing

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "kenh_language"
YEAR_S = 365 * 86_400


class Pages:
    """Renders templates in the reader's language."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["initial"] = lambda text: text[:1].upper() + text[1:]
        self._templates.globals["asset"] = _asset_addresses().__getitem__

    def answer(
        self, request: Request, template: str, facts: Mapping[str, object], status: int = 200
    ) -> HTMLResponse:
        """`template` as a response; a language chosen by `?lang=` is remembered.

        The browser's `Accept-Language` is not asked: shared control-room machines often speak
        English while the crew reads Vietnamese.
        """
        language = _language(request)
        text = self._templates.get_template(template).render(w=Writing(language), **facts)
        response = HTMLResponse(text, status)
        if "lang" in request.query_params:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="strict", httponly=True
            )
        return response

    def error(self, request: Request, status: int) -> Response:
        words = Writing(_language(request))
        key = f"error-{status}" if f"error-{status}" in WORDS else "error-other"
        return self.answer(request, "error.html", {"status": status, "told": words(key)}, status)


def _language(request: Request) -> Language:
    return language_of(request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE))


def _asset_addresses() -> dict[str, str]:
    """Addresses that change with the files' content, so that browsers may keep them for long."""
    return {
        path.name: f"/static/{path.name}?{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
        for path in STATIC.iterdir()
    }
