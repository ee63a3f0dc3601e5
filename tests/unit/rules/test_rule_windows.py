"""Windows against a naive model that keeps everything and works it out anew each time."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.windows import MOST, Run, Window

VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))
STREAM = st.lists(st.tuples(st.integers(0, 400), VALUES), max_size=60)


class Naive:
    """The same window, by its definition."""

    def __init__(self, span: int) -> None:
        self.span = span
        self.kept: list[tuple[int, float]] = []

    def add(self, at: int, value: float) -> None:
        self.kept.append((at, value))
        self.kept.sort(key=lambda one: one[0])
        newest = self.kept[-1][0]
        self.kept = [one for one in self.kept if one[0] > newest - self.span]

    @property
    def values(self) -> list[float]:
        return [value for _, value in self.kept]


@given(STREAM, st.integers(1, 200))
def test_every_figure_agrees_with_its_definition(
    stream: list[tuple[int, float]], span: int
) -> None:
    window, naive = Window(span), Naive(span)
    for at, value in stream:
        window.add(at, value)
        naive.add(at, value)
        values = naive.values
        assert len(window) == window.count() == len(values)
        assert window.minimum() == min(values)
        assert window.maximum() == max(values)
        assert window.last() == values[-1]
        assert window.sum() == pytest.approx(math.fsum(values), abs=1e-4)
        assert window.average() == pytest.approx(statistics.fmean(values), abs=1e-6)
        if len(values) > 1:
            assert window.delta() == values[-1] - values[0]
            assert window.deviation() == pytest.approx(statistics.pstdev(values), abs=1e-3)


@given(STREAM, st.integers(1, 200), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_sum(
    stream: list[tuple[int, float]], span: int, random: object
) -> None:
    newest = max((at for at, _ in stream), default=0)
    inside = [one for one in stream if one[0] > newest - span]
    forward, backward = Window(span), Window(span)
    for at, value in inside:
        forward.add(at, value)
    for at, value in reversed(inside):
        backward.add(at, value)
    assert forward.average() == backward.average()
    assert forward.deviation() == backward.deviation()


@given(STREAM, STREAM, st.integers(1, 200))
def test_a_restored_window_goes_on_exactly(
    before: list[tuple[int, float]], after: list[tuple[int, float]], span: int
) -> None:
    window = Window(span)
    for at, value in before:
        window.add(at, value)
    restored = Window(span)
    restored.restore(window.saved())
    for at, value in after:
        window.add(at, value)
        restored.add(at, value)
        assert window.saved() == restored.saved()
        assert window.average() == restored.average()
        assert window.deviation() == restored.deviation()
        assert (window.minimum(), window.maximum()) == (restored.minimum(), restored.maximum())


def test_an_average_of_equal_values_is_that_value() -> None:
    window = Window(10_000)
    for at in range(300):
        window.add(at * 1000, 0.1)
    assert window.average() == 0.1
    assert window.deviation() == 0.0


def test_an_empty_window_knows_nothing_but_its_count() -> None:
    window = Window(100)
    window.add(0, 1.0)
    window.slide(100)
    assert window.count() == 0
    figures = (
        window.average(), window.sum(), window.minimum(), window.maximum(), window.last(),
        window.delta(), window.rate(), window.deviation(),
    )  # fmt: skip
    assert set(figures) == {None}


def test_the_rate_needs_two_moments() -> None:
    window = Window(10_000)
    window.add(0, 1.0)
    window.add(0, 5.0)
    assert window.rate() is None
    window.add(2000, 3.0)
    assert window.rate() == (3.0 - 1.0) / 2000


def test_a_window_is_bounded() -> None:
    window = Window(10 * MOST)
    for at in range(MOST + 500):
        window.add(at, float(at))
    assert len(window) == MOST
    assert window.minimum() == 500
    assert window.average() == pytest.approx(500 + (MOST - 1) / 2)


def test_a_run_is_stuck_when_it_is_long_and_dense_enough() -> None:
    run = Run(1000)
    assert run.stuck() is None
    run.add(0, 5.0)
    run.add(5000, 5.0)
    assert run.stuck() is False, "two readings with a gap between them prove nothing"
    run.add(5500, 5.0)
    run.add(6000, 5.0)
    assert run.stuck() is True
    run.add(6500, 5.1)
    assert run.stuck() is False


def test_a_late_reading_that_differs_ends_the_run_before_it() -> None:
    run = Run(1000)
    for at in (0, 400, 800, 1200):
        run.add(at, 5.0)
    assert run.stuck() is True
    run.add(600, 4.0)
    assert run.stuck() is False
    run.add(-10, 4.0)  # before the run: it says nothing about it
    run.add(1700, 5.0)
    assert run.stuck() is True


def test_a_restored_run_goes_on() -> None:
    run, restored = Run(1000), Run(1000)
    for at in (0, 400, 800):
        run.add(at, 5.0)
    restored.restore(run.saved())
    restored.add(1000, 5.0)
    assert restored.stuck() is True
