"""STATE/runtime.json: the configuration with every address decided.

The supervisor writes it before it starts the components, since ports may have been chosen at
that moment. A component that runs alone (systemd, a container) decides from its own
configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from app.config import Config
from app.files import write_whole
from app.ports import in_url
from app.state import State

SHIPPED_PACKS = Path(__file__).resolve().parent.parent / "rules" / "packs"


class Runtime(msgspec.Struct, frozen=True):
    """Addresses and settings that all components of one installation share. No secrets."""

    mqtt_host: str
    mqtt_port: int
    mqtt_external: bool
    tls_bind: str
    tls_port: int  # 0: none
    ingest_username: str
    admin_username: str
    influx_url: str
    influx_external: bool
    influx_version: int
    influx_username: str
    influx_org: str
    portal_host: str
    portal_port: int
    portal_open: bool
    portal_public_url: str
    inbox_url: str  # "": the real providers
    grafana_url: str  # "": none
    packs: str
    time_scale: float
    future_tolerance_ms: int
    lateness_ms: int
    spool_max_bytes: int
    dead_letters_max_bytes: int

    @property
    def portal_url(self) -> str:
        return f"http://{in_url(self.portal_host)}:{self.portal_port}"

    @property
    def portal_link(self) -> str:
        """The address that a person outside this machine follows."""
        return self.portal_public_url or self.portal_url


def decide(config: Config, pick: Callable[[str, str, int], int], grafana: bool) -> Runtime:
    """Every address: `pick(what, host, wanted port)` says which port it becomes."""
    mqtt, influx, portal, inbox = config.mqtt, config.influx, config.portal, config.inbox
    grafana_url = config.grafana.url
    if not grafana_url and grafana:
        host = config.grafana.host
        grafana_url = f"http://{in_url(host)}:{pick('Grafana', host, config.grafana.port)}"
    return Runtime(
        mqtt_host=mqtt.host,
        mqtt_port=mqtt.port if mqtt.external else pick("MQTT", mqtt.host, mqtt.port),
        mqtt_external=mqtt.external,
        tls_bind=mqtt.tls_bind,
        tls_port=(
            0
            if mqtt.external or not mqtt.tls_port
            else pick("MQTT over TLS", mqtt.tls_bind, mqtt.tls_port)
        ),
        ingest_username=mqtt.ingest_username,
        admin_username=mqtt.admin_username,
        influx_url=influx.url.rstrip("/")
        or f"http://{in_url(influx.host)}:{pick('InfluxDB', influx.host, influx.port)}",
        influx_external=bool(influx.url),
        influx_version=influx.version,
        influx_username=influx.username,
        influx_org=influx.org,
        portal_host=portal.host,
        portal_port=pick("Portal", portal.host, portal.port),
        portal_open=portal.open,
        portal_public_url=portal.public_url,
        inbox_url=(
            f"http://{in_url(inbox.host)}:{pick('Inbox', inbox.host, inbox.port)}"
            if inbox.enabled
            else ""
        ),
        grafana_url=grafana_url,
        packs=config.rules.packs or str(SHIPPED_PACKS),
        time_scale=config.rules.time_scale,
        future_tolerance_ms=config.ingest.future_tolerance_s * 1000,
        lateness_ms=config.ingest.lateness_s * 1000,
        spool_max_bytes=config.ingest.spool_max_mb * 1_000_000,
        dead_letters_max_bytes=config.ingest.dead_letters_max_mb * 1_000_000,
    )


def write(state: State, runtime: Runtime) -> None:
    write_whole(state.path / "runtime.json", msgspec.json.encode(runtime).decode())


def read(state: State) -> Runtime | None:
    """What the supervisor of this state decided; None where none runs."""
    try:
        return msgspec.json.decode((state.path / "runtime.json").read_bytes(), type=Runtime)
    except (OSError, msgspec.DecodeError):
        return None


def as_configured(_what: str, _host: str, port: int) -> int:
    """The picker of a component that runs alone: ports as they are configured."""
    return port
