from __future__ import annotations

import re

import pytest
from structlog.testing import capture_logs

from alerts.model import State
from portal.access import SESSION_MS
from portal.headers import HEADERS
from tests.unit.portal.fakes import MINUTE, NOW, TOKEN, Client, FakePortal, alarm, points


def text_of(html: str) -> str:
    """What a reader sees, with every run of blanks as one."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def sign_in(browser: Client) -> None:
    assert browser.post("/sign-in", {"token": TOKEN}).headers["location"] == "/"


def test_the_first_page_says_how_everything_is(portal: FakePortal) -> None:
    reply = portal.browser(open_=True).get("/")
    assert reply.status_code == 200
    text = text_of(reply.text)
    assert '<html lang="vi">' in reply.text
    assert "Trực tuyến 1" in text
    assert "Chưa có số liệu 1" in text
    assert "Áp lực mạng 3,21 bar" in text
    assert "12 giây trước" in text
    assert "Áp lực nước thấp" in text
    assert "0,82 bar ngưỡng 1,5 bar" in text
    assert "Nhà máy &lt;Vị Thanh&gt;" in text  # names are text, never markup
    assert "Cập nhật lúc 07:00:00" in text


def test_english_is_remembered(portal: FakePortal) -> None:
    browser = portal.browser(open_=True)
    assert "Low water pressure" in browser.get("/?lang=en").text
    english = text_of(browser.get("/").text)
    assert "12 s ago" in english
    assert "Vi Thanh plant" in english
    assert '<html lang="vi">' in browser.get("/?lang=vi").text
    assert '<html lang="vi">' in browser.get("/").text


def test_the_browsers_language_is_not_asked(portal: FakePortal) -> None:
    reply = portal.browser(open_=True).get("/", accept_language="en-US,en")
    assert '<html lang="vi">' in reply.text


def test_a_stale_device_is_marked(portal: FakePortal) -> None:
    portal.clock.now = NOW + 120 * MINUTE
    page = portal.browser(open_=True).get("/").text
    row = page[page.index('id="device-meter-1"') : page.index('id="device-meter-2"')]
    assert "silent stale" in row
    assert "Mất tín hiệu" in row
    assert "Giá trị cũ" in row
    assert "#i-good" not in row


def test_without_influxdb_the_page_says_so_and_shows_alarms(portal: FakePortal) -> None:
    portal.influx.away = True
    text = text_of(portal.browser(open_=True).get("/").text)
    assert "Không đọc được kho số liệu InfluxDB" in text
    assert "Áp lực nước thấp" in text
    assert "Trực tuyến –" in text


def test_a_component_that_is_gone_is_named(portal: FakePortal) -> None:
    (portal.run_folder / "ingest.json").write_text(
        f'{{"name":"ingest","pid":1,"state":"ready","at":{NOW - MINUTE},"figures":{{}}}}'
    )
    text = text_of(portal.browser(open_=True).get("/").text)
    assert "Thành phần không hoạt động: ingest" in text


def test_no_alarms_is_said(portal: FakePortal) -> None:
    portal.book.kept.clear()
    assert "Không có báo động nào đang mở." in portal.browser(open_=True).get("/").text


def test_an_alarm_found_late_is_marked(portal: FakePortal) -> None:
    portal.book.kept["a1"] = alarm(historical=True, value=None, limit=None)
    assert "phát hiện muộn" in portal.browser(open_=True).get("/").text


def test_the_registry_is_read_once_a_revision(portal: FakePortal) -> None:
    browser = portal.browser(open_=True)
    web = browser.get("/"), browser.get("/live")
    assert all(reply.status_code == 200 for reply in web)
    assert portal.registry.reads == 1
    portal.registry.number += 1
    browser.get("/live")
    assert portal.registry.reads == 2


def test_a_hundred_devices_cost_one_question(portal: FakePortal) -> None:
    plain = portal.registry.device_list[0]
    many = [type(plain)(f"m-{n}", "water-co", "plant", plain.kind, "M") for n in range(100)]
    portal.registry.device_list = many
    portal.influx.answers["kenh_water_co"] = [
        points(one.id, ["pressure", "q"], [NOW, 2.5, 0]) for one in many
    ]
    page = portal.browser(open_=True).get("/").text
    assert page.count("2,5 bar") == 100
    assert len(portal.influx.questions) == 1


def test_acknowledging_works_without_a_script(portal: FakePortal) -> None:
    browser = portal.browser(open_=True)
    assert 'action="/alarms/a1/acknowledge"' in browser.get("/").text
    reply = browser.post("/alarms/a1/acknowledge", {})
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    taken = portal.book.kept["a1"]
    assert (taken.state, taken.acked_by, taken.acked_at) == (State.ACKNOWLEDGED, "portal", NOW)
    page = browser.get("/").text
    assert "Đã xác nhận lúc 07:00:00" in page
    assert "/alarms/a1/acknowledge" not in page


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
    ],
)
def test_another_sites_form_changes_nothing(portal: FakePortal, headers: dict[str, str]) -> None:
    browser = portal.browser(open_=True)
    assert browser.post("/alarms/a1/acknowledge", {}, **headers).status_code == 403
    assert browser.post("/sign-in", {"token": TOKEN}, **headers).status_code == 403
    assert portal.state_of("a1") is State.FIRING


def test_an_alarm_nobody_knows_is_not_found(portal: FakePortal) -> None:
    reply = portal.browser(open_=True).post("/alarms/nope/acknowledge", {})
    assert reply.status_code == 404
    assert "Không tìm thấy trang hoặc báo động này." in reply.text


def test_links_in_messages_lead_to_the_alarm(portal: FakePortal) -> None:
    browser = portal.browser(open_=True)
    assert browser.get("/alarms/a1").headers["location"] == "/#alarm-a1"
    assert 'id="alarm-a1"' in browser.get("/").text


def test_a_closed_page_asks_for_the_token(portal: FakePortal) -> None:
    browser = portal.browser()
    assert browser.get("/").headers["location"] == "/sign-in"
    assert browser.get("/live").status_code == 401
    assert browser.post("/alarms/a1/acknowledge", {}).headers["location"] == "/sign-in"
    assert portal.state_of("a1") is State.FIRING
    assert "Mã truy cập" in browser.get("/sign-in").text

    wrong = browser.post("/sign-in", {"token": "wrong"})
    assert wrong.status_code == 401
    assert "Mã truy cập không đúng" in wrong.text
    assert browser.get("/").status_code == 303

    sign_in(browser)
    assert browser.get("/").status_code == 200
    assert browser.get("/sign-in").headers["location"] == "/"
    assert browser.post("/alarms/a1/acknowledge", {}).headers["location"] == "/"
    assert portal.state_of("a1") is State.ACKNOWLEDGED

    browser.post("/sign-out", {})
    assert browser.get("/").status_code == 303


def test_a_session_ends_with_the_shift(portal: FakePortal) -> None:
    browser = portal.browser()
    sign_in(browser)
    portal.clock.now += SESSION_MS
    assert browser.get("/").status_code == 303
    assert browser.get("/live").status_code == 401


def test_the_session_cookie_is_for_this_page_alone(portal: FakePortal) -> None:
    plain = portal.browser().post("/sign-in", {"token": TOKEN}).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=strict" in plain
    assert "Secure" not in plain
    assert TOKEN not in plain
    secure = portal.browser(address="https://kenh.example")
    assert "Secure" in secure.post("/sign-in", {"token": TOKEN}).headers["set-cookie"]


def test_the_open_page_is_not_shown_under_a_strange_name(portal: FakePortal) -> None:
    browser = portal.browser(open_=True, address="http://rebound.example")
    assert browser.get("/").status_code == 421
    assert browser.get("/live").status_code == 421
    assert browser.post("/alarms/a1/acknowledge", {}).status_code == 421
    assert portal.state_of("a1") is State.FIRING


@pytest.mark.parametrize(
    "path", ["/", "/live", "/healthz", "/nowhere", "/static/portal.css", "/api/v1/tenants"]
)
def test_every_answer_has_the_security_headers(portal: FakePortal, path: str) -> None:
    reply = portal.browser(open_=True).get(path)
    assert {name: reply.headers[name] for name in HEADERS} == HEADERS
    kept = path.startswith("/static/")
    assert ("max-age" if kept else "no-store") in reply.headers["cache-control"]


def test_the_page_needs_nothing_from_elsewhere(portal: FakePortal) -> None:
    browser = portal.browser(open_=True)
    page = browser.get("/").text
    addresses = re.findall(r'(?:href|src|action)="([^"]+)"', page)
    assert addresses
    assert all(address[0] in "/#?" and address[:2] != "//" for address in addresses)
    assert not re.search(
        r"<style|\bstyle=|<script(?! src)|\bon\w+=", page
    )  # the policy forbids it
    for address in addresses:
        if address.startswith("/static/"):
            assert browser.get(address).status_code == 200


def test_a_person_gets_a_page_and_a_program_a_problem(portal: FakePortal) -> None:
    browser = portal.browser(open_=True)
    page = browser.get("/nowhere")
    assert page.headers["content-type"].startswith("text/html")
    assert "Lỗi 404" in page.text
    problem = browser.get("/nowhere", accept="*/*")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not Found",
        "instance": "/nowhere",
    }


def test_a_broken_registry_is_said_to_a_person(portal: FakePortal) -> None:
    portal.registry.broken = True
    reply = portal.browser(open_=True).get("/")
    assert reply.status_code == 503
    assert "chưa sẵn sàng" in reply.text


def test_a_crash_shows_nothing_of_the_inside(
    portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(portal.book, "alarms", crash)
    with capture_logs() as logged:
        reply = portal.browser(open_=True).get("/", accept="*/*")
    assert [(entry["event"], entry["path"]) for entry in logged] == [("request failed", "/")]
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert "secret inside" not in reply.text
    assert {name: reply.headers[name] for name in HEADERS} == HEADERS  # of this one too
