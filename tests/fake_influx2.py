"""InfluxDB 2.x as far as we use it: `/write`, `/query`, buckets; a local HTTP server.

What it imitates was read in the engine's source (2.7): a bucket is the database of its name, one
malformed line refuses the whole body with 400, a type conflict is 422, any user name goes with
the token as its password. The contract suite runs on it and on a real one alike.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ORG = "kenh"
TOKEN = "only-for-tests"

Row = dict[str, float | int | str]

_LINE = re.compile(
    r"(?P<series>(?:\\.|[^ \\])+) (?P<fields>(?:\\.|[^ \\])+) (?P<time>-?\d+)", re.ASCII
)
_PART = re.compile(r"((?:\\.|[^,\\])+)")
_FIELD = re.compile(r"([A-Za-z_][\w]*)=(-?\d+i|-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_SELECT = re.compile(r"SELECT (?P<fields>.+) FROM (?P<name>\S+)(?: WHERE (?P<where>.+))?")
_CONDITION = re.compile(r"\"?(\w+)\"? = '([^']*)'")


@dataclass
class Bucket:
    """Points by measurement and then by (tags, time); the type of every field."""

    points: dict[str, dict[tuple[str, int], Row]] = field(default_factory=dict)
    types: dict[tuple[str, str], type] = field(default_factory=dict)


@dataclass
class FakeInflux2:
    """The server's state, and what it is told to do wrong."""

    url: str = ""
    buckets: dict[str, Bucket] = field(default_factory=dict)
    down_for: int = 0  # answer so many writes with 503
    retry_after: str = ""
    broken: set[str] = field(default_factory=set)  # writes to these buckets get a 500
    max_body: int = 25_000_000
    writes: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def points(self, bucket: str) -> list[Row]:
        """Every point of a bucket."""
        with self.lock:
            found = self.buckets.get(bucket, Bucket()).points.values()
            return [row for points in found for row in points.values()]

    def write(self, bucket: Bucket, body: str) -> tuple[int, str]:
        """Take a whole body or none of it."""
        parsed = []
        for text in body.splitlines():
            match = _LINE.fullmatch(text)
            fields = match and _fields(match["fields"])
            if not match or not fields:
                return 400, f"unable to parse '{text[:60]}': bad line"
            name, *tags = _PART.findall(match["series"])
            parsed.append((name, tags, fields, int(match["time"])))
        for name, _, fields, _ in parsed:
            for key, value in fields.items():
                known = bucket.types.setdefault((name, key), type(value))
                if known is not type(value):
                    return 422, f'failure writing points: field type conflict: "{key}" on "{name}"'
        for name, tags, fields, time in parsed:
            row = bucket.points.setdefault(name, {}).setdefault((",".join(tags), time), {})
            row.update(fields, time=time // 1_000_000)
            row.update(tag.replace("\\", "").split("=", 1) for tag in tags)
        return 204, ""

    def query(self, bucket: Bucket, text: str) -> dict[str, Any]:
        match = _SELECT.fullmatch(text.strip())
        if match is None:
            return {"error": f"error parsing query: {text}"}
        names = [name.strip(' "') for name in match["fields"].split(",")]
        wanted = dict(_CONDITION.findall(match["where"] or ""))
        rows = [
            row
            for _, row in sorted(
                bucket.points.get(match["name"].strip('"'), {}).items(),
                key=lambda item: item[0][1],
            )
            if all(row.get(key) == value for key, value in wanted.items())
            and any(name in row for name in names)
        ]
        if not rows:
            return {}
        values = [[row["time"], *(row.get(name) for name in names)] for row in rows]
        series = {
            "name": match["name"].strip('"'),
            "columns": ["time", *names],
            "values": values,
        }
        return {"series": [series]}


def _fields(text: str) -> Row | None:
    found: Row = {}
    for part in text.split(","):
        match = _FIELD.fullmatch(part)
        if match is None:
            return None
        number = match[2]
        found[match[1]] = int(number[:-1]) if number.endswith("i") else float(number)
    return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self) -> None:
        fake = self.server.fake
        where = urlsplit(self.path)
        arguments = parse_qs(where.query)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with fake.lock:
            status, answer, headers = self._decide(fake, where.path, arguments, body)
        data = json.dumps(answer).encode() if answer is not None else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _decide(
        self, fake: FakeInflux2, path: str, arguments: dict[str, list[str]], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        if path == "/ping":
            return 204, None, {}
        if not self._has_token():
            return 401, {"code": "unauthorized", "message": "unauthorized access"}, {}
        match path:
            case "/write":
                return self._write(fake, arguments, body)
            case "/query":
                form = parse_qs(body.decode())
                bucket = fake.buckets.get(form.get("db", [""])[0])
                if bucket is None:
                    return 404, _problem("not found", "no dbrp mapping found"), {}
                return 200, {"results": [fake.query(bucket, form["q"][0])]}, {}
            case "/api/v2/orgs":
                return 200, {"orgs": [{"id": "00000000000000a1", "name": ORG}]}, {}
            case "/api/v2/buckets" if self.command == "POST":
                name = json.loads(body)["name"]
                if name in fake.buckets:
                    return 422, _problem("conflict", f"bucket {name} already exists"), {}
                fake.buckets[name] = Bucket()
                return 201, _bucket(name), {}
            case "/api/v2/buckets":
                names = [n for n in fake.buckets if n in arguments.get("name", fake.buckets)]
                return 200, {"buckets": [_bucket(name) for name in names]}, {}
        return 404, _problem("not found", f"path not found: {path}"), {}

    def _write(
        self, fake: FakeInflux2, arguments: dict[str, list[str]], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        fake.writes += 1
        if fake.down_for:
            fake.down_for -= 1
            headers = {"Retry-After": fake.retry_after} if fake.retry_after else {}
            return 503, _problem("unavailable", "the engine is busy"), headers
        if len(body) > fake.max_body:
            return 413, _problem("request too large", "the request body is too large"), {}
        name = arguments.get("db", [""])[0]
        if name in fake.broken:
            return 500, _problem("internal error", "this shard is broken"), {}
        bucket = fake.buckets.get(name)
        if bucket is None:
            return 404, _problem("not found", "no dbrp mapping found"), {}
        status, words = fake.write(bucket, body.decode())
        if status == 204:
            return 204, None, {}
        fake.refused += 1
        code = "invalid" if status == 400 else "unprocessable entity"
        return status, _problem(code, words), {}

    def _has_token(self) -> bool:
        kind, _, secret = (self.headers.get("Authorization") or "").partition(" ")
        if kind == "Basic":
            return base64.b64decode(secret).decode().partition(":")[2] == TOKEN
        return kind == "Token" and secret == TOKEN


def _problem(code: str, words: str) -> dict[str, str]:
    return {"code": code, "message": words}


def _bucket(name: str) -> dict[str, Any]:
    return {
        "id": "00000000000000b1",
        "name": name,
        "orgID": "00000000000000a1",
        "retentionRules": [],
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeInflux2


@contextmanager
def fake_influx2() -> Iterator[FakeInflux2]:
    """Serve on a free port of the loopback."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.fake = FakeInflux2(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
