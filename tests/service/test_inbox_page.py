"""The inbox page in a real browser: what the fakes received, as a person sees it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from alerts.channels import make
from alerts.model import Event, Message, State
from tests.contract.alerting import MINUTE, NOON, HandClock, RunningInbox, alarm, message
from tests.services import need


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[RunningInbox]:
    running = RunningInbox(tmp_path / "inbox")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def browser_page() -> Iterator[Page]:
    need("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        yield page
        browser.close()


def send(inbox: RunningInbox, *messages: tuple[str, Message]) -> None:
    """Send through the real channels; a refusal by the fake is fine."""

    async def whole() -> None:
        channels = make(inbox.channels(), HandClock())
        for name, one in messages:
            await channels[name].send(one)
            inbox.clock.forward(7000)
        for channel in channels.values():
            await channel.close()

    # In a thread of its own: playwright's loop runs in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(whole())).result(30)


def an_evening(inbox: RunningInbox) -> None:
    """A few alarms of several kinds, told on every channel."""
    inbox.misbehave("84912345679", "-118")
    flood = alarm(
        id="bbbbbbbbbbbbb",
        rule="traffic.road.flooded",
        title_vi="Ngập đường",
        title_en="Road flooded",
        severity="critical",
        device="rf-07",
        site="nga-bay",
        tenant="giao-thong",
        sector="traffic",
        value=0.42,
        unit="m",
        limit=0.3,
    )
    over = alarm(state=State.RESOLVED, value=1.92, event_time=NOON + 12 * MINUTE, resolved_at=NOON)
    hook = f"{inbox.url}/webhook/cap-nuoc"
    send(
        inbox,
        ("zalo-bot", message(address="demo-nuoc")),
        ("webhook", message(address=hook)),
        ("zalo-template", message(address="84912345679", key="k1")),
        ("esms", message(address="84912345679", key="k2")),
        (
            "esms",
            message(
                address="84912345680",
                key="k3",
                alarm=flood,
                lang="en",
                device_name="Road gauge 07",
                site_name="Ngã Bảy",
            ),
        ),
        (
            "zalo-template",
            message(
                address="84912345681",
                key="k4",
                alarm=flood,
                device_name="Cọc đo ngập 07",
                site_name="Ngã Bảy",
            ),
        ),
        ("webhook", message(address=hook, key="k5", event=Event.ACKNOWLEDGED)),
        ("webhook", message(address=hook, key="k5", event=Event.ACKNOWLEDGED)),
        ("zalo-bot", message(address="demo-nuoc", event=Event.RESOLVED, alarm=over)),
    )


def test_the_page_shows_every_message_newest_first(
    inbox: RunningInbox, browser_page: Page, tmp_path: Path
) -> None:
    page = browser_page
    problems: list[str] = []
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: problems.append(str(one)))
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))

    page.goto(inbox.url)
    assert page.locator("text=Chưa có tin nhắn nào").is_visible()
    an_evening(inbox)
    page.wait_for_selector("article")  # it refreshes itself
    articles = page.locator("article")
    assert articles.count() == 9
    assert "HẾT BÁO ĐỘNG" in articles.nth(0).inner_text()
    assert articles.nth(8).get_attribute("data-number") == "1"
    assert page.locator("html").get_attribute("lang") == "vi"

    first = articles.nth(8).inner_text()
    for said in ("Zalo bot", "demo-nuoc", "Áp lực nước thấp", "Low water pressure", "11:50:00"):
        assert said in first
    assert "Chữ ký đúng" in articles.nth(7).inner_text()
    assert "Signature valid" in articles.nth(7).inner_text()
    assert "Từ chối, mã -118" in articles.nth(6).inner_text()
    assert "Ap luc nuoc thap" in articles.nth(5).inner_text()
    assert "bbbbbbbbbbbbb" in articles.nth(4).inner_text()
    assert "Gửi lặp lại" in articles.nth(1).inner_text()
    assert page.locator("nav b").all_inner_texts() == ["9", "2", "2", "2", "3"]

    shots = Path(os.environ.get("KENH_SCREENSHOTS") or tmp_path)
    shots.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=shots / "inbox.png", full_page=True, animations="disabled")
    page.locator("nav button", has_text="SMS").click()
    assert page.locator("article:visible").count() == 2
    page.locator("nav button", has_text="Tất cả").click()

    for width, scheme in ((390, "light"), (1100, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"the page is wider than a screen of {width}"
        page.screenshot(
            path=shots / f"inbox-{width}-{scheme}.png", full_page=True, animations="disabled"
        )
    assert (shots / "inbox.png").stat().st_size > 20_000
    assert problems == []
    assert all(url.startswith((inbox.url, "data:")) for url in asked)


def test_messages_survive_a_restart_and_a_cut_line(inbox: RunningInbox) -> None:
    send(inbox, ("zalo-bot", message(address="demo-nuoc")))
    before = list(inbox.world.messages)
    inbox.stop()
    with (inbox.settings.folder / "inbox.jsonl").open("ab") as file:
        file.write(b'{"number":2,"at":17')  # a kill in the middle of a line
    inbox.start()
    assert list(inbox.world.messages) == before
    send(inbox, ("zalo-bot", message(address="demo-nuoc")))
    inbox.stop()
    inbox.start()
    assert [one.number for one in inbox.world.messages] == [1, 2]


def test_scripts_read_messages_and_change_behaviours(inbox: RunningInbox) -> None:
    with httpx.Client(base_url=inbox.url, trust_env=False) as web:
        assert web.get("/api/messages").json() == []
        told = web.put("/api/behaviours", json={"demo-nuoc": "403"})
        assert told.json() == {"demo-nuoc": "403"} == web.get("/api/behaviours").json()
        assert web.put("/api/behaviours", json=["no", "object"]).status_code == 422
        send(inbox, ("zalo-bot", message(address="demo-nuoc")))
        send(inbox, ("zalo-bot", message(address="demo-dien")))
        both = web.get("/api/messages").json()
        assert [(one["recipient"], one.get("code", "")) for one in both] == [
            ("demo-nuoc", "403"),
            ("demo-dien", ""),
        ]
        assert web.get("/api/messages", params={"after": 1}).json() == both[1:]
        assert web.get("/healthz").json() == {"ok": True}


def test_what_a_message_says_is_never_taken_for_html(inbox: RunningInbox) -> None:
    nasty = "<script>alert(1)</script>"
    send(inbox, ("zalo-bot", message(address="demo-nuoc", device_name=nasty)))
    page = httpx.get(inbox.url, trust_env=False).text
    assert nasty not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
