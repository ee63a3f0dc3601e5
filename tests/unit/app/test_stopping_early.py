"""A stop while everything starts ends the start."""

from __future__ import annotations

import asyncio

import pytest

from app.errors import StoppedEarly
from app.signals import unless_stopped


async def _answer() -> int:
    return 42


def test_the_work_is_done_where_nobody_stops_it() -> None:
    async def steps() -> int:
        return await unless_stopped(asyncio.Event(), _answer())

    assert asyncio.run(steps()) == 42


def test_a_fault_of_the_work_comes_through() -> None:
    async def fails() -> None:
        raise ValueError("broken")

    async def steps() -> None:
        await unless_stopped(asyncio.Event(), fails())

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(steps())


def test_a_stop_cancels_the_work() -> None:
    cancelled = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def steps() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_soon(stop.set)
        await unless_stopped(stop, waits())

    with pytest.raises(StoppedEarly):
        asyncio.run(steps())
    assert cancelled == [True]
