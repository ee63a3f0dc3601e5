"""A tenant's lane: every point is written or a dead letter in the end, whatever InfluxDB says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.backoff import Backoff
from ingest.influx import (
    Denied,
    Influx,
    InfluxAddress,
    InfluxError,
    Missing,
    Refused,
    Retry,
    TooLarge,
)
from ingest.lane import Lane, Points, Tally
from telemetry.model import Reading
from tests.unit.ingest.making import reading

CREATE = "ingest.lane.create_database"

Answer = Callable[[bytes], InfluxError | None]


class Engine:
    """An InfluxDB that keeps lines, and refuses what `answer` says."""

    def __init__(self, answer: Answer = lambda _: None) -> None:
        self.answer = answer
        self.kept: list[bytes] = []
        self.bodies: list[bytes] = []
        self.created = 0

    def write(self, _database: str, body: bytes) -> None:
        self.bodies.append(body)
        error = self.answer(body)
        if error is not None:
            raise error
        self.kept += body.split(b"\n")


class Run:
    """One lane with its engine, and what it buried."""

    def __init__(self, engine: Engine, max_lines: int = 5000) -> None:
        self.engine = engine
        self.tally = Tally()
        self.buried: list[tuple[int, bytes, str]] = []
        self.lane = Lane(
            cast("Influx", engine),
            InfluxAddress("http://influx"),
            "kenh_acme",
            self.bury,
            self.tally,
            max_lines=max_lines,
            backoff=Backoff(0.001, 0.004),
        )

    def bury(self, one: Reading, line: bytes, words: str) -> None:
        self.buried.append((one.seq, line, words))

    def write(self, *groups: list[bytes]) -> None:
        """Write groups of lines to their end."""

        async def live() -> None:
            task = asyncio.create_task(self.lane.run())
            done = [asyncio.Event() for _ in groups]
            for group, event in zip(groups, done, strict=True):
                points = Points([reading(n) for n in range(len(group))], group)
                self.lane.add(points, event.set)
            async with asyncio.timeout(10):
                for event in done:
                    await event.wait()
            task.cancel()

        asyncio.run(live())


def lines(count: int) -> list[bytes]:
    return [b"water f=%d" % number for number in range(count)]


def refuse_bad(body: bytes) -> InfluxError | None:
    return Refused("bad line") if b"bad" in body else None


def once(*errors: InfluxError) -> Answer:
    waiting = list(errors)
    return lambda _: waiting.pop(0) if waiting else None


def test_what_waits_goes_in_one_body_up_to_the_limit() -> None:
    run = Run(Engine(), max_lines=10)
    run.write(lines(4), lines(5), lines(3), lines(25))
    assert [body.count(b"\n") + 1 for body in run.engine.bodies] == [9, 3, 10, 10, 5]
    assert run.tally.written == 37
    assert run.lane.pending == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.sets(st.integers(0, 69)), st.booleans())
def test_bad_lines_are_found_and_only_they_are_buried(
    count: int, bad: set[int], keeps_good: bool
) -> None:
    """2.x keeps nothing of a body with a bad line, 1.x keeps the good ones: both are right."""
    points = [b"bad %d" % n if n in bad else b"good %d" % n for n in range(count)]
    engine = Engine(refuse_bad)
    if keeps_good:

        def keep_good(body: bytes) -> InfluxError | None:
            error = refuse_bad(body)
            if error is not None:
                engine.kept += [one for one in body.split(b"\n") if b"bad" not in one]
            return error

        engine.answer = keep_good
    run = Run(engine)
    run.write(points)
    assert set(engine.kept) == {one for one in points if one.startswith(b"good")}
    assert [line for _, line, _ in run.buried] == [b"bad %d" % n for n in sorted(bad) if n < count]
    assert all(words == "bad line" for _, _, words in run.buried)
    assert run.tally.written + run.tally.dead_lettered == count


def test_a_body_that_is_too_large_goes_in_parts() -> None:
    engine = Engine(lambda body: TooLarge("413") if len(body) > 60 else None)
    run = Run(engine)
    run.write(lines(40))
    assert engine.kept == lines(40)
    assert not run.buried


@pytest.mark.parametrize(
    "error",
    [Retry("away"), Retry("busy", after=0.002), Denied("wrong token"), Retry("500")],
)
def test_what_may_pass_is_tried_again(error: InfluxError) -> None:
    run = Run(Engine(once(error, error, error)))
    run.write(lines(3))
    assert run.engine.kept == lines(3)
    assert run.tally.retries == 3
    assert run.lane.problem == ""


def test_the_engine_says_when_to_come_back_within_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    run = Run(Engine(once(Retry("busy", after=0.003), Retry("busy", after=3600.0))))
    run.write(lines(1))
    assert slept == [0.003, 0.004]


def test_a_missing_database_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[str] = []
    monkeypatch.setattr(CREATE, lambda _client, _address, name: created.append(name))
    run = Run(Engine(once(Missing("no database"))))
    run.write(lines(2))
    assert created == ["kenh_acme"]
    assert run.tally.retries == 0


def test_a_database_that_may_not_be_created_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    problems: list[str] = []
    run = Run(Engine(once(Missing("no database"), Missing("no database"))))

    def refuse(*_: object) -> None:
        problems.append(run.lane.problem)
        raise Denied("the token may not")

    monkeypatch.setattr(CREATE, refuse)
    run.write(lines(2))
    assert problems == ["", "the token may not"]
    assert run.engine.kept == lines(2)


def test_it_fails_alone_only_while_others_do_not() -> None:
    run = Run(Engine(once(Retry("away"))))
    seen: list[bool] = []

    def answer(_: bytes) -> InfluxError | None:
        seen.append(run.lane.fails_alone)
        if len(seen) == 2:
            run.tally.batches += 1  # another lane's
        return Retry("away") if len(seen) < 4 else None

    run.engine.answer = answer
    run.write(lines(1))
    assert seen == [False, False, True, True]
    assert not run.lane.fails_alone


def test_what_is_abandoned_counts_as_done_and_may_be_added_again() -> None:
    run = Run(Engine(), max_lines=5)
    finished: list[str] = []

    def answer(body: bytes) -> InfluxError | None:
        if len(run.engine.bodies) == 2:
            run.lane.abandon()
        return Retry("away") if len(run.engine.bodies) < 4 else None

    run.engine.answer = answer

    async def live() -> None:
        task = asyncio.create_task(run.lane.run())
        for name in ("on its way", "waiting"):
            points = Points([reading(n) for n in range(5)], lines(5))
            run.lane.add(points, lambda name=name: finished.append(name))  # type: ignore[misc]
        async with asyncio.timeout(10):
            while run.tally.batches < 1:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.005)
        task.cancel()

    asyncio.run(live())
    assert finished == ["on its way", "waiting"]
    assert run.engine.kept == lines(5)
    assert run.lane.pending == 0


def test_a_dead_letter_that_cannot_be_written_is_tried_again() -> None:
    run = Run(Engine(refuse_bad))
    failures = [OSError(28, "No space left"), OSError(28, "No space left")]
    bury = run.bury

    def full_disk(one: Reading, line: bytes, words: str) -> None:
        if failures:
            raise failures.pop()
        bury(one, line, words)

    run.lane._bury = full_disk
    run.write([b"bad 1"])
    assert len(run.buried) == 1
    assert run.tally.dead_lettered == 1
