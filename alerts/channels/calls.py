"""HTTP calls whose secrets stay out of every log, and whose failures are outcomes.

The bot's token stands in its URL, access tokens stand in headers. httpx logs every URL at INFO
and httpcore every header at DEBUG, so their loggers are deaf while one of our calls runs; and no
exception, which would carry its request, ever leaves `call`.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import logging
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TypeVar

import httpx
import msgspec

from alerts.model import Ambiguous, Refused, RetryAfter

MOST_BYTES = 64 * 1024
"""As much of an answer as is read: none of the providers says more."""

_CHATTY = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")

_quiet: ContextVar[bool] = ContextVar("quiet", default=False)

Decoded = TypeVar("Decoded")


class Answer(msgspec.Struct, frozen=True):
    """What the far end said. `retry_ms`: how long it asks to be left alone, 0 if it does not."""

    status: int
    body: bytes
    retry_ms: int = 0

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def client(timeout_s: float, proxy: str = "") -> httpx.AsyncClient:
    """A client that goes only where it is told: no environment, no redirects."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout_s, connect=timeout_s / 2, pool=None),
        proxy=proxy or None,
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": "Kenh"},
    )


async def call(
    web: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    params: dict[str, str] | None = None,
    content: bytes | None = None,
    form: dict[str, str] | None = None,
) -> Answer | RetryAfter | Ambiguous | Refused:
    """One request. `RetryAfter`: surely nothing was sent; `Ambiguous`: perhaps it was taken;
    `Refused`: there is nobody to call."""
    total = web.timeout.read or 10.0
    try:
        with _unlogged():
            async with (
                asyncio.timeout(total + (web.timeout.connect or 0.0)),
                web.stream(
                    method, url, headers=headers, params=params, content=content, data=form
                ) as response,
            ):
                body = await _read(response)
                return Answer(response.status_code, body, _retry_ms(response))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
        return RetryAfter(0, "cannot be reached: check the address and the network")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        return Refused("its address is no URL that can be called: correct it", "dead")
    except (httpx.TimeoutException, TimeoutError):
        return Ambiguous("no answer in time")
    except httpx.HTTPError as error:
        return Ambiguous(f"the connection broke ({type(error).__name__})")


def decode(body: bytes, kind: type[Decoded]) -> Decoded | None:
    """`body` as `kind`, numbers as strings allowed; None where it is something else."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def clipped(text: str, secrets: tuple[str, ...] = ()) -> str:
    """A provider's words for the book: one short line without any of our secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:157]}..."


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            break
    return body[:MOST_BYTES]


def _retry_ms(response: httpx.Response) -> int:
    """`Retry-After`: seconds, or a date (RFC 9110); at most an hour is believed."""
    said = response.headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        seconds = float(said)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(said).timestamp() - time.time()
        except (TypeError, ValueError):
            seconds = 0.0
    return int(min(max(seconds, 0.0), 3600.0) * 1000)


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    before = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(before)


def _not_ours(_record: logging.LogRecord) -> bool:
    return not _quiet.get()


for _name in _CHATTY:
    logging.getLogger(_name).addFilter(_not_ours)
