"""Fake of Zalo's sign-in: single-use refresh tokens; a new access token kills the old one."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from simulators.inbox.world import World, json


class Given(msgspec.Struct, frozen=True):
    """The tokens that are valid now. `seed` is the refresh token that it all began with."""

    seed: str
    refresh: str
    access: str = ""
    access_ends: int = 0


class Oauth:
    """Keeps the valid tokens in a file, since a restart of Zalo's would not lose them either."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._path: Path = world.settings.folder / "zalo-oauth.json"
        self._given = self._read()

    def is_valid(self, access_token: str) -> bool:
        given = self._given
        return (
            bool(given.access)
            and hmac.compare_digest(access_token.encode(), given.access.encode())
            and self._world.clock() < given.access_ends
        )

    def refresh(self, refresh_token: str) -> Given | None:
        """The next pair; None for a refresh token that is unknown or used."""
        if not hmac.compare_digest(refresh_token.encode(), self._given.refresh.encode()):
            return None
        life_ms = self._world.settings.zalo_access_life_s * 1000
        self._keep(
            Given(
                self._given.seed,
                f"refresh-{secrets.token_urlsafe(24)}",
                f"access-{secrets.token_urlsafe(24)}",
                self._world.clock() + life_ms,
            )
        )
        return self._given

    def revoke_access(self) -> None:
        """Kill the access token, as a sign-in elsewhere does in the middle of things."""
        self._keep(msgspec.structs.replace(self._given, access=""))

    def lose_refresh(self) -> None:
        """Kill the refresh token too: only the administrator's new sign-in helps."""
        self._keep(Given(self._given.seed, f"refresh-{secrets.token_urlsafe(24)}"))

    def _keep(self, given: Given) -> None:
        self._given = given
        self._path.write_bytes(msgspec.json.encode(given))

    def _read(self) -> Given:
        fresh = Given(
            self._world.settings.zalo_refresh_token, self._world.settings.zalo_refresh_token
        )
        try:
            known = msgspec.json.decode(self._path.read_bytes(), type=Given)
        except (FileNotFoundError, msgspec.DecodeError):
            return fresh
        return known if known.seed == fresh.seed else fresh


def routes(world: World, oauth: Oauth) -> APIRouter:
    found = APIRouter()
    settings = world.settings

    @found.post("/v4/oa/access_token")
    async def access_token(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = {name: values[0] for name, values in form.items()}
        if request.headers.get("secret_key") != settings.zalo_app_secret:
            return _failed(-14004, "Invalid secret key")
        if given.get("app_id") != settings.zalo_app_id:
            return _failed(-14002, "Invalid app id")
        if given.get("grant_type") != "refresh_token":
            return _failed(-14005, "Invalid grant type")
        pair = oauth.refresh(given.get("refresh_token", ""))
        if pair is None:
            return _failed(-14014, "Invalid refresh token.")
        return json(
            {
                "access_token": pair.access,
                "refresh_token": pair.refresh,
                "expires_in": str(settings.zalo_access_life_s),
            }
        )

    return found


def _failed(code: int, name: str) -> Response:
    """Zalo answers HTTP 200 with an error body. The numbers here are not confirmed by its page."""
    return json({"error_name": name, "error_reason": name, "error": code})
