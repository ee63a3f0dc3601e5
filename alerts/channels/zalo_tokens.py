"""Zalo's tokens: the access token lives 25 h, the refresh token is used once.

Refreshing kills both old tokens, so the new pair is on disk before anybody uses it, and one
refresher works at a time: a lock in this process, a lock file among processes. The one gap that
cannot be closed is a crash between Zalo's answer and the file; then the administrator signs in
again, and the new refresh token in the settings takes the file's place.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import msgspec

from alerts.channels.calls import Answer, call, clipped, decode
from alerts.model import Ambiguous, Refused, RetryAfter

MARGIN_MS = 60_000
"""A token that ends this soon is renewed first."""

LOCK_POLL_S = 0.05
SIGN_IN = "sign in to the Zalo account again and set the new refresh token"

NoToken = Refused | RetryAfter


class Pair(msgspec.Struct, frozen=True):
    """The file's content. `seed` is the digest of the refresh token that it all began with."""

    access_token: str
    refresh_token: str
    expires_at: int
    seed: str

    def __repr__(self) -> str:
        return f"Pair(expires_at={self.expires_at})"


class _Answer(msgspec.Struct):
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int = 90_000
    error: int = 0
    error_name: str = ""


class ZaloTokens:
    """Gives the access token that is valid now. `clock` gives ms since 1970."""

    def __init__(
        self,
        path: Path,
        first_refresh_token: str,
        app_id: str,
        app_secret: str,
        url: str,
        web: httpx.AsyncClient,
        clock: Callable[[], int],
    ) -> None:
        self._path = path
        self._first = first_refresh_token
        self._app_id = app_id
        self._app_secret = app_secret
        self._url = url
        self._web = web
        self._clock = clock
        self._lock = asyncio.Lock()

    async def access(self) -> str | NoToken:
        """The access token; renewed first where it ends soon."""
        pair = self._read()
        if pair is not None and pair.expires_at - MARGIN_MS > self._clock():
            return pair.access_token
        return await self.renew(pair.access_token if pair else "")

    async def renew(self, dead: str) -> str | NoToken:
        """A token other than `dead`: another refresher's, or a new one."""
        async with self._lock, self._file_lock():
            pair = self._read()
            if (
                pair is not None
                and pair.access_token != dead
                and pair.expires_at - MARGIN_MS > self._clock()
            ):
                return pair.access_token
            return await self._refresh(pair.refresh_token if pair else self._first)

    def secrets(self) -> tuple[str, ...]:
        """All that must not be shown."""
        pair = self._read()
        kept = (pair.access_token, pair.refresh_token) if pair else ()
        return (self._app_secret, self._first, *kept)

    async def _refresh(self, refresh_token: str) -> str | NoToken:
        answer = await call(
            self._web,
            "POST",
            f"{self._url}/v4/oa/access_token",
            headers={"secret_key": self._app_secret},
            form={
                "refresh_token": refresh_token,
                "app_id": self._app_id,
                "grant_type": "refresh_token",
            },
        )
        match answer:
            case Ambiguous(why=why):
                # No message was sent, so trying again repeats none; whether the refresh token
                # is used up by now, Zalo will say then.
                return RetryAfter(0, f"Zalo's sign-in: {why}")
            case RetryAfter() | Refused():
                return answer
            case Answer():
                return self._keep(answer, refresh_token)

    def _keep(self, answer: Answer, refresh_token: str) -> str | NoToken:
        reply = decode(answer.body, _Answer)
        if answer.status >= 500 or answer.status == 429 or reply is None:
            return RetryAfter(answer.retry_ms, f"Zalo's sign-in answered HTTP {answer.status}")
        if not reply.access_token or not reply.refresh_token:
            said = clipped(reply.error_name, (refresh_token, *self.secrets()))
            return Refused(f"Zalo's sign-in {reply.error}: {said}; {SIGN_IN}", "administrators")
        fresh = Pair(
            reply.access_token,
            reply.refresh_token,
            self._clock() + reply.expires_in * 1000,
            _digest(self._first),
        )
        self._write(fresh)
        return fresh.access_token

    def _read(self) -> Pair | None:
        """The pair on disk; None where there is none, or the administrator gave a new start."""
        try:
            pair = msgspec.json.decode(self._path.read_bytes(), type=Pair)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return pair if pair.seed == _digest(self._first) or not self._first else None

    def _write(self, pair: Pair) -> None:
        draft = self._path.with_name(f".{self._path.name}.draft")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, msgspec.json.encode(pair))
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name, too, survives a power cut
        finally:
            os.close(folder)

    @contextlib.asynccontextmanager
    async def _file_lock(self) -> AsyncIterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(
            self._path.with_name(f".{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600
        )
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await asyncio.sleep(LOCK_POLL_S)
            yield
        finally:
            os.close(handle)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]
