"""How things look, after ISA-101: grey when normal, colour for the abnormal, a sign beside it."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.limits import Band
from dashboards.sdk import dashboard, models
from dashboards.words import WORDS, Words
from registry.areas import AREAS
from telemetry.kinds import KINDS
from telemetry.model import Quality

NORMAL = "#8A8F98"
WARNING = "#E0A526"
ALARM = "#D64545"
UNLIMITED = "#5B7A99"
"""Of quantities that have no limit: neither normal nor abnormal."""

_SIGNS = {NORMAL: "●", WARNING: "▲", ALARM: "■"}


def sign(words: Words, colour: str) -> models.ValueMappingResult:
    """A text in its colour, with a sign that says the same without it."""
    return models.ValueMappingResult(text=f"{_SIGNS[colour]} {words.title}", color=colour)


def _values(results: Mapping[str, models.ValueMappingResult]) -> list[models.ValueMap]:
    for index, result in enumerate(results.values()):
        result.index = index
    return [models.ValueMap(options=dict(results))]


def quality_mapping() -> list[models.ValueMap]:
    return _values(
        {
            str(int(Quality.GOOD)): sign(WORDS["good"], NORMAL),
            str(int(Quality.CALIBRATING)): sign(WORDS["calibrating"], WARNING),
            str(int(Quality.FAULT)): sign(WORDS["fault"], ALARM),
            str(int(Quality.UNCERTAIN)): sign(WORDS["uncertain"], WARNING),
        }
    )


def supply_mapping() -> list[models.ValueMap]:
    return _values({"0": sign(WORDS["supplied"], NORMAL), "1": sign(WORDS["outage"], ALARM)})


def kind_mapping() -> list[models.ValueMap]:
    """The id of a kind of device becomes its names."""
    return _values(
        {k.id: models.ValueMappingResult(text=Words(k.vi, k.en).title) for k in KINDS.values()}
    )


def area_mapping() -> list[models.ValueMap]:
    """The code of an area becomes its name: the units of 2025 and the districts of 2023."""
    named = [area for area in AREAS.values() if not area.parent]
    return _values(
        {
            area.code: models.ValueMappingResult(text=f"{area.type} {area.name}".strip())
            for area in named
        }
    )


def thresholds(band: Band | None) -> dashboard.ThresholdsConfig:
    """The colours of a band from below; Grafana's first step has no value."""
    steps = [models.Threshold(None, UNLIMITED)] if band is None else _steps(band)
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _steps(band: Band) -> list[models.Threshold]:
    below = NORMAL if band.low is None else WARNING if band.lowest is None else ALARM
    edges = (
        (band.lowest, WARNING),
        (band.low, NORMAL),
        (band.high, WARNING),
        (band.highest, ALARM),
    )
    above = [models.Threshold(value, colour) for value, colour in edges if value is not None]
    return [models.Threshold(None, below), *above]
