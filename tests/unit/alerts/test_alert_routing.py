"""Who is told of what, and by which of a person's channels first."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Event
from alerts.routing import CHAIN, idempotency_key, route
from registry.records import Contact
from tests.contract.alerting import BOT, HOOK, SMS, ZALO, alarm

EVERYONE = (BOT, ZALO, SMS, HOOK)


def ranks(event: Event, contacts: tuple[Contact, ...], told: set[str]) -> dict[str, int]:
    return {one.contact.id: one.rank for one in route(alarm(), event, contacts, told)}


def test_one_persons_channels_are_tried_in_order_and_a_webhook_at_once() -> None:
    expected = {"duty-bot": 0, "duty-zalo": 1, "duty-sms": 2, "hook": 0}
    assert ranks(Event.FIRING, EVERYONE, set()) == expected


def test_a_missing_channel_leaves_no_gap() -> None:
    assert ranks(Event.FIRING, (SMS, ZALO), set()) == {"duty-zalo": 0, "duty-sms": 1}
    assert ranks(Event.FIRING, (SMS,), set()) == {"duty-sms": 0}


def test_two_persons_of_a_group_are_told_apart() -> None:
    other = msgspec.structs.replace(SMS, id="chief-sms", name="Tổ trưởng")
    assert ranks(Event.FIRING, (BOT, SMS, other), set()) == {
        "duty-bot": 0,
        "duty-sms": 1,
        "chief-sms": 0,
    }


@pytest.mark.parametrize("field", ["tenant", "group"])
def test_nobody_outside_the_tenant_and_the_group_hears_anything(field: str) -> None:
    others = tuple(msgspec.structs.replace(one, **{field: "another"}) for one in EVERYONE)
    assert route(alarm(), Event.FIRING, others) == []


def test_only_those_told_of_the_firing_hear_of_its_end() -> None:
    assert ranks(Event.RESOLVED, EVERYONE, {"duty-sms", "hook"}) == {"duty-sms": 0, "hook": 0}
    assert route(alarm(), Event.RESOLVED, EVERYONE) == []


def test_an_acknowledgement_goes_to_webhooks_alone() -> None:
    everybody = {one.id for one in EVERYONE}
    assert ranks(Event.ACKNOWLEDGED, EVERYONE, everybody) == {"hook": 0}


def test_an_info_alarm_pages_nobody() -> None:
    told = route(alarm(severity="info"), Event.FIRING, EVERYONE)
    assert [one.contact.id for one in told] == ["hook"]


names = st.sampled_from(["An", "Bình", "Cúc"])
contacts = st.lists(
    st.builds(
        lambda number, name, channel: msgspec.structs.replace(
            BOT, id=f"c{number}", name=name, channel=channel
        ),
        st.integers(0, 99),
        names,
        st.sampled_from([*CHAIN, "webhook"]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(contacts)
def test_everybody_has_a_first_channel_and_ranks_follow_the_chain(some: list[Contact]) -> None:
    routes = route(alarm(), Event.FIRING, some)
    assert {one.contact.id for one in routes} == {one.id for one in some}
    for person in {one.person for one in routes}:
        own = sorted((one for one in routes if one.person == person), key=lambda one: one.rank)
        assert {one.rank for one in own} == set(range(len({one.rank for one in own})))
        if own[0].contact.channel != "webhook":
            order = [CHAIN.index(one.contact.channel) for one in own]
            assert order == sorted(order)


def test_keys_are_short_enough_and_differ() -> None:
    keys = {
        idempotency_key(an_alarm, event, contact)
        for an_alarm in ("a", "b")
        for event in Event
        for contact in ("x", "y")
    }
    assert len(keys) == 12
    assert all(len(key) <= 48 for key in keys)
