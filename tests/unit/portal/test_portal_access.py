from __future__ import annotations

from pathlib import Path

import pytest

from ingest.influx import InfluxAddress
from portal.access import SESSION_MS, Access, Refusal, refuse_form
from portal.settings import PortalSettings

NOW = 1_767_225_600_000
ACCESS = Access("a-token-of-the-tests")
OPEN = Access("a-token-of-the-tests", open=True)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer a-token-of-the-tests", None),
        ("bearer a-token-of-the-tests", None),
        (None, Refusal.NO_TOKEN),
        ("", Refusal.NO_TOKEN),
        ("Bearer ", Refusal.NO_TOKEN),
        ("Basic a-token-of-the-tests", Refusal.NO_TOKEN),
        ("Bearer a-token-of-the-test", Refusal.WRONG_TOKEN),
        ("Bearer mật-khẩu", Refusal.WRONG_TOKEN),
    ],
)
def test_bearer_token(header: str | None, expected: Refusal | None) -> None:
    assert ACCESS.refuse_bearer(header) is expected


def test_a_session_lasts_its_time() -> None:
    session = ACCESS.new_session(NOW)
    assert ACCESS.refuse_visitor(session, "kenh.example", NOW) is None
    assert ACCESS.refuse_visitor(session, "kenh.example", NOW + SESSION_MS - 1) is None
    assert ACCESS.refuse_visitor(session, "", NOW + SESSION_MS) is Refusal.NO_SESSION


@pytest.mark.parametrize("session", [None, "", ".", "..", "x.y.z", f"{NOW + 9}.n.0", "é.é.é"])
def test_a_made_up_session_is_refused(session: str | None) -> None:
    assert ACCESS.refuse_visitor(session, "", NOW) is Refusal.NO_SESSION


def test_a_prolonged_session_is_refused() -> None:
    expiry, rest = ACCESS.new_session(NOW).split(".", 1)
    assert ACCESS.refuse_visitor(f"{int(expiry) + 1}.{rest}", "", NOW) is Refusal.NO_SESSION


def test_a_new_token_ends_all_sessions() -> None:
    session = ACCESS.new_session(NOW)
    changed = Access("another-token-of-the-tests")
    assert changed.refuse_visitor(session, "", NOW) is Refusal.NO_SESSION


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "[::1]:8000", "[::1]", "localhost:8000", "10.0.0.7", "a.localhost"]
)
def test_the_open_page_answers_to_addresses(host: str) -> None:
    assert OPEN.refuse_visitor(None, host, NOW) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "", "[::1", "127.0.0.1.nip.io"]
)
def test_the_open_page_refuses_names_that_others_may_point_here(host: str) -> None:
    assert OPEN.refuse_visitor(None, host, NOW) is Refusal.STRANGE_HOST


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://h:1", "host": "h:1"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://[::1]:8000", "host": "[::1]:8000"}, True),
        ({"origin": "https://kenh.example", "host": "kenh.example"}, True),
        ({"origin": "http://[::1]:8001", "host": "[::1]:8000"}, False),
        ({"origin": "null", "host": "h"}, False),
        ({"origin": "", "host": ""}, False),
        ({"host": "h"}, False),
        ({}, False),
    ],
)
def test_only_our_own_page_may_send_forms(headers: dict[str, str], own: bool) -> None:
    assert (refuse_form(headers) is None) is own


def make_settings(token: str, scale: float = 1.0) -> PortalSettings:
    influx = InfluxAddress("http://[::1]:1", "kenh", "influx-secret")
    return PortalSettings("sqlite:///r", "sqlite:///a", influx, token, Path("run"), False, scale)


def test_settings_show_no_secret() -> None:
    text = repr(make_settings("a-token-of-the-tests")) + repr(ACCESS)
    assert "token-of-the-tests" not in text
    assert "influx-secret" not in text


@pytest.mark.parametrize("token", ["", "short"])
def test_a_weak_token_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="at least 16 characters"):
        make_settings(token)


def test_a_time_that_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="time_scale"):
        make_settings("a-token-of-the-tests", scale=0)
