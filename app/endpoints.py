"""STATE/endpoints.json: where everything is, for scripts and tests; there only while it runs."""

from __future__ import annotations

import contextlib

import msgspec

from app.errors import CommandError
from app.files import write_whole
from app.runtime import Runtime
from app.secret_store import Secrets
from app.state import State


class MqttEndpoint(msgspec.Struct):
    host: str
    port: int
    tls_port: int
    username: str
    password: str


class InfluxEndpoint(msgspec.Struct):
    url: str
    username: str
    password: str
    version: int


class PortalEndpoint(msgspec.Struct):
    url: str
    token: str


class UrlEndpoint(msgspec.Struct):
    url: str


class Endpoints(msgspec.Struct):
    """The contract's file: it holds administrators' credentials, so only its owner reads it."""

    mqtt: MqttEndpoint
    influx: InfluxEndpoint
    portal: PortalEndpoint
    grafana: UrlEndpoint | None
    inbox: UrlEndpoint | None
    metrics: UrlEndpoint


def write(state: State, runtime: Runtime, secrets: Secrets) -> None:
    found = Endpoints(
        mqtt=MqttEndpoint(
            runtime.mqtt_host,
            runtime.mqtt_port,
            runtime.tls_port,
            runtime.admin_username,
            secrets.mqtt_admin,
        ),
        influx=InfluxEndpoint(
            runtime.influx_url, runtime.influx_username, secrets.influx, runtime.influx_version
        ),
        portal=PortalEndpoint(runtime.portal_url, secrets.portal_token),
        grafana=UrlEndpoint(runtime.grafana_url) if runtime.grafana_url else None,
        inbox=UrlEndpoint(runtime.inbox_url) if runtime.inbox_url else None,
        metrics=UrlEndpoint(f"{runtime.portal_url}/metrics"),
    )
    write_whole(state.endpoints, msgspec.json.encode(found).decode(), 0o600)


def read(state: State) -> Endpoints:
    """Where everything is; `CommandError` where nothing runs."""
    try:
        return msgspec.json.decode(state.endpoints.read_bytes(), type=Endpoints)
    except FileNotFoundError:
        raise CommandError(
            f"nothing runs with the state {state.path}: start it with './kenh up' or "
            "'./kenh demo', or name another state with --state"
        ) from None


def remove(state: State) -> None:
    with contextlib.suppress(FileNotFoundError):
        state.endpoints.unlink()
