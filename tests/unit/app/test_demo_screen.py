"""The demo's live summary fits its terminal, and its counts survive a kill."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from app.demo_screen import SHOWN_ALARMS, AlarmLine, Facts, Lives, summary

TITLE_VI = "Dòng điện xuất tuyến thay đổi đột ngột"
TITLE_EN = "Current of the feeder changes abruptly"


def facts() -> Facts:
    alarm = AlarmLine("critical", TITLE_VI, TITLE_EN, "cong-to-vi-thanh-2", "acknowledged")
    return Facts(
        seconds=83,
        connected=72,
        devices=72,
        sent=1_234_567,
        acknowledged=1_234_560,
        stored=1_234_000,
        dead_lettered=17,
        store_lag_s=0.1,
        rules_lag_s=0.0,
        open_by_severity={"critical": 8},
        alarms=[alarm] * SHOWN_ALARMS,
        raised=44,
        notifications={"accepted": 14, "delivered": 660, "not-needed": 293},
        not_ready=["store restarting"],
    )


def shown(width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(summary(facts(), width, height))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 50), (120, 40)])
def test_it_fits_the_terminal_with_the_addresses_above_it(width: int, height: int) -> None:
    lines = shown(width, height)
    assert all(len(line) <= width for line in lines)
    assert len(lines) + 8 <= height
    alarms = [line for line in lines if line.startswith("critical")]
    assert len(alarms) == min(SHOWN_ALARMS, height - 18)
    assert all("cong-to-vi-thanh-2" in line for line in alarms)


def test_a_narrow_terminal_shows_vietnamese_a_wide_one_english_too() -> None:
    assert TITLE_EN not in "\n".join(shown(80, 24))
    assert f"{TITLE_VI} / {TITLE_EN}" in "\n".join(shown(140, 40))


def test_a_count_goes_on_over_the_lives_of_a_component() -> None:
    lives = Lives()
    assert [lives.total(count) for count in (3, 10, 10, 0, 4, 2)] == [3, 10, 10, 10, 14, 16]
