"""Zalo's template messages: tokens that rotate, the error table, quota, night, templates."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts import text
from alerts.channels import ChannelSettings
from alerts.channels.zalo_template import NEXT_MOVES, TEMPLATE_REST_MS, ZaloTemplate, next_move
from alerts.errors import AlertsError
from alerts.model import Accepted, Ambiguous, Delivered, Delivery, Refused, RetryAfter
from simulators.inbox.settings import TEMPLATE_PARAMETERS
from simulators.inbox.zalo_template import CODES
from tests.contract.alerting import MINUTE, NOON, HandClock, RunningInbox, message

HOUR = 60 * MINUTE
ONE = message()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[RunningInbox]:
    running = RunningInbox(tmp_path / "inbox")
    running.start()
    yield running
    running.stop()


def use(
    settings: ChannelSettings,
    work: Callable[[ZaloTemplate], Awaitable[None]],
    clock: Callable[[], int] | None = None,
) -> None:
    async def whole() -> None:
        channel = ZaloTemplate(settings, clock or HandClock())
        try:
            await work(channel)
        finally:
            await channel.close()

    asyncio.run(asyncio.wait_for(whole(), 30))


def send(settings: ChannelSettings, **changes: Any) -> Delivery:
    outcomes: list[Delivery] = []

    async def work(channel: ZaloTemplate) -> None:
        outcomes.append(await channel.send(message(**changes)))

    use(settings, work)
    return outcomes[0]


def tokens(inbox: RunningInbox) -> dict[str, Any]:
    path = inbox.channels().zalo_tokens
    assert path is not None
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


# -- tokens


def test_the_first_token_comes_from_the_refresh_token_and_is_kept(inbox: RunningInbox) -> None:
    assert isinstance(send(inbox.channels()), Accepted)
    kept = tokens(inbox)
    assert inbox.oauth.is_valid(kept["access_token"])
    assert kept["refresh_token"] != inbox.settings.zalo_refresh_token
    path = inbox.channels().zalo_tokens
    assert path is not None
    assert path.stat().st_mode & 0o077 == 0
    # The next process goes on with the pair on disk: no further sign-in.
    assert isinstance(send(inbox.channels()), Accepted)
    assert tokens(inbox) == kept


def test_a_token_that_dies_in_mid_flight_is_renewed_once(inbox: RunningInbox) -> None:
    async def work(channel: ZaloTemplate) -> None:
        assert isinstance(await channel.send(ONE), Accepted)
        before = tokens(inbox)
        inbox.oauth.revoke_access()
        assert isinstance(await channel.send(ONE), Accepted)
        assert tokens(inbox)["refresh_token"] != before["refresh_token"]

    use(inbox.channels(), work)
    assert len(inbox.taken("zalo-template")) == 2


def test_a_token_is_renewed_before_it_ends(inbox: RunningInbox) -> None:
    async def work(channel: ZaloTemplate) -> None:
        await channel.send(ONE)
        before = tokens(inbox)
        inbox.clock.forward(24 * HOUR)
        await channel.send(ONE)
        assert tokens(inbox) == before
        inbox.clock.forward(HOUR - MINUTE)
        assert isinstance(await channel.send(ONE), Accepted)
        assert tokens(inbox) != before

    use(inbox.channels(), work, inbox.clock)


def test_many_messages_at_once_refresh_once(inbox: RunningInbox) -> None:
    async def work(channel: ZaloTemplate) -> None:
        outcomes = await asyncio.gather(*(channel.send(ONE) for _ in range(8)))
        assert all(isinstance(one, Accepted) for one in outcomes)
        inbox.oauth.revoke_access()
        outcomes = await asyncio.gather(*(channel.send(ONE) for _ in range(8)))
        assert all(isinstance(one, Accepted) for one in outcomes)

    use(inbox.channels(), work)


def test_two_refreshers_share_one_refresh_token(inbox: RunningInbox) -> None:
    """Two processes have nothing in common but the file and its lock, as these two channels."""

    async def work(channel: ZaloTemplate) -> None:
        other = ZaloTemplate(inbox.channels(), HandClock())
        try:
            for _ in range(3):
                outcomes = await asyncio.gather(channel.send(ONE), other.send(ONE))
                assert all(isinstance(one, Accepted) for one in outcomes), outcomes
                inbox.oauth.revoke_access()
        finally:
            await other.close()

    use(inbox.channels(), work)


def test_a_new_pair_is_on_disk_before_it_is_used(
    inbox: RunningInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(channel: ZaloTemplate) -> None:
        called = channel._call

        async def watched(method: str, path: str, token: str, *rest: Any) -> Any:
            assert tokens(inbox)["access_token"] == token
            return await called(method, path, token, *rest)

        monkeypatch.setattr(channel, "_call", watched)
        assert isinstance(await channel.send(ONE), Accepted)
        inbox.oauth.revoke_access()
        assert isinstance(await channel.send(ONE), Accepted)

    use(inbox.channels(), work)


def test_a_lost_refresh_token_is_the_administrators_matter_and_a_new_one_heals_it(
    tmp_path: Path, inbox: RunningInbox
) -> None:
    assert isinstance(send(inbox.channels()), Accepted)
    inbox.oauth.lose_refresh()
    outcome = send(inbox.channels())
    assert isinstance(outcome, Refused)
    assert outcome.next == "administrators"
    assert "sign in to the Zalo account again" in outcome.why
    # He signs in: Zalo and the settings have a new refresh token; the file's pair is dead.
    other = RunningInbox(tmp_path / "other", zalo_refresh_token="signed-in-again")
    other.start()
    try:
        settings = dataclasses.replace(other.channels(), zalo_tokens=inbox.channels().zalo_tokens)
        assert isinstance(send(settings), Accepted)
    finally:
        other.stop()


def test_a_token_file_that_is_no_json_counts_as_none(inbox: RunningInbox) -> None:
    path = inbox.channels().zalo_tokens
    assert path is not None
    path.write_text("{cut")
    assert isinstance(send(inbox.channels()), Accepted)


def test_zalos_sign_in_being_away_loses_nothing(inbox: RunningInbox) -> None:
    away = dataclasses.replace(inbox.channels(), zalo_oauth_url="http://127.0.0.1:9")
    assert isinstance(send(away), RetryAfter)


def test_the_wrong_app_secret_is_the_administrators_matter(inbox: RunningInbox) -> None:
    outcome = send(dataclasses.replace(inbox.channels(), zalo_app_secret="wrong"))
    assert isinstance(outcome, Refused)
    assert outcome.next == "administrators"


def test_a_file_for_the_tokens_is_needed(inbox: RunningInbox) -> None:
    with pytest.raises(AlertsError, match="zalo_tokens"):
        ZaloTemplate(dataclasses.replace(inbox.channels(), zalo_tokens=None), HandClock())


# -- the error table


@pytest.mark.parametrize("code", sorted(set(CODES) - {"-124", "-100", "-32"}))
def test_every_error_code_has_its_next_move(inbox: RunningInbox, code: str) -> None:
    inbox.misbehave(ONE.address, code)
    outcome = send(inbox.channels())
    assert isinstance(outcome, Refused)
    assert outcome.next == next_move(int(code))
    assert outcome.why.startswith(f"Zalo {code}: ")


@pytest.mark.parametrize(
    ("code", "move"),
    [
        (-114, "next-channel"),
        (-118, "next-channel"),
        (-119, "next-channel"),
        (-139, "next-channel"),
        (-141, "next-channel"),
        (-133, "next-channel"),
        (-115, "administrators"),
        (-144, "administrators"),
        (-147, "administrators"),
        (-1471, "administrators"),
        (-105, "administrators"),
        (-1241, "administrators"),
        (-109, "template"),
        (-131, "template"),
        (-108, "dead"),
        (-1121, "dead"),
        (-132, "dead"),
        (-99999, "administrators"),
    ],
)
def test_the_moves_are_the_pages(code: int, move: str) -> None:
    assert next_move(code) == move


def test_no_code_has_two_moves() -> None:
    codes = [code for found in NEXT_MOVES.values() for code in found]
    assert len(codes) == len(set(codes))


def test_an_unknown_error_is_ambiguous_and_a_rate_limit_is_later(inbox: RunningInbox) -> None:
    inbox.misbehave(ONE.address, "-100")
    assert isinstance(send(inbox.channels()), Ambiguous)
    inbox.misbehave(ONE.address, "-32")
    assert send(inbox.channels()) == RetryAfter(60_000, "Zalo -32: Api rate limit exceeded")


def test_a_test_number_brings_its_own_error(inbox: RunningInbox) -> None:
    outcome = send(inbox.channels(), address="84900000119")
    assert isinstance(outcome, Refused)
    assert outcome.why.startswith("Zalo -119")
    assert isinstance(send(inbox.channels(), address="84900000001"), Accepted)


@pytest.mark.parametrize("number", ["0912345678", "+84 912 345 678", "0084912345678"])
def test_numbers_are_written_as_zalo_wants_them(inbox: RunningInbox, number: str) -> None:
    assert isinstance(send(inbox.channels(), address=number), Accepted)
    assert inbox.taken("zalo-template")[0].recipient == "84912345678"


def test_the_quota_counts_down_and_starts_again_the_next_day(tmp_path: Path) -> None:
    inbox = RunningInbox(tmp_path / "inbox", zalo_daily_quota=2)
    inbox.start()
    try:
        assert isinstance(send(inbox.channels()), Accepted)
        assert isinstance(send(inbox.channels()), Accepted)
        outcome = send(inbox.channels())
        assert isinstance(outcome, Refused)
        assert (outcome.next, outcome.why[:10]) == ("administrators", "Zalo -144:")
        inbox.clock.forward(13 * HOUR)
        assert isinstance(send(inbox.channels()), Accepted)
    finally:
        inbox.stop()


def test_the_night_window_follows_the_clock(tmp_path: Path) -> None:
    inbox = RunningInbox(tmp_path / "inbox", night_window=True)
    inbox.start()
    try:
        assert isinstance(send(inbox.channels()), Accepted)
        for forward, expected in ((10 * HOUR, Accepted), (HOUR, Refused), (7 * HOUR, Refused)):
            inbox.clock.forward(forward)
            assert isinstance(send(inbox.channels()), expected)
        inbox.clock.forward(HOUR)
        assert isinstance(send(inbox.channels()), Accepted)
    finally:
        inbox.stop()


def test_a_refused_template_rests_and_is_tried_again(inbox: RunningInbox) -> None:
    async def work(channel: ZaloTemplate) -> None:
        inbox.world.behaviours.unapproved_templates.add(inbox.settings.zalo_template_id)
        first = await channel.send(ONE)
        assert isinstance(first, Refused)
        assert first.next == "template"
        refused = len(inbox.world.messages)
        second = await channel.send(ONE)
        assert isinstance(second, Refused)
        assert "402001" in second.why
        assert len(inbox.world.messages) == refused  # nobody was called
        inbox.world.behaviours.unapproved_templates.clear()
        inbox.clock.forward(TEMPLATE_REST_MS)
        assert isinstance(await channel.send(ONE), Accepted)

    use(inbox.channels(), work, inbox.clock)


def test_what_is_sent_fits_the_registered_template() -> None:
    assert text.TEMPLATE_LIMITS == TEMPLATE_PARAMETERS


def test_a_message_that_never_arrives_stays_pushed(inbox: RunningInbox) -> None:
    async def work(channel: ZaloTemplate) -> None:
        inbox.misbehave(ONE.address, "undelivered")
        outcome = await channel.send(ONE)
        assert isinstance(outcome, Accepted)
        inbox.clock.forward(HOUR)
        assert await channel.status(outcome.provider_id) == outcome
        assert isinstance(await channel.status("unknown"), Ambiguous)
        inbox.world.behaviours.by_recipient.clear()
        other = await channel.send(message(key="k2"))
        assert isinstance(other, Accepted)
        inbox.clock.forward(1000)
        assert await channel.status(other.provider_id) == Delivered()

    use(inbox.channels(), work)


def test_a_status_that_cannot_be_asked_says_nothing_about_the_message(
    inbox: RunningInbox,
) -> None:
    async def work(channel: ZaloTemplate) -> None:
        outcome = await channel.send(ONE)
        assert isinstance(outcome, Accepted)
        inbox.oauth.lose_refresh()
        assert isinstance(await channel.status(outcome.provider_id), Ambiguous)

    use(inbox.channels(), work)


# -- the fake itself


@pytest.fixture
def headers(inbox: RunningInbox) -> dict[str, str]:
    send(inbox.channels())
    token = tokens(inbox)["access_token"]
    secret = inbox.settings.zalo_app_secret
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    return {"access_token": token, "appsecret_proof": proof}


def post(inbox: RunningInbox, headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    body = {
        "phone": "84912345678",
        "template_id": "402001",
        "template_data": text.template(ONE),
        "sending_mode": "1",
        "tracking_id": "t-1",
        **changes,
    }
    answer = httpx.post(
        f"{inbox.url}/message/template", json=body, headers=headers, trust_env=False
    )
    assert answer.status_code == 200  # errors too: they stand in the body
    found: dict[str, Any] = answer.json()
    return found


def test_the_fake_answers_as_zalo_does(inbox: RunningInbox, headers: dict[str, str]) -> None:
    said = post(inbox, headers)
    assert (said["error"], said["message"]) == (0, "Success")
    assert said["data"]["quota"] == {"dailyQuota": "500", "remainingQuota": "498"}
    assert said["data"]["sent_time"] == str(NOON)
    get = {"headers": headers, "trust_env": False}
    quota = httpx.get(f"{inbox.url}/message/quota", **get).json()  # type: ignore[arg-type]
    assert quota["data"] == said["data"]["quota"]
    info = httpx.get(f"{inbox.url}/template/info/v2?template_id=402001", **get).json()  # type: ignore[arg-type]
    assert info["data"]["status"] == "ENABLE"
    assert {one["name"]: one["maxLength"] for one in info["data"]["listParams"]} == (
        TEMPLATE_PARAMETERS
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": "0912345678"}, -108),
        ({"template_id": "1"}, -109),
        ({"tracking_id": "x" * 49}, -132),
        ({"template_data": {**text.template(ONE), "state": "x" * 31}}, -1121),
        ({"template_data": {"state": "x"}}, -1122),
        ({"template_data": {**text.template(ONE), "value": 1.5}}, -1124),
        ({"template_data": "no object"}, -122),
    ],
)
def test_the_fake_refuses_what_zalo_refuses(
    inbox: RunningInbox, headers: dict[str, str], changes: dict[str, Any], code: int
) -> None:
    assert post(inbox, headers, **changes)["error"] == code


def test_the_fake_checks_token_and_proof(inbox: RunningInbox, headers: dict[str, str]) -> None:
    assert post(inbox, {})["error"] == -124
    assert post(inbox, {**headers, "appsecret_proof": "0" * 64})["error"] == -1241
    assert post(inbox, {"access_token": headers["access_token"]})["error"] == 0


def test_the_fakes_refresh_tokens_are_used_once_and_survive_its_restart(
    inbox: RunningInbox,
) -> None:
    def refresh(token: str) -> dict[str, Any]:
        answer = httpx.post(
            f"{inbox.url}/v4/oa/access_token",
            data={
                "refresh_token": token,
                "app_id": inbox.settings.zalo_app_id,
                "grant_type": "refresh_token",
            },
            headers={"secret_key": inbox.settings.zalo_app_secret},
            trust_env=False,
        )
        found: dict[str, Any] = answer.json()
        return found

    first = refresh(inbox.settings.zalo_refresh_token)
    assert first["expires_in"] == "90000"
    assert "error" in refresh(inbox.settings.zalo_refresh_token)
    inbox.stop()
    inbox.start()
    assert inbox.oauth.is_valid(first["access_token"])
    second = refresh(first["refresh_token"])
    assert not inbox.oauth.is_valid(first["access_token"])
    assert inbox.oauth.is_valid(second["access_token"])
