"""Grafana as a child process, where grafana-server is on this machine.

Each tenant gets a datasource with a credential of its own that may read its database and nothing
else. Tenants that are added later appear at the next start.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from urllib.parse import urlsplit

import httpx

from app import components, packages
from app.influx_access import client
from app.runtime import Runtime
from app.secret_store import Secrets
from app.state import State
from app.supervisor import Component
from dashboards import provision
from registry.records import database
from registry.store import Registry
from telemetry.kinds import KINDS


def reader(tenant: str, secrets: Secrets) -> tuple[str, str]:
    """User name and password of Grafana at a tenant's database."""
    key = secrets.grafana_reader.encode()
    return f"grafana_{tenant}", hmac.new(key, tenant.encode(), hashlib.sha256).hexdigest()


def component(
    state: State, runtime: Runtime, secrets: Secrets, registry: Registry
) -> Component | None:
    """Grafana with Kênh's datasources and dashboards; None where grafana-server is not there."""
    binary = packages.find(packages.GRAFANA)
    if binary is None:
        return None
    where = urlsplit(runtime.grafana_url)
    settings = provision.Settings(
        where.hostname or "", where.port or 0, secrets.grafana_admin, runtime.portal_open
    )
    sources = _sources(runtime, secrets, registry)
    ini = provision.write(state.grafana, sources, settings)
    command = provision.grafana_command(binary, provision.grafana_home(binary), ini)
    needs = () if runtime.influx_external else ("influxdb",)
    return components.grafana(
        tuple(command), state.grafana, lambda: _is_up(runtime.grafana_url), needs
    )


def grant_readers(runtime: Runtime, secrets: Secrets, registry: Registry) -> None:
    """Make the read-only users on an InfluxDB 1.x; on 2.x an administrator makes their tokens."""
    if runtime.influx_version != 1:
        return
    with client(runtime, secrets) as influx:
        there = {str(row[0]) for one in influx.query("", "SHOW USERS") for row in one.values}
        for tenant in registry.tenants():
            user, password = reader(tenant.id, secrets)
            name = database(tenant.id)
            influx.query("", f'CREATE DATABASE "{name}"')
            if user in there:
                influx.query("", f"SET PASSWORD FOR \"{user}\" = '{password}'")
            else:
                influx.query("", f"CREATE USER \"{user}\" WITH PASSWORD '{password}'")
            influx.query("", f'GRANT READ ON "{name}" TO "{user}"')


def _sources(
    runtime: Runtime, secrets: Secrets, registry: Registry
) -> list[provision.TenantDatasource]:
    sectors: dict[str, set[str]] = {}
    for device in registry.devices():
        sectors.setdefault(device.tenant, set()).add(KINDS[device.kind].sector)
    found = []
    for tenant in registry.tenants():
        user, password = reader(tenant.id, secrets)
        if runtime.influx_version != 1:
            user, password = runtime.influx_username, secrets.grafana_influx
        found.append(
            provision.TenantDatasource(
                tenant.id,
                tenant.name,
                database(tenant.id),
                runtime.influx_url,
                user,
                password,
                tuple(sorted(sectors.get(tenant.id, ()))),
            )
        )
    return found


async def _is_up(url: str) -> bool:
    def ask() -> bool:
        try:
            return httpx.get(f"{url}/api/health", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    return await asyncio.to_thread(ask)
