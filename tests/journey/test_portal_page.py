"""An operator's shift at the first page, in a real browser: reads, switches language, acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from alerts.model import State
from registry.records import NewDevice
from rules.model import Severity
from tests.services import RunningInflux, need
from tests.unit.portal.served import TOKEN, RealParts, firing, now_ms, real_parts, served

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = (1440, 900), (390, 844)
MINUTE = 60_000
SALT = {
    "site": "river",
    "title_vi": "Độ mặn vượt ngưỡng",
    "title_en": "Salinity above its limit",
    "value": 4.31,
    "unit": "g/L",
    "limit": 4.0,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@contextmanager
def opened(
    browser: Browser, size: tuple[int, int] = DESKTOP, *, script: bool = True
) -> Iterator[Page]:
    """A fresh page, which must not have complained by the end."""
    complaints: list[str] = []
    with browser.new_context(
        viewport={"width": size[0], "height": size[1]}, java_script_enabled=script
    ) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
    assert complaints == []


def point(device: str, kind: str, at: int, fields: str, seq: int = 1) -> str:
    tags = f"site=plant,device={device},area=31321,kind={kind}"
    return f"water,{tags} {fields},seq={seq}i,boot=1i,received={at}i {at * 1_000_000 + seq}"


@pytest.fixture
def parts(tmp_path: Path, influx: RunningInflux) -> Iterator[RealParts]:
    """A water company with a plant and a river station, a power company that never reported."""
    with real_parts(tmp_path, influx) as found:
        registry = found.registry
        registry.add_tenant("water-co", "Công ty Cấp nước", "Water company", "water")
        registry.add_tenant("power-co", "Điện lực", "Power company", "power")
        registry.add_site("plant", "water-co", "31321", "Nhà máy nước Vị Thanh", "Vi Thanh plant")
        registry.add_site("river", "water-co", "31340", "Kênh Xáng Ngã Bảy", "Nga Bay canal")
        registry.add_site("grid", "power-co", "31471", "Trạm biến áp Long Mỹ", "Long My station")
        registry.add_devices(
            [
                NewDevice("meter-1", "plant", "water-pressure-logger", "Đồng hồ áp lực 1"),
                NewDevice("meter-2", "plant", "water-pressure-logger", "Đồng hồ áp lực 2"),
                NewDevice("river-1", "river", "river-station", "Trạm đo mặn 1"),
                NewDevice("power-1", "grid", "power-meter", "Công tơ 1"),
            ]
        )
        at = now_ms()
        found.write(
            "water-co",
            point(
                "meter-1", "water-pressure-logger", at, "pressure=0.82,flow=128.4,battery=87,q=0i"
            ),
            point("meter-2", "water-pressure-logger", at - 30 * MINUTE, "pressure=2.5,q=0i"),
            point("river-1", "river-station", at, "level=1.24,salinity=4.31,ph=7.1,q=3i"),
        )
        found.book.commit(
            [
                firing("meter-1", at - 3 * MINUTE, Severity.CRITICAL),
                msgspec.structs.replace(firing("river-1", at - 90 * MINUTE), **SALT),
            ],
            *({}, None, at, []),
        )
        yield found
        found.client.query("", 'DROP DATABASE "kenh_water_co"')


def test_a_shift_at_the_first_page(parts: RealParts, browser: Browser, tmp_path: Path) -> None:
    with served(parts.settings(open_=True)) as url, opened(browser) as page:
        page.goto(url)
        live = page.locator("#device-meter-1")
        expect(live).to_contain_text("Đồng hồ áp lực 1")
        expect(live).to_contain_text("0,82 bar")
        expect(live).to_contain_text("128,4 m³/h")
        expect(live).to_contain_text("giây trước")
        expect(live.locator(".mark")).to_have_text("Tốt")
        stale = page.locator("#device-meter-2")
        expect(stale.locator(".mark")).to_have_text("Trễ")
        expect(stale).to_contain_text("Giá trị cũ")
        expect(stale).to_contain_text("30 phút trước")
        expect(page.locator("#device-river-1 .mark")).to_have_text("Chưa chắc chắn")
        expect(page.locator("#device-power-1 .mark")).to_have_text("Chưa có số liệu")
        expect(page.locator(".drawing .place-mark")).to_have_count(3)
        page.screenshot(path=tmp_path / "desktop-vi.png", full_page=True)

        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(live).to_contain_text("0.82 bar")
        expect(page.locator("table.alarms")).to_contain_text("Low water pressure")
        page.screenshot(path=tmp_path / "desktop-en.png")

        critical, major = parts.book.alarms(open_only=True)
        assert critical.severity == "critical"
        page.get_by_role("button", name="Acknowledge the alarm: Low water pressure").click()
        expect(page.locator(f"#alarm-{critical.id}")).to_contain_text("Acknowledged at")
        assert parts.book.alarm(critical.id).state is State.ACKNOWLEDGED
        assert parts.book.alarm(critical.id).acked_by == "portal"
        assert parts.book.alarm(major.id).state is State.FIRING


def test_figures_come_in_while_one_looks(parts: RealParts, browser: Browser) -> None:
    with served(parts.settings(open_=True)) as url, opened(browser) as page:
        page.goto(url)
        expect(page.locator("#device-meter-1")).to_contain_text("0,82 bar")
        page.locator("#tenant-power-co > summary").click()
        page.get_by_label("Chỉ hiện bất thường").check()
        fresh = point("meter-1", "water-pressure-logger", now_ms(), "pressure=2.97,q=0i", seq=2)
        parts.write("water-co", fresh)
        expect(page.locator("#device-meter-1")).to_contain_text("2,97 bar", timeout=15_000)
        # What the reader has set stays as it was.
        expect(page.locator("#tenant-power-co")).not_to_have_attribute("open", "")
        expect(page.get_by_label("Chỉ hiện bất thường")).to_be_checked()
        expect(page.locator("#device-power-1")).to_be_hidden()


def test_a_page_that_lost_its_portal_says_so(parts: RealParts, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        with served(parts.settings(open_=True)) as url:
            page.goto(url)
            expect(page.locator("#cut")).to_be_hidden()
        expect(page.locator("#cut")).to_be_visible(timeout=15_000)
        expect(page.locator("#cut")).to_contain_text("Mất kết nối với máy chủ")


def test_it_works_without_a_script(parts: RealParts, browser: Browser) -> None:
    with served(parts.settings(open_=True)) as url, opened(browser, script=False) as page:
        page.goto(url)
        critical = parts.book.alarms(open_only=True)[0]
        page.get_by_role("button", name="Xác nhận báo động: Áp lực nước thấp").click()
        expect(page.locator(f"#alarm-{critical.id}")).to_contain_text("Đã xác nhận lúc")
        assert parts.book.alarm(critical.id).state is State.ACKNOWLEDGED


def test_on_a_phone_over_ipv6_after_signing_in(
    parts: RealParts, browser: Browser, tmp_path: Path
) -> None:
    with served(parts.settings(), "::1") as url, opened(browser, PHONE) as page:
        page.goto(url)
        assert "[::1]" in page.url
        page.get_by_label("Mã truy cập").fill(TOKEN)
        page.screenshot(path=tmp_path / "phone-sign-in.png")
        page.get_by_role("button", name="Đăng nhập").click()
        expect(page.locator("#device-meter-1")).to_contain_text("0,82 bar")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0], "the page is wider than the phone"
        page.screenshot(path=tmp_path / "phone-vi.png", full_page=True)
        major = parts.book.alarms(open_only=True)[1]
        page.get_by_role("button", name="Xác nhận báo động: Độ mặn vượt ngưỡng").click()
        expect(page.locator(f"#alarm-{major.id}")).to_contain_text("Đã xác nhận lúc")
        assert parts.book.alarm(major.id).state is State.ACKNOWLEDGED
        page.get_by_role("button", name="Đăng xuất").click()
        expect(page.get_by_label("Mã truy cập")).to_be_visible()
