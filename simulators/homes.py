"""The demo's homes: four tenants of Hậu Giang with their sites and duty crews.

Places are those of the shared list of assets (seats, the park Sông Hậu, the plant on the Hậu
river) or the centroids of the units of 2025, so good to about three kilometres. The firm, the
crews and every telephone number are invented.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from registry.credentials import new_password
from registry.records import Contact, NewDevice, Site, Tenant
from registry.store import Registry
from simulators.keeping import keep
from simulators.roles import ROLES
from telemetry.errors import KenhError

WATER, POWER, ROADS, FIRM = "hawasuco", "pc-haugiang", "so-giao-thong", "cty-hai-san-mekong"

# fmt: off
TENANTS = (
    Tenant(WATER, "Công ty Cấp nước Hậu Giang", "Hậu Giang Water Supply Company", "water"),
    Tenant(POWER, "Công ty Điện lực Hậu Giang", "Hậu Giang Power Company", "power"),
    Tenant(ROADS, "Sở Giao thông", "Department of Roads", "traffic"),
    Tenant(FIRM, "Công ty Hải sản Mê Kông (giả định)", "Mekong Seafood (invented)", "industry"),
)

SITES = (
    Site("nha-may-nuoc-vi-thanh", WATER, "31321", "Nhà máy nước Vị Thanh",
         "Vị Thanh waterworks", 9.7668, 105.4652),
    Site("nha-may-nuoc-song-hau", WATER, "31366", "Nhà máy nước Sông Hậu",
         "Sông Hậu waterworks", 9.9400, 105.8700),
    Site("tram-bom-nga-bay", WATER, "31340", "Trạm bơm tăng áp Ngã Bảy",
         "Ngã Bảy booster station", 9.8156, 105.8212),
    Site("mang-nuoc-long-my", WATER, "31471", "Mạng cấp nước Long Mỹ",
         "Long Mỹ water network", 9.6862, 105.6091),
    Site("xa-no-vi-thanh", WATER, "31321", "Kênh Xà No tại Vị Thanh",
         "Xà No canal at Vị Thanh", 9.7632, 105.4710),
    Site("song-cai-lon", WATER, "31492", "Sông Cái Lớn tại Lương Tâm",
         "Cái Lớn river at Lương Tâm", 9.6200, 105.4278),
    Site("tram-110-vi-thanh", POWER, "31333", "Trạm 110 kV Vị Thanh",
         "Vị Thanh 110 kV substation", 9.7916, 105.4537),
    Site("tram-110-long-my", POWER, "31473", "Trạm 110 kV Long Mỹ",
         "Long Mỹ 110 kV substation", 9.7228, 105.5850),
    Site("khu-dan-cu-vi-thanh", POWER, "31321", "Khu dân cư Vị Thanh",
         "Vị Thanh homes", 9.7602, 105.4590),
    Site("khu-dan-cu-long-my", POWER, "31471", "Khu dân cư Long Mỹ",
         "Long Mỹ homes", 9.6820, 105.5990),
    Site("mat-troi-chau-thanh", POWER, "31369", "Điện mặt trời mái nhà Đông Phước",
         "Đông Phước rooftop solar", 9.9341, 105.7635),
    Site("ql61c-mot-ngan", ROADS, "31342", "QL61C đoạn Một Ngàn",
         "Highway 61C at Một Ngàn", 9.9170, 105.6170),
    Site("ql61c-vi-thanh", ROADS, "31465", "QL61C đoạn Vị Thanh",
         "Highway 61C at Vị Thanh", 9.8495, 105.5300),
    Site("ql1a-cai-tac", ROADS, "31369", "QL1A ngã ba Cái Tắc",
         "Highway 1A at Cái Tắc", 9.9210, 105.7420),
    Site("ql1a-nga-bay", ROADS, "31340", "QL1A đoạn Ngã Bảy",
         "Highway 1A at Ngã Bảy", 9.8018, 105.8204),
    Site("ql61-kinh-cung", ROADS, "31393", "QL61 đoạn Kinh Cùng",
         "Highway 61 at Kinh Cùng", 9.7809, 105.6351),
    Site("ql61-nang-mau", ROADS, "31441", "QL61 đoạn Nàng Mau",
         "Highway 61 at Nàng Mau", 9.7520, 105.5500),
    Site("nam-song-hau-mai-dam", ROADS, "31366", "QL Nam Sông Hậu đoạn Mái Dầm",
         "South Hậu River highway at Mái Dầm", 9.9425, 105.8363),
    Site("cao-toc-phuong-binh", ROADS, "31426", "Cao tốc Cần Thơ - Cà Mau, Phương Bình",
         "Cần Thơ - Cà Mau expressway, Phương Bình", 9.7156, 105.6876),
    Site("nha-may-hai-san", FIRM, "31366", "Nhà máy hải sản, KCN Sông Hậu",
         "Seafood plant, Sông Hậu industrial park", 9.9450, 105.8650),
)

# Contacts of one name in a group are one person, whose channels are tried in turn.
CONTACTS = (
    Contact("truc-nuoc-bot", WATER, "Trực ca nước", "water-duty", "zalo-bot", "demo-nuoc"),
    Contact("truc-nuoc-zalo", WATER, "Trực ca nước", "water-duty", "zalo-template",
            "84900000001"),
    Contact("truc-nuoc-sms", WATER, "Trực ca nước", "water-duty", "esms", "84900000001"),
    Contact("to-truong-nuoc-zalo", WATER, "Tổ trưởng nước", "water-duty", "zalo-template",
            "84900000002"),
    Contact("truc-dien-bot", POWER, "Trực điều độ", "power-duty", "zalo-bot", "demo-dien"),
    Contact("truc-dien-sms", POWER, "Trực điều độ", "power-duty", "esms", "84900000003"),
    Contact("doi-truong-dien-sms", POWER, "Đội trưởng vận hành", "power-duty", "esms",
            "84900000004"),
    Contact("truc-giao-thong-bot", ROADS, "Trực giao thông", "traffic-duty", "zalo-bot",
            "demo-giao-thong"),
    Contact("truc-giao-thong-zalo", ROADS, "Trực giao thông", "traffic-duty", "zalo-template",
            "84900000005"),
    Contact("truc-nha-may-bot", FIRM, "Kỹ sư trực nhà máy", "industry-duty", "zalo-bot",
            "demo-hai-san"),
    Contact("truc-nha-may-sms", FIRM, "Kỹ sư trực nhà máy", "industry-duty", "esms",
            "84900000006", "en"),
)
# fmt: on

WEBHOOKS = {
    WATER: "water-duty",
    POWER: "power-duty",
    ROADS: "traffic-duty",
    FIRM: "industry-duty",
}
"""Each tenant's own system hears its group's alarms by webhook."""

_decode = msgspec.json.Decoder(dict[str, str]).decode


def register(registry: Registry, passwords_file: Path, webhook_url: str = "") -> dict[str, str]:
    """Put the demo's homes into the registry, as far as they are not there yet.

    Returns each device's password. They are kept in `passwords_file` (mode 0600), since the
    registry has only their hashes; a second run finds them there. Where `webhook_url` is given,
    each tenant also gets a webhook contact. Raises `KenhError` where a device is registered and
    its password is lost.
    """
    kept = _read(passwords_file) or {}
    known = {device.id for device in registry.devices()}
    lost = [role.device for role in ROLES if role.device in known - kept.keys()]
    if lost:
        raise KenhError(
            f"device {lost[0]} is registered, but {passwords_file} does not have its password: "
            "bring the file back, or start with a new state (--state)"
        )
    fresh = [role for role in ROLES if role.device not in known]
    # The passwords first: a run that is cut here finds them again and registers with them.
    for role in fresh:
        kept.setdefault(role.device, new_password())
    keep(passwords_file, msgspec.json.encode(kept), mode=0o600, durable=True)
    _add_tenants_and_sites(registry)
    if fresh:
        registry.add_devices(
            NewDevice(role.device, role.site, role.kind, role.name, kept[role.device])
            for role in fresh
        )
    _add_contacts(registry, webhook_url)
    return {role.device: kept[role.device] for role in ROLES}


def passwords(passwords_file: Path) -> dict[str, str]:
    """The passwords that `register` kept. Raises `KenhError` where it never ran."""
    kept = _read(passwords_file)
    if kept is None:
        raise KenhError(
            f"{passwords_file}: no such file: './kenh demo' registers the demo's devices"
        )
    return kept


def _add_tenants_and_sites(registry: Registry) -> None:
    tenants = {tenant.id for tenant in registry.tenants()}
    for tenant in TENANTS:
        if tenant.id not in tenants:
            registry.add_tenant(tenant.id, tenant.name, tenant.name_en, tenant.sector)
    sites = {site.id for site in registry.sites()}
    for site in SITES:
        if site.id not in sites:
            registry.add_site(
                site.id, site.tenant, site.area, site.name, site.name_en, site.lat, site.lon
            )


def _add_contacts(registry: Registry, webhook_url: str) -> None:
    known = {contact.id: contact.address for contact in registry.contacts()}
    wanted = list(CONTACTS)
    if webhook_url:
        wanted += [
            Contact(f"{tenant}-webhook", tenant, "Hệ thống", group, "webhook", webhook_url)
            for tenant, group in WEBHOOKS.items()
        ]
    for one in wanted:
        if one.channel == "webhook" and known.get(one.id, one.address) != one.address:
            registry.remove_contact(one.id)  # the inbox listens elsewhere in this run
            known.pop(one.id)
        if one.id not in known:
            registry.add_contact(
                one.id, one.tenant, one.name, one.group, one.channel, one.address, one.lang
            )


def _read(passwords_file: Path) -> dict[str, str] | None:
    try:
        return _decode(passwords_file.read_bytes())
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise KenhError(
            f"{passwords_file}: not the demo's passwords ({error}): "
            "start with a new state (--state)"
        ) from error
