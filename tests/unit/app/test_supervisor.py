"""The supervisor: what dies is started again, all is stopped in order, nobody is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.supervisor import Component, Supervisor, ended_how, pause_before_restart, shorten_log

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


async def at_once(_pid: int) -> bool:
    return True


def component(name: str, command: tuple[str, ...] = SLEEPER, floor: int = 1) -> Component:
    return Component(name, command, at_once, floor)


def made(tmp_path: Path) -> Supervisor:
    return Supervisor(tmp_path / "logs", tmp_path / "run" / "supervisor.json")


async def eventually(condition: object, seconds: float = 10.0) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@given(st.integers(1, 1000), st.floats(0, 1e6))
def test_the_pause_is_bounded_and_grows(deaths: int, ran: float) -> None:
    pause = pause_before_restart(deaths, ran)
    assert 0 < pause <= 10.0
    assert pause_before_restart(deaths + 1, ran) >= pause


def test_a_killed_component_is_started_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        supervisor = made(tmp_path)
        supervisor.start([component("one")])
        assert await supervisor.wait_ready(10) == []
        first = supervisor.pid("one")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: supervisor.pid("one") not in {first, None})
        assert supervisor.statuses["one"].restarts == 1
        assert "SIGKILL" in str(supervisor.statuses["one"].last_error)
        second = supervisor.pid("one")
        await supervisor.stop()
        assert second is not None
        assert not exists(second)

    asyncio.run(scenario())


def test_the_stop_goes_down_the_floors(tmp_path: Path) -> None:
    log = tmp_path / "order"
    program = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2]); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(sys.argv[1] + sys.argv[2], 'w').close()\n"
        "time.sleep(60)\n"
    )

    def noting(name: str, floor: int) -> Component:
        async def ready(_pid: int) -> bool:
            return (tmp_path / f"order{name}").exists()

        return Component(name, (sys.executable, "-c", program, str(log), name), ready, floor)

    async def scenario() -> None:
        supervisor = made(tmp_path)
        supervisor.start([noting("a", 1), noting("b", 3), noting("c", 2)])
        assert await supervisor.wait_ready(20) == []
        await supervisor.stop()

    asyncio.run(scenario())
    assert log.read_text() == "bca"


def test_one_that_ignores_the_stop_is_killed(tmp_path: Path) -> None:
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"

    async def scenario() -> None:
        supervisor = made(tmp_path)
        deaf = Component("deaf", (sys.executable, "-c", program), at_once, 1, stop_seconds=0.2)
        supervisor.start([deaf])
        await supervisor.wait_ready(10)
        pid = supervisor.pid("deaf")
        await supervisor.stop()
        assert pid is not None
        assert not exists(pid)

    asyncio.run(scenario())


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    async def scenario() -> None:
        supervisor = made(tmp_path)
        supervisor.start([component("none", ("/no/such/program",))])
        await eventually(lambda: supervisor.statuses["none"].last_error is not None)
        assert "/no/such/program" in str(supervisor.statuses["none"].last_error)
        await supervisor.stop()

    asyncio.run(scenario())


def test_one_yields_to_others_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.supervisor.YIELD_SECONDS", 0.2)

    async def never(_pid: int) -> bool:
        return False

    async def scenario() -> None:
        supervisor = made(tmp_path)
        slow = Component("slow", SLEEPER, never, 1)
        late = Component("late", SLEEPER, at_once, 1, yields_to=("slow",))
        supervisor.start([slow, late])
        await eventually(lambda: supervisor.pid("slow") is not None)
        assert supervisor.pid("late") is None
        await eventually(lambda: supervisor.statuses["late"].state == "ready")
        assert supervisor.statuses["slow"].state == "starting"
        await supervisor.stop()

    asyncio.run(scenario())


def test_a_long_log_is_moved_aside_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        assert not shorten_log(path, limit=100)
        writer.write(b"y")
        assert shorten_log(path, limit=100)
        writer.write(b"after")
    assert path.read_bytes() == b"after"
    assert (tmp_path / "one.log.1").read_bytes() == b"x" * 100 + b"y"


@pytest.mark.parametrize(("code", "words"), [(-9, "SIGKILL"), (3, "exit code 3")])
def test_how_it_ended(code: int, words: str) -> None:
    assert words in ended_how(code)
