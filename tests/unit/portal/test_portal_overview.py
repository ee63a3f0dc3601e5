from __future__ import annotations

import pytest

from alerts.model import State
from portal.freshness import Freshness
from portal.latest import Latest, LatestOfAll, LatestValue
from portal.overview import ALARMS_SHOWN, overview, show_devices, wanted
from portal.shown import Mark, Overview, Records
from registry.areas import AREAS
from registry.records import Device, Site, Tenant
from telemetry.catalogue import QUANTITIES
from telemetry.model import Quality
from tests.unit.portal.fakes import MINUTE, NOW, alarm

TENANTS = [Tenant("power-co", "Điện lực"), Tenant("water-co", "Cấp nước")]
SITES = [
    Site("plant", "water-co", "31321", "Nhà máy", "", 9.7, 105.4),
    Site("grid", "power-co", "31340", "Trạm", "", 9.8, 105.8),
]
METER = Device("meter-1", "water-co", "plant", "water-pressure-logger", "Đồng hồ")  # every 300 s
POWER = Device("power-1", "power-co", "grid", "power-meter", "Công tơ")  # every 60 s
RECORDS = Records(TENANTS, SITES, [POWER, METER], AREAS)


def heard(
    device: Device, age: int, quality: Quality = Quality.GOOD, **values: int
) -> dict[tuple[str, str], Latest]:
    """`values` are quantities (`water__pressure`) with the age of each, in ms."""
    shown = tuple(
        LatestValue(QUANTITIES[key], key, 1.0, NOW - age_of_value)
        for key, age_of_value in ((k.replace("__", "."), v) for k, v in values.items())
    )
    latest = Latest(device.id, NOW - age, quality, shown)
    return {("kenh_" + device.tenant.replace("-", "_"), device.id): latest}


def page_of(
    latest: dict[tuple[str, str], Latest], *, readable: bool = True, time_scale: float = 1.0
) -> Overview:
    return overview(RECORDS, LatestOfAll(latest, readable), [], NOW, time_scale)


def mark_of(page: Overview, device: Device) -> Mark:
    return next(
        one.mark for site in page.sites for one in site.devices if one.device.id == device.id
    )


def test_one_question_for_each_database_and_sector() -> None:
    assert wanted(RECORDS) == [("kenh_power_co", "power"), ("kenh_water_co", "water")]


@pytest.mark.parametrize(
    ("quality", "mark"),
    [
        (Quality.GOOD, Mark.GOOD),
        (Quality.CALIBRATING, Mark.CALIBRATING),
        (Quality.FAULT, Mark.FAULT),
        (Quality.UNCERTAIN, Mark.UNCERTAIN),
    ],
)
def test_a_live_device_shows_its_quality(quality: Quality, mark: Mark) -> None:
    assert mark_of(page_of(heard(METER, MINUTE, quality)), METER) is mark


@pytest.mark.parametrize("quality", list(Quality))
@pytest.mark.parametrize(("age", "mark"), [(20 * MINUTE, Mark.LATE), (120 * MINUTE, Mark.SILENT)])
def test_stale_is_never_shown_as_normal(quality: Quality, age: int, mark: Mark) -> None:
    page = page_of(heard(METER, age, quality, water__pressure=age))
    assert mark_of(page, METER) is mark
    shown = page.tenants[1].sites[0].devices[0]
    assert shown.stale
    assert [value.stale for value in shown.values] == [True]


def test_a_device_that_never_reported_is_not_live() -> None:
    page = page_of({})
    assert mark_of(page, METER) is Mark.NEVER
    assert page.freshness == {
        Freshness.LIVE: 0,
        Freshness.LATE: 0,
        Freshness.SILENT: 0,
        Freshness.NEVER: 2,
    }


def test_in_a_fast_replay_the_same_age_is_stale() -> None:
    latest = heard(METER, MINUTE)
    assert mark_of(page_of(latest), METER) is Mark.GOOD
    assert mark_of(page_of(latest, time_scale=60), METER) is Mark.LATE


def test_without_influxdb_nobody_knows() -> None:
    page = page_of(heard(METER, 0, water__pressure=0), readable=False)
    assert mark_of(page, METER) is Mark.UNKNOWN
    assert sum(page.freshness.values()) == 0
    shown = page.tenants[1].sites[0].devices[0]
    assert shown.stale
    assert [value.stale for value in shown.values] == [True]


def test_an_old_value_of_a_live_device_is_marked_by_its_own_interval() -> None:
    latest = heard(
        METER,
        MINUTE,
        water__pressure=MINUTE,
        water__flow=60 * MINUTE,
        device__battery=60 * MINUTE,  # reported every six hours
    )
    shown = page_of(latest).tenants[1].sites[0].devices[0]
    assert shown.mark is Mark.GOOD
    assert [(v.latest.quantity.key, v.stale) for v in shown.values] == [
        ("water.pressure", False),
        ("water.flow", True),
        ("device.battery", False),
    ]


def test_values_stand_in_the_order_of_their_kind() -> None:
    latest = heard(POWER, 0, env__rain=0, power__pf=0, power__active=0, power__voltage=0)
    shown = page_of(latest).tenants[0].sites[0].devices[0]
    assert [v.latest.quantity.key for v in shown.values] == [
        "power.voltage",
        "power.active",
        "power.pf",
        "env.rain",
    ]


def test_another_tenants_past_of_a_device_is_not_its_present() -> None:
    moved = {("kenh_power_co", METER.id): Latest(METER.id, NOW, Quality.GOOD, ())}
    assert mark_of(page_of(moved), METER) is Mark.NEVER


def test_a_revoked_device_is_not_awaited() -> None:
    revoked = Device("meter-9", "water-co", "plant", "water-pressure-logger", "", active=False)
    records = Records(TENANTS, SITES, [METER, revoked], AREAS)
    shown = show_devices(records, LatestOfAll({}, readable=True), NOW, 1.0)
    assert [one.device.id for one in shown] == ["meter-1"]


def test_a_site_shows_the_worst_of_its_devices() -> None:
    second = Device("meter-2", "water-co", "plant", "water-pressure-logger", "")
    records = Records(TENANTS, SITES, [METER, second], AREAS)
    latest = heard(METER, 0) | heard(second, 120 * MINUTE)
    alarms = [alarm(id="x", severity="minor"), alarm(id="y", severity="critical")]
    page = overview(records, LatestOfAll(latest, readable=True), alarms, NOW)
    grid, plant = page.sites
    assert (plant.mark, plant.severity) == (Mark.SILENT, "critical")
    assert (grid.mark, grid.severity) == (Mark.NEVER, None)
    tenant = page.tenants[1]
    assert (tenant.live, tenant.devices) == (1, 2)


def test_the_most_urgent_alarm_comes_first() -> None:
    alarms = [
        alarm(id="old-major", started_at=NOW - 5 * MINUTE),
        alarm(id="taken", severity="critical", state=State.ACKNOWLEDGED),
        alarm(id="found-late", severity="critical", historical=True),
        alarm(id="minor", severity="minor"),
        alarm(id="major"),
        alarm(id="critical", severity="critical"),
    ]
    page = overview(RECORDS, LatestOfAll({}, readable=True), alarms, NOW)
    assert [shown.alarm.id for shown in page.alarms] == [
        "critical",
        "major",
        "old-major",
        "minor",
        "found-late",
        "taken",
    ]
    assert page.severities == {"critical": 3, "major": 2, "minor": 1, "info": 0}


def test_alarms_beyond_the_list_are_counted() -> None:
    alarms = [alarm(id=f"a{number:03}") for number in range(ALARMS_SHOWN + 7)]
    page = overview(RECORDS, LatestOfAll({}, readable=True), alarms, NOW)
    assert len(page.alarms) == ALARMS_SHOWN
    assert page.alarms_left_out == 7


def test_an_alarm_of_a_device_that_is_gone_is_still_shown() -> None:
    page = overview(
        RECORDS, LatestOfAll({}, readable=True), [alarm(device="gone", site="gone")], NOW
    )
    assert [(one.device, one.site) for one in page.alarms] == [(None, None)]
