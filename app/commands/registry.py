"""`kenh tenant|site|device|contact|area|kinds`: who owns what, and who is told."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import JsonOption, StateOption
from app.state import State

if TYPE_CHECKING:
    from registry.store import Registry

Id = Annotated[str, typer.Argument(help="3 to 64 characters of a-z, 0-9 and '-'.")]
Name = Annotated[str, typer.Option("--name", help="In Vietnamese.  [default: the id]")]
NameEn = Annotated[str, typer.Option("--name-en", help="In English.")]
TenantFilter = Annotated[str | None, typer.Option("--tenant", help="Only this tenant's.")]

tenant_cli = typer.Typer(help="Organisations that own sites and devices.", no_args_is_help=True)
site_cli = typer.Typer(help="Places with devices.", no_args_is_help=True)
device_cli = typer.Typer(help="Devices and their credentials.", no_args_is_help=True)
contact_cli = typer.Typer(help="Who is told of alarms.", no_args_is_help=True)
area_cli = typer.Typer(help="Administrative units.", no_args_is_help=True)


def add_to(cli: typer.Typer) -> None:
    cli.add_typer(tenant_cli, name="tenant")
    cli.add_typer(site_cli, name="site")
    cli.add_typer(device_cli, name="device")
    cli.add_typer(contact_cli, name="contact")
    cli.add_typer(area_cli, name="area")
    cli.command("kinds")(kinds)


@tenant_cli.command("add")
def add_tenant(
    id: Id,  # noqa: A002
    name: Annotated[str, typer.Option("--name", help="In Vietnamese.")],
    name_en: NameEn = "",
    sector: Annotated[
        str, typer.Option("--sector", help="water, power, traffic, environment or industry.")
    ] = "",
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Add an organisation; it has an InfluxDB database of its own."""
    with _registry(state) as registry:
        _added("tenant", registry.add_tenant(id, name, name_en, sector), id, json)


@tenant_cli.command("list")
def list_tenants(state: StateOption = None, json: JsonOption = False) -> None:
    """List the organisations."""
    with _registry(state) as registry:
        _listed(("id", "sector", "name", "name_en"), registry.tenants(), json)


@site_cli.command("add")
def add_site(
    id: Id,  # noqa: A002
    tenant: Annotated[str, typer.Option("--tenant", help="The tenant who owns it.")],
    area: Annotated[str, typer.Option("--area", help="A code of 'kenh area list'.")],
    name: Name = "",
    name_en: NameEn = "",
    lat: Annotated[float | None, typer.Option("--lat", help="Degrees north, WGS 84.")] = None,
    lon: Annotated[float | None, typer.Option("--lon", help="Degrees east, WGS 84.")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Add a place; without --lat and --lon it stands in the middle of its area."""
    with _registry(state) as registry:
        _added("site", registry.add_site(id, tenant, area, name, name_en, lat, lon), id, json)


@site_cli.command("list")
def list_sites(
    tenant: TenantFilter = None, state: StateOption = None, json: JsonOption = False
) -> None:
    """List the places."""
    with _registry(state) as registry:
        columns = ("id", "tenant", "area", "lat", "lon", "name", "name_en")
        _listed(columns, registry.sites(tenant), json)


@device_cli.command("add")
def add_device(
    id: Id,  # noqa: A002
    site: Annotated[str, typer.Option("--site", help="The site where it stands.")],
    kind: Annotated[str, typer.Option("--kind", help="A kind of 'kenh kinds'.")],
    name: Name = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Take the password from standard input.")
    ] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Add a device and print its credential, this one time."""
    from telemetry.topics import up

    chosen = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with _registry(state) as registry:
        password = registry.add_device(id, site, kind, name, chosen)
        device = registry.device(id)
    credential = {
        "id": id,
        "site": site,
        "kind": kind,
        "tenant": device.tenant,
        "username": id,
        "password": password,
        "topic": up(id, "telemetry"),
    }
    if json:
        _print_json(credential)
    else:
        for label in ("username", "password", "topic"):
            typer.echo(f"{label:9} {credential[label]}")
        typer.echo("Keep the password now: only its hash is stored, nobody can show it again.")


@device_cli.command("list")
def list_devices(
    tenant: TenantFilter = None,
    site: Annotated[str | None, typer.Option("--site", help="Only this site's.")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """List the devices, revoked ones too."""
    with _registry(state) as registry:
        columns = ("id", "tenant", "site", "kind", "active", "name")
        _listed(columns, registry.devices(tenant, site), json)


@device_cli.command("revoke")
def revoke_device(
    id: Annotated[str, typer.Argument(help="The device.")],  # noqa: A002
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Forget a device's credential: it connects no more, its readings are refused."""
    with _registry(state) as registry:
        registry.revoke_device(id)
        device = registry.device(id)
    if json:
        _print_json(device)
    else:
        typer.echo(f"device {id} is revoked")


@contact_cli.command("add")
def add_contact(
    id: Id,  # noqa: A002
    tenant: Annotated[str, typer.Option("--tenant", help="Whose alarms.")],
    group: Annotated[str, typer.Option("--group", help="The rules' 'notify': water-duty, …")],
    channel: Annotated[
        str, typer.Option("--channel", help="zalo-bot, zalo-template, esms or webhook.")
    ],
    address: Annotated[str, typer.Option("--address", help="A phone number, chat id or URL.")],
    name: Name = "",
    lang: Annotated[str, typer.Option("--lang", help="vi or en.")] = "vi",
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Add a person or a system that is told of alarms."""
    with _registry(state) as registry:
        contact = registry.add_contact(id, tenant, name, group, channel, address, lang)
        _added("contact", contact, id, json)


@contact_cli.command("remove")
def remove_contact(
    id: Annotated[str, typer.Argument(help="The contact.")],  # noqa: A002
    state: StateOption = None,
) -> None:
    """Tell a contact no more."""
    with _registry(state) as registry:
        registry.remove_contact(id)
    typer.echo(f"contact {id} is removed")


@contact_cli.command("list")
def list_contacts(
    tenant: TenantFilter = None,
    group: Annotated[str | None, typer.Option("--group", help="Only this group's.")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """List who is told of alarms."""
    with _registry(state) as registry:
        columns = ("id", "tenant", "group", "channel", "address", "lang", "name")
        _listed(columns, registry.contacts(tenant, group), json)


@area_cli.command("list")
def list_areas(_state: StateOption = None, json: JsonOption = False) -> None:
    """List the administrative units of 2025 and those of 2023."""
    from registry.areas import AREAS

    _listed(("code", "year", "parent", "lat", "lon", "name"), AREAS.values(), json)


def kinds(_state: StateOption = None, json: JsonOption = False) -> None:
    """List the kinds of device, what they measure and how often."""
    from telemetry.catalogue import QUANTITIES, field_of
    from telemetry.durations import format_duration
    from telemetry.kinds import KINDS

    if json:
        _print_json(
            [
                {
                    "id": kind.id,
                    "sector": kind.sector,
                    "name": {"vi": kind.vi, "en": kind.en},
                    "quantities": [
                        {"key": key, "field": field_of(q, kind.sector), "unit": q.unit}
                        for key in kind.quantities
                        for q in (QUANTITIES[key],)
                    ],
                    "interval_s": kind.interval_s,
                }
                for kind in KINDS.values()
            ]
        )
        return
    rows = []
    for kind in KINDS.values():
        measured = (QUANTITIES[key] for key in kind.quantities)
        shown = ", ".join(
            f"{field_of(q, kind.sector)} {q.unit}".removesuffix(" 1") for q in measured
        )
        every = format_duration(kind.interval_s * 1000)
        rows.append((kind.id, kind.sector, f"{kind.vi} / {kind.en}", every, shown))
    _table(("kind", "sector", "name", "every", "quantities"), rows)


@contextlib.contextmanager
def _registry(state: Path | None) -> Iterator[Registry]:
    """The registry of this state; it is made where there is none, so that devices can be added
    before the platform's first start."""
    from registry.store import Registry

    with Registry(State.at(state).registry_url) as registry:
        registry.migrate()
        yield registry


def _added(what: str, record: object, key: str, json: bool) -> None:
    if json:
        _print_json(record)
    else:
        typer.echo(f"{what} {key} is added")


def _listed(columns: Sequence[str], records: Iterable[object], json: bool) -> None:
    if json:
        _print_json(list(records))
    else:
        _table(columns, ([_shown(getattr(one, name)) for name in columns] for one in records))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for a person; for a pipe, lines with tabs."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        for row in (columns, *rows):
            typer.echo("\t".join(row))
        return
    table = Table(box=None)
    table.add_column(columns[0], no_wrap=True)  # what people copy: the others give way
    for column in columns[1:]:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # names are no markup
    console.print(table)


def _print_json(value: object) -> None:
    import msgspec

    typer.echo(msgspec.json.encode(value).decode())
