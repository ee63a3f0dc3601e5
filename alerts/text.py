"""What people read: the same few facts in the shape that each channel takes. Pure.

Vietnamese stands first, English beside it where there is room. Times are Vietnam's.
"""

from __future__ import annotations

import datetime
import unicodedata

from alerts.model import Event, Message

VIETNAM = datetime.timezone(datetime.timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Vietnam keeps UTC+7 all year."""

BOT_LIMIT = 2000
SMS_LIMIT = 160
"""One SMS without diacritics: GSM 03.38 has room for 160 of its letters."""
SMS_UNICODE_LIMIT = 134
"""Two joined SMS with diacritics: 67 UCS-2 units each, since one of 70 says too little."""
SHORTEST = 16
"""A place or a title is cut to no less than this: a shorter one tells nobody anything."""

TEMPLATE_LIMITS = {
    "state": 30,
    "title": 100,
    "place": 200,
    "value": 60,
    "time": 20,
    "code": 30,
}
"""Parameters of the Zalo template to register, and the most letters each may have."""

EVENTS = {
    Event.FIRING: ("BÁO ĐỘNG", "ALARM"),
    Event.ACKNOWLEDGED: ("ĐÃ XÁC NHẬN", "ACKNOWLEDGED"),
    Event.RESOLVED: ("HẾT BÁO ĐỘNG", "RESOLVED"),
}
SEVERITIES = {
    "info": ("Thông tin", "Info"),
    "minor": ("Nhẹ", "Minor"),
    "major": ("Nghiêm trọng", "Major"),
    "critical": ("Khẩn cấp", "Critical"),
}
_SIGNS = {"critical": "🔴", "major": "🟠", "minor": "🟡", "info": "🔵"}

# Words of a message around its facts, in both languages.
_WORDS = {
    "at": ("tại", "at"),
    "where": ("Nơi", "Where"),
    "value": ("Giá trị", "Value"),
    "limit": ("ngưỡng", "limit"),
    "time": ("Lúc", "Time"),
    "no-value": ("không có số liệu", "no data"),
}


def bot(message: Message, link: str = "") -> str:
    """A chat message of a few lines, at most 2000 characters."""
    alarm = message.alarm
    sign = "🟢" if message.event is Event.RESOLVED else _SIGNS.get(alarm.severity, "🟠")
    lines = [
        f"{sign} {_event(message)} · {_severity(message)}",
        *_titles(message),
        f"{_word('where', message.lang)}: {message.place}",
        f"{_word('value', message.lang)}: {value_and_limit(message)}",
        f"{_word('time', message.lang)}: {local_time(alarm.event_time)}",
    ]
    if link:
        lines.append(link)
    return shorten(unicodedata.normalize("NFC", "\n".join(lines)), BOT_LIMIT)


def sms(message: Message, link: str = "", *, diacritics: bool = False) -> str:
    """One SMS of at most 160 plain letters; with `diacritics`, two joined ones of 67.

    Always the same sentence, since brand-name traffic must match a registered template:
    `KENH <event>/<severity>: <title> tai <place>: <value>, <time>. <link>`. What does not fit is
    left out in this order: the link, then the end of the place, then the end of the title.
    """
    limit = SMS_UNICODE_LIMIT if diacritics else SMS_LIMIT
    spell = _composed if diacritics else fold
    when = local_time(message.alarm.event_time, short=True)
    head = spell(f"KENH {_event(message)}/{_severity(message)}")
    title = spell(_titles(message)[0])
    at = spell(_word("at", message.lang))
    place = spell(message.place)
    tail = spell(f"{value_and_limit(message)}, {when}.")

    over = length(f"{head}: {title} {at} {place}: {tail}") - limit
    if over > 0:
        place = shorten(place, max(length(place) - over, SHORTEST))
        over = length(f"{head}: {title} {at} {place}: {tail}") - limit
    if over > 0:
        title = shorten(title, max(length(title) - over, SHORTEST))
    text = shorten(f"{head}: {title} {at} {place}: {tail}", limit)
    with_link = f"{text} {link}"
    fits = link and spell(link) == link and length(with_link) <= limit
    return with_link if fits else text


def template(message: Message) -> dict[str, str]:
    """The parameters of the Zalo template: strings, composed (NFC), none empty, none too long."""
    alarm = message.alarm
    values = {
        "state": f"{_event(message, 'vi')} - {_severity(message, 'vi')}",
        "title": alarm.title_vi or alarm.title_en or alarm.rule,
        "place": message.place,
        "value": value_and_limit(message, "vi"),
        "time": local_time(alarm.event_time),
        "code": alarm.id,
    }
    return {
        name: shorten(_composed(values[name]), limit) or "-"
        for name, limit in TEMPLATE_LIMITS.items()
    }


def value_and_limit(message: Message, lang: str = "") -> str:
    """`1,32 bar (ngưỡng 1,5 bar)`; the limit is no news once the alarm is over."""
    lang = lang or message.lang
    alarm = message.alarm
    if alarm.value is None:
        return _word("no-value", lang)
    said = quantity(alarm.value, alarm.unit, lang)
    if alarm.limit is None or message.event is Event.RESOLVED:
        return said
    return f"{said} ({_word('limit', lang)} {quantity(alarm.limit, alarm.unit, lang)})"


def quantity(value: float, unit: str, lang: str = "vi") -> str:
    """Four significant digits and the unit; a decimal comma in Vietnamese."""
    text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if "e" in text:
        text = f"{value:.9f}".rstrip("0").rstrip(".")
    if lang != "en":
        text = text.replace(".", ",")
    return text if unit in ("", "1") else f"{text} {unit}"


def local_time(at: int, *, short: bool = False) -> str:
    """`20:54 23/11/2026`; short: `20:54 23/11`."""
    moment = datetime.datetime.fromtimestamp(at / 1000, VIETNAM)
    return moment.strftime("%H:%M %d/%m" if short else "%H:%M %d/%m/%Y")


def fold(text: str) -> str:
    """`text` in letters that one SMS holds 160 of: no diacritics, one line, none of # and &.

    GSM 03.38 counts `[]{}\\^|~` twice and has no backtick, so they are written otherwise too.
    """
    plain = unicodedata.normalize("NFKD", text).translate(_IN_PLAIN_LETTERS)
    kept = "".join(_plain(letter) for letter in plain)
    return " ".join(kept.translate(_COUNTED_ONCE).split())


def shorten(text: str, limit: int) -> str:
    """`text`, cut between two words where it is longer than `limit`, and marked with `...`."""
    if length(text) <= limit:
        return text
    room = max(limit - 3, 0)
    cut = text[:room]
    while length(cut) > room:
        cut = cut[:-1]
    between = cut.rfind(" ")
    if between > room // 2:
        cut = cut[:between]
    return f"{cut.rstrip(' ,.;:+-')}..."[:limit]


def length(text: str) -> int:
    """The length as networks count it: UTF-16 units, so an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_IN_PLAIN_LETTERS = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "°": "",
        "µ": "u",
        "μ": "u",
        "Ω": "Ohm",
        "×": "x",
        "–": "-",
        "—": "-",
        "−": "-",
        "·": "-",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "≥": ">=",
        "≤": "<=",
        "→": "->",
        "⁄": "/",
    }
)
_REFUSED_BY_A_GATEWAY = str.maketrans({"#": "", "&": "+"})
_COUNTED_ONCE = _REFUSED_BY_A_GATEWAY | str.maketrans(
    {
        "[": "(",
        "]": ")",
        "{": "(",
        "}": ")",
        "|": "/",
        "\\": "/",
        "^": "",
        "~": "-",
        "`": "'",
    }
)


def _plain(letter: str) -> str:
    """A plain letter as it is, a space for whatever separated words, nothing for the rest."""
    if " " <= letter <= "~":
        return letter
    return " " if letter.isspace() or unicodedata.category(letter)[0] in "ZC" else ""


def _composed(text: str) -> str:
    """One line, NFC, and no letter outside the basic plane (UCS-2 has none)."""
    kept = "".join(letter for letter in unicodedata.normalize("NFC", text) if letter <= "\uffff")
    return " ".join(kept.translate(_REFUSED_BY_A_GATEWAY).split())


def _event(message: Message, lang: str = "") -> str:
    return _pick(EVENTS[message.event], lang or message.lang)


def _severity(message: Message, lang: str = "") -> str:
    words = SEVERITIES.get(message.alarm.severity, (message.alarm.severity,) * 2)
    return _pick(words, lang or message.lang)


def _word(key: str, lang: str) -> str:
    return _pick(_WORDS[key], lang)


def _pick(words: tuple[str, str], lang: str) -> str:
    return words[1] if lang == "en" else words[0]


def _titles(message: Message) -> list[str]:
    """Both titles, this reader's first; one alone where the other is missing or the same."""
    alarm = message.alarm
    both = (alarm.title_vi, alarm.title_en)
    first, second = reversed(both) if message.lang == "en" else both
    return list(dict.fromkeys(title for title in (first, second) if title)) or [alarm.rule]
