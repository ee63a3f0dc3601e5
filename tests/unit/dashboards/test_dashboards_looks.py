"""Colours and words: grey when normal, and both languages everywhere."""

from __future__ import annotations

import pytest
import yaml

from app.components import ROOT
from dashboards.limits import BANDS, DRINKING_TURBIDITY, Band
from dashboards.looks import ALARM, NORMAL, UNLIMITED, WARNING, quality_mapping, thresholds
from dashboards.units import grafana_unit
from dashboards.words import WORDS, Words
from telemetry.catalogue import QUANTITIES
from telemetry.model import Quality

SOURCE = Words("nguồn", "source")


def colour_at(band: Band, value: float) -> str:
    """As Grafana colours: the last step whose value is not above."""
    steps = thresholds(band).build().steps
    assert steps is not None
    return [s.color for s in steps if s.value is None or s.value <= value][-1]


@pytest.mark.parametrize(
    ("band", "expected"),
    [
        (Band(SOURCE, low=2), {1: WARNING, 2: NORMAL, 9: NORMAL}),
        (Band(SOURCE, high=2), {1: NORMAL, 2: WARNING, 9: WARNING}),
        (Band(SOURCE, high=2, highest=5), {1: NORMAL, 3: WARNING, 5: ALARM}),
        (
            Band(SOURCE, low=2, high=4, lowest=1, highest=5),
            {0: ALARM, 1: WARNING, 2: NORMAL, 4: WARNING, 5: ALARM},
        ),
    ],
)
def test_grey_inside_the_band_alone(band: Band, expected: dict[float, str]) -> None:
    assert {value: colour_at(band, value) for value in expected} == expected


def test_without_a_band_nothing_is_called_normal() -> None:
    steps = thresholds(None).build().steps
    assert steps is not None
    assert [(step.value, step.color) for step in steps] == [(None, UNLIMITED)]


@pytest.mark.parametrize("key", BANDS)
def test_every_band_lies_in_its_quantitys_range(key: str) -> None:
    quantity, edges = QUANTITIES[key], BANDS[key].edges
    assert edges == sorted(edges)
    assert all(quantity.low <= edge <= quantity.high for edge in edges)


def shipped_conditions() -> dict[str, str]:
    """The `when` of every shipped rule."""
    found = {}
    for pack in sorted((ROOT / "rules" / "packs").glob("*.yaml")):
        for rule in yaml.safe_load(pack.read_text()).get("rules", []):
            found[rule["id"]] = rule["when"]
    return found


@pytest.mark.parametrize("key", [key for key, band in BANDS.items() if "rule " in band.source.en])
def test_a_band_that_names_a_rule_has_its_limit(key: str) -> None:
    """What is drawn as normal is what raises no alarm."""
    band = BANDS[key]
    when = shipped_conditions()[band.source.en.removeprefix("rule ")]
    inner = band.low if band.low is not None else band.high
    assert f" {inner:g} " in when


def test_a_band_in_words() -> None:
    assert Band(SOURCE, low=0.2, high=1).text == Words("0,2 – 1", "0.2 – 1")
    assert DRINKING_TURBIDITY.text == Words("≤ 2", "≤ 2")
    assert Band(SOURCE, low=5).text == Words("≥ 5", "≥ 5")


def test_every_quality_has_words_and_a_sign() -> None:
    (mapping,) = quality_mapping()
    assert set(mapping.options) == {str(int(quality)) for quality in Quality}
    assert mapping.options["0"].text == "● Tốt · Good"
    assert mapping.options["2"].text == "■ Hỏng · Fault"


def test_every_unit_is_shown() -> None:
    for quantity in QUANTITIES.values():
        assert grafana_unit(quantity.unit)
    assert grafana_unit("bar") == "suffix:bar"
    assert grafana_unit("m3/h") == "suffix:m³/h"
    assert grafana_unit("°C") == "celsius"


def test_every_text_is_in_both_languages() -> None:
    for key, words in WORDS.items():
        assert words.vi, key
        assert words.en, key
        assert words.vi != words.en, key


def test_a_title_begins_with_a_capital_except_a_name() -> None:
    assert Words("độ pH", "pH").title == "Độ pH · pH"
