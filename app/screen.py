"""What the terminal shows: the addresses."""

from __future__ import annotations

from rich.table import Table

from app.runtime import Runtime
from app.state import State


def addresses(runtime: Runtime, state: State) -> Table:
    """Where everything is; secrets stand in endpoints.json only."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("Portal", runtime.portal_link)
    mqtt = f"mqtt://{runtime.mqtt_host}:{runtime.mqtt_port} (this machine only)"
    table.add_row("MQTT", mqtt)
    if runtime.tls_port:
        where = runtime.tls_bind or "every address of this machine"
        table.add_row("MQTT over TLS", f"port {runtime.tls_port} on {where}")
    table.add_row("InfluxDB", runtime.influx_url)
    table.add_row("Grafana", runtime.grafana_url or "grafana-server is not on this machine")
    if runtime.inbox_url:
        table.add_row("Inbox", f"{runtime.inbox_url} (local fakes of Zalo, SMS and webhook)")
    table.add_row("Credentials", str(state.endpoints))
    return table
