"""How this installation reaches its InfluxDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.runtime import Runtime
from app.secret_store import Secrets
from ingest.influx import Influx, InfluxAddress


def address(runtime: Runtime, secrets: Secrets) -> InfluxAddress:
    org = runtime.influx_org if runtime.influx_version == 2 else ""
    return InfluxAddress(runtime.influx_url, runtime.influx_username, secrets.influx, org)


@contextmanager
def client(runtime: Runtime, secrets: Secrets) -> Iterator[Influx]:
    """A client for one use, closed after it."""
    influx = Influx(address(runtime, secrets))
    try:
        yield influx
    finally:
        influx.close()
