"""What people read, on every channel."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import text
from alerts.model import Event, State
from tests.contract.alerting import NOON, alarm, message

LINK = "http://kenh.test/alarms/abcdefghijklm"

GSM_ONCE = set(
    "@$_ !\"%'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
"""The ASCII letters that GSM 03.38 counts once, without # and &, which a gateway refuses."""


def test_a_chat_message_says_it_in_vietnamese_with_english_beside() -> None:
    assert text.bot(message(), LINK).splitlines() == [
        "🟠 BÁO ĐỘNG · Nghiêm trọng",
        "Áp lực nước thấp",
        "Low water pressure",
        "Nơi: Đồng hồ áp lực 01, Trạm Vị Thanh",
        "Giá trị: 1,32 bar (ngưỡng 1,5 bar)",
        "Lúc: 11:50 15/11/2023",
        LINK,
    ]


def test_a_contact_who_reads_english_gets_it_first() -> None:
    lines = text.bot(message(lang="en")).splitlines()
    assert lines[:3] == ["🟠 ALARM · Major", "Low water pressure", "Áp lực nước thấp"]
    assert lines[4] == "Value: 1.32 bar (limit 1.5 bar)"


def test_the_end_of_an_alarm_gives_its_value_without_a_limit() -> None:
    over = message(event=Event.RESOLVED, alarm=alarm(state=State.RESOLVED, value=1.9))
    said = text.bot(over)
    assert said.startswith("🟢 HẾT BÁO ĐỘNG")
    assert "Giá trị: 1,9 bar\n" in said


def test_an_alarm_without_a_value_says_so() -> None:
    silent = message(alarm=alarm(value=None, limit=None, unit=""))
    assert "không có số liệu" in text.bot(silent)
    assert text.template(silent)["value"] == "không có số liệu"
    assert "khong co so lieu" in text.sms(silent)


def test_an_sms_has_no_diacritics_and_one_part() -> None:
    said = text.sms(message(), LINK)
    assert said == (
        "KENH BAO DONG/Nghiem trong: Ap luc nuoc thap tai Dong ho ap luc 01, Tram Vi Thanh:"
        f" 1,32 bar (nguong 1,5 bar), 11:50 15/11. {LINK}"
    )
    assert len(said) <= 160


def test_an_sms_with_diacritics_has_two_parts() -> None:
    said = text.sms(message(), LINK, diacritics=True)
    assert said.startswith("KENH BÁO ĐỘNG/Nghiêm trọng: Áp lực nước thấp tại Đồng hồ")
    assert text.length(said) <= 134


def test_what_does_not_fit_is_cut_between_words_and_the_facts_stay() -> None:
    long = message(device_name="Đồng hồ áp lực " * 12)
    said = text.sms(long, LINK)
    assert len(said) <= 160
    assert "..." in said
    assert said.endswith(": 1,32 bar (nguong 1,5 bar), 11:50 15/11.")
    assert "ap lu..." not in said


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("Đường đèo Hải Vân", "Duong deo Hai Van"),
        ("25 °C, 12 µS/cm, 3 m³/h", "25 C, 12 uS/cm, 3 m3/h"),
        ("trạm [1] | bơm #2 & #3", "tram (1) / bom 2 + 3"),
        ("“cũ” – ‘mới’…", "\"cu\" - 'moi'..."),
        ("một\nhai\tba", "mot hai ba"),
        ("½ 🚰 水", "1/2"),
    ],
)
def test_folding(said: str, folded: str) -> None:
    assert text.fold(said) == folded


anything = st.text(max_size=300)
values = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=32))


@given(anything, anything, anything, st.sampled_from(["vi", "en"]), values, st.sampled_from(Event))
def test_whatever_the_names_every_channel_gets_what_it_takes(
    title: str, device: str, site: str, lang: str, value: float | None, event: Event
) -> None:
    one = message(
        alarm=alarm(title_vi=title, title_en=title, value=value),
        device_name=device,
        site_name=site,
        lang=lang,
        event=event,
    )
    plain = text.sms(one, LINK)
    assert set(plain) <= GSM_ONCE
    assert 0 < len(plain) <= text.SMS_LIMIT
    full = text.sms(one, LINK, diacritics=True)
    assert text.length(full) <= text.SMS_UNICODE_LIMIT
    assert "#" not in full
    assert "&" not in full
    assert 0 < text.length(text.bot(one, LINK)) <= text.BOT_LIMIT
    for name, said in text.template(one).items():
        assert isinstance(said, str)
        assert said == unicodedata.normalize("NFC", said)
        assert 0 < len(said) <= text.TEMPLATE_LIMITS[name]


@given(anything, st.integers(1, 200))
def test_shortening_keeps_the_limit_and_what_fits(said: str, limit: int) -> None:
    short = text.shorten(said, limit)
    assert text.length(short) <= limit
    assert short == said or text.length(said) > limit


@given(anything)
def test_folding_twice_is_folding_once(said: str) -> None:
    assert text.fold(text.fold(said)) == text.fold(said)


def test_numbers_are_short_and_whole() -> None:
    assert text.quantity(0.00004, "1") == "0,00004"
    assert text.quantity(1234567.0, "kWh", "en") == "1234567 kWh"
    assert text.quantity(7.2, "1") == "7,2"
    assert text.local_time(NOON, short=True) == "11:50 15/11"
