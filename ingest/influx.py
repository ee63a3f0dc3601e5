"""The one client of InfluxDB: `/write` with line protocol and `/query` with InfluxQL.

Every version speaks this dialect (on 2.x the token is the password). Errors are classed by the
caller's next move. The client is safe to share between threads; each call blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec
import urllib3

from telemetry.errors import KenhError

CONNECT_S = 3.0
ANSWER_S = 15.0
"""InfluxDB itself gives a write up after 10 s."""

Value = str | int | float | bool | None


@dataclass(frozen=True)
class InfluxAddress:
    """An InfluxDB and the user that we are to it. `org` is set for a 2.x, whose API token is the
    password then (any user name will do)."""

    url: str
    username: str = "kenh"
    password: str = field(default="", repr=False)
    org: str = ""


class InfluxError(KenhError):
    """A call that failed: one line, with the engine's own words."""


class Retry(InfluxError):  # noqa: N818
    """It may work later, after `after` seconds where the engine said so."""

    def __init__(self, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.after = after


class Refused(InfluxError):  # noqa: N818
    """The engine will never take this: a line, or the query, is bad."""


class TooLarge(InfluxError):  # noqa: N818
    """The body is larger than the engine takes: send it in parts."""


class Missing(InfluxError):  # noqa: N818
    """The database does not exist."""


class Denied(InfluxError):  # noqa: N818
    """The user or the token may not do this."""


class Series(msgspec.Struct, frozen=True):
    """One series of an answer; a time stands in ms since 1970."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Value]] = []

    def rows(self) -> list[dict[str, Value]]:
        """Each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.values]


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


class _Problem(msgspec.Struct):
    error: str = ""
    message: str = ""


class Influx:
    """A client with connections that are kept alive. `close` ends them."""

    def __init__(self, address: InfluxAddress, *, connections: int = 8) -> None:
        where = urllib3.util.parse_url(address.url)
        self._prefix = (where.path or "").rstrip("/")
        self._url = address.url
        self._headers = urllib3.make_headers(
            basic_auth=f"{address.username}:{address.password}", user_agent="kenh"
        )
        self._pool = urllib3.connection_from_url(
            address.url,
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S),
        )

    def write(self, database: str, body: bytes) -> None:
        """Write lines, all of them or as many as the engine takes. Raises an `InfluxError`."""
        self._post("/write", {"db": database}, body)

    def query(self, database: str, influxql: str) -> list[Series]:
        """The series of a query's answer. Raises an `InfluxError`."""
        form = urlencode({"q": influxql, "db": database, "epoch": "ms"})
        data = self._post("/query", {}, form.encode(), "application/x-www-form-urlencoded")
        answer = msgspec.json.decode(data, type=_Answer)
        error = answer.error or next((r.error for r in answer.results if r.error), "")
        if "database not found" in error:
            raise Missing(f"InfluxDB: {error}")
        if error:
            raise Refused(f"InfluxDB: {error}: {influxql}")
        return [series for result in answer.results for series in result.series]

    def ping(self) -> bool:
        """Whether it answers now."""
        try:
            return self._pool.request("GET", f"{self._prefix}/ping").status < 300
        except urllib3.exceptions.HTTPError:
            return False

    def close(self) -> None:
        self._pool.close()

    def _post(
        self, path: str, arguments: dict[str, str], body: bytes, kind: str = "text/plain"
    ) -> bytes:
        target = f"{self._prefix}{path}"
        if arguments:
            target += "?" + urlencode(arguments)
        try:
            answer = self._pool.request(
                "POST", target, body=body, headers={**self._headers, "Content-Type": kind}
            )
        except urllib3.exceptions.HTTPError as error:
            raise Retry(f"InfluxDB at {self._url} does not answer: {_words(error)}") from None
        if answer.status < 300:
            return answer.data
        raise _error(answer.status, _detail(answer.data), answer.headers.get("Retry-After"))


def _error(status: int, detail: str, retry_after: str | None) -> InfluxError:
    """What a status means for the caller."""
    text = f"InfluxDB says {status}: {detail}"
    match status:
        case 400 | 422:
            return Refused(text)
        case 401 | 403:
            return Denied(text)
        case 404:
            return Missing(text)
        case 413:
            return TooLarge(text)
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    return Retry(text, seconds)


def _detail(body: bytes) -> str:
    """The engine's words out of its answer."""
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.MsgspecError:
        return body[:300].decode(errors="replace").strip()
    return problem.error or problem.message


def _words(error: Exception) -> str:
    """What the network said, without the names of objects that urllib3 puts before it."""
    return str(error).rpartition(">: ")[2] or type(error).__name__
