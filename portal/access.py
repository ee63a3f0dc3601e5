"""Who may come in: the bearer token, the page's session, and from where a form may be sent."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

SESSION_COOKIE = "kenh_session"
SESSION_MS = 12 * 3_600_000
"""A session lasts one shift of a duty crew."""


class Refusal(StrEnum):
    """Why a request may not do what it asks."""

    NO_TOKEN = "no-token"  # noqa: S105
    WRONG_TOKEN = "wrong-token"  # noqa: S105
    NO_SESSION = "no-session"
    OTHER_SITE = "other-site"
    STRANGE_HOST = "strange-host"


@dataclass(frozen=True)
class Access:
    """The portal's one door. A session is stateless: `expiry.nonce.signature`, keyed by the token,
    so it outlives a restart of the portal and ends when the token is changed."""

    token: str = field(repr=False)
    open: bool = False

    def refuse_bearer(self, authorization: str | None) -> Refusal | None:
        """Why this `Authorization` header is not good enough; None where it is."""
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            return Refusal.NO_TOKEN
        return None if self.is_token(given.strip()) else Refusal.WRONG_TOKEN

    def is_token(self, given: str) -> bool:
        """Whether `given` is the token, found out in constant time."""
        return hmac.compare_digest(_digest(given), _digest(self.token))

    def refuse_visitor(self, session: str | None, host: str, now: int) -> Refusal | None:
        """Why the page is not shown; None where it is.

        Where no sign-in is asked for, only an address or `localhost` is answered: a name that
        somebody else's name server points at the loopback would make that site "our own".
        """
        if self.open:
            return None if _is_own_address(host) else Refusal.STRANGE_HOST
        return None if self._is_session(session or "", now) else Refusal.NO_SESSION

    def new_session(self, now: int) -> str:
        body = f"{now + SESSION_MS}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._sign(body)}"

    def _is_session(self, session: str, now: int) -> bool:
        body, _, signature = session.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return False
        return int(body.partition(".")[0]) > now

    def _sign(self, body: str) -> str:
        key = _digest(f"kenh page session {self.token}")
        return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


def refuse_form(headers: Mapping[str, str]) -> Refusal | None:
    """Whether another site's page sent this form. `headers` has lower-case names.

    Browsers send `Sec-Fetch-Site` only to addresses they trust (https, the loopback), and
    `Origin` with every form; what sends neither is no browser, and has the API.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return None if site == "same-origin" else Refusal.OTHER_SITE
    origin = urlsplit(headers.get("origin", ""))
    same = origin.netloc != "" and origin.netloc == headers.get("host")
    return None if same else Refusal.OTHER_SITE


def _is_own_address(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
