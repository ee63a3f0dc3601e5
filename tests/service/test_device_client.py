"""Simulated devices against the real broker; a paho client plays the platform."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from simulators.device import Connection, Patience
from simulators.fleet import Fleet, Part
from simulators.mqtt import Link
from simulators.packets import Login
from simulators.series import Event, Row, Series
from tests.service.platform_stand_in import Platform
from tests.services import PASSWORD, RunningBroker, make_broker, wait_for

QUICK = Patience(batch_s=0.05, resend_s=0.4, reconnect_s=0.05, reconnect_max_s=0.3)
SPEED = 600.0  # a row a minute: ten rows a second


@pytest.fixture
def platform(broker: RunningBroker) -> Iterator[Platform]:
    platform = Platform(broker)
    platform.start()
    yield platform
    platform.stop()


def series(rows: int = 10_000, kind: str = "water-pressure-logger") -> Series:
    made = [Row(1_600_000_000_000 + i * 60_000, {"pressure": 3 + i / 1000}) for i in range(rows)]
    return Series(
        "test/made", kind, ("water.pressure",), made, (Event(made[1].ts, made[2].ts, "x"),)
    )


def fleet_of(broker: RunningBroker, folder: Path, *parts: Part, password: str = PASSWORD) -> Fleet:
    for part in parts:
        if part.device not in broker.users:
            broker.add_user(part.device)
    passwords = {part.device: password for part in parts}
    connection = Connection(broker.host, broker.port, passwords)
    return Fleet(list(parts), connection, folder, SPEED, patience=QUICK)


def while_it_runs(fleet: Fleet, steps: Callable[[], Awaitable[None]]) -> float:
    """Run the fleet around `steps`; how many seconds its stop took."""

    async def main() -> float:
        stop = asyncio.Event()
        running = asyncio.create_task(fleet.run(stop))
        try:
            await steps()
        finally:
            begun = time.monotonic()
            stop.set()
            await running
        return time.monotonic() - begun

    return asyncio.run(main())


async def until(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    await asyncio.to_thread(wait_for, condition, seconds, what)


def in_order(seqs: list[int]) -> bool:
    """Whether every reading came first after all those before it."""
    first = list(dict.fromkeys(seqs))
    return first == list(range(1, len(first) + 1))


def every_return_is_to_the_oldest(seqs: list[int]) -> bool:
    """Whether the order only ever goes back to what is not stored yet. Forwards there may be
    gaps: what a broker forgot before the platform was subscribed again."""
    stored, seen, previous = 0, set[int](), 0
    for seq in seqs:
        if seq <= previous and seq > stored + 1:
            return False
        seen.add(seq)
        while stored + 1 in seen:
            stored += 1
        previous = seq
    return True


def test_what_is_published_is_acknowledged_and_counted(
    broker: RunningBroker, platform: Platform, tmp_path: Path
) -> None:
    fleet = fleet_of(
        broker, tmp_path / "sim", Part("pump-1", series()), Part("pump-2", series(), first=5)
    )

    async def steps() -> None:
        await until(lambda: fleet.figures()["acknowledged"] >= 20, "twenty readings are stored")
        assert fleet.figures()["connected"] == 2
        assert platform.states["pump-1"] == {
            "online": True,
            "fw": "simulator",
            "boot": 1,
            "reset": "power",
        }
        assert await fleet.drain(10) == 0
        assert fleet.drained
        # Who reads that it is drained reads the ledger next.
        assert fleet.figures()["drained"] == 1
        sent = json.loads((tmp_path / "sim" / "sent.json").read_text())
        assert sent == fleet.ledger()

    took = while_it_runs(fleet, steps)

    assert took < 2
    assert fleet.ledger() == {d: len(set(s)) for d, s in platform.seqs.items()}
    assert json.loads((tmp_path / "sim" / "sent.json").read_text()) == fleet.ledger()
    assert fleet.figures()["acknowledged"] == fleet.figures()["sent"]
    assert all(in_order(seqs) for seqs in platform.seqs.values())
    one, two = (platform.readings["pump-1", 1, seq] for seq in (1, 2))
    assert one["values"] == {"pressure": 3.0}
    assert one["ts"] == fleet.started
    assert two["ts"] == fleet.started + 100  # a minute, 600 times faster
    wait_for(lambda: platform.states["pump-1"]["online"] is False, what="it said goodbye")
    truth = (tmp_path / "sim" / "truth.csv").read_text().splitlines()
    assert truth[0] == "device,source,event,start,end"
    assert [line.split(",")[:3] for line in truth[1:]] == [
        ["pump-1", "test/made", "x"]
    ]  # the other began behind the event


def test_without_an_answer_it_sends_again_from_its_oldest(
    broker: RunningBroker, platform: Platform, tmp_path: Path
) -> None:
    platform.answering = False
    fleet = fleet_of(broker, tmp_path / "sim", Part("meter-1", series()))

    def times_first_came() -> int:
        return platform.seqs.get("meter-1", []).count(1)

    async def steps() -> None:
        await until(lambda: times_first_came() >= 3, "the first reading came three times")
        assert fleet.figures()["acknowledged"] == 0
        assert fleet.figures()["resent"] > 0
        platform.answering = True
        assert await fleet.drain(10) == 0

    while_it_runs(fleet, steps)
    assert in_order(platform.seqs["meter-1"])
    assert fleet.ledger() == {"meter-1": len(set(platform.seqs["meter-1"]))}


def test_broker_killed_and_started_again_costs_nothing(
    broker: RunningBroker, platform: Platform, tmp_path: Path
) -> None:
    fleet = fleet_of(
        broker, tmp_path / "sim", Part("river-1", series()), Part("river-2", series())
    )

    async def more(figure: str) -> None:
        before = fleet.figures()[figure]
        await until(lambda: fleet.figures()[figure] > before, f"more is {figure}")

    async def steps() -> None:
        await more("acknowledged")
        for _ in range(2):
            platform.answering = False  # what is sent now is acknowledged by nobody …
            await more("sent")
            await asyncio.to_thread(broker.kill)  # … and the broker forgets it
            await until(lambda: fleet.figures()["connected"] == 0, "the devices see it")
            platform.answering = True
            await asyncio.to_thread(broker.start)
            await more("acknowledged")
        assert await fleet.drain(20) == 0

    while_it_runs(fleet, steps)
    for device in ("river-1", "river-2"):
        assert every_return_is_to_the_oldest(platform.seqs[device])
        assert set(platform.seqs[device]) == set(range(1, fleet.ledger()[device] + 1))
    # Readings made while the broker was away carry the times at which they were made.
    times = [platform.readings["river-1", 1, seq + 1]["ts"] for seq in range(11)]
    assert times == [fleet.started + 100 * index for index in range(11)]


def test_next_run_counts_a_boot_and_goes_on_in_the_series(
    broker: RunningBroker, platform: Platform, tmp_path: Path
) -> None:
    part = Part("tank-1", series())
    first = fleet_of(broker, tmp_path / "sim", part)

    async def some(fleet: Fleet) -> None:
        await until(lambda: fleet.figures()["acknowledged"] >= 5, "five are stored")
        await fleet.drain(10)

    while_it_runs(first, lambda: some(first))
    second = fleet_of(broker, tmp_path / "sim", part)
    while_it_runs(second, lambda: some(second))

    assert platform.boots("tank-1") == {1, 2}
    sent = first.ledger()["tank-1"]
    again = platform.readings["tank-1", 2, 1]
    assert again["values"] == {"pressure": round(3 + sent / 1000, 6)}
    assert again["ts"] == second.started


def test_unreadable_message_carries_one_reading_and_its_numbers(
    broker: RunningBroker, platform: Platform, tmp_path: Path
) -> None:
    fleet = fleet_of(broker, tmp_path / "sim", Part("bad-1", series(), misbehaves=True))

    async def steps() -> None:
        await until(lambda: platform.broken, "a broken message")

    while_it_runs(fleet, steps)
    payload = platform.broken[0]
    assert payload.count(b'"seq":') == 1
    assert b'"boot":1' in payload


def test_wrong_password_is_named_and_retried(broker: RunningBroker, tmp_path: Path) -> None:
    fleet = fleet_of(broker, tmp_path / "sim", Part("stranger-1", series()), password="wrong")

    async def steps() -> None:
        await until(fleet.errors, "the refusal")
        assert "wrong user name or password" in fleet.errors()["stranger-1"]
        assert not fleet.figures()["connected"]

    assert while_it_runs(fleet, steps) < 2
    assert fleet.ledger() == {"stranger-1": 0}


def test_vanished_device_is_reported_by_its_last_will(
    broker: RunningBroker, platform: Platform
) -> None:
    """A client that is cut off without a goodbye: the broker says so in its place."""
    broker.add_user("gone-1")
    login = Login("gone-1", PASSWORD, ("kenh/1/gone-1/up/state", b'{"online":false}'))

    async def main() -> None:
        link = await Link.open(
            broker.host, broker.port, login, lambda _message: None, lambda: None
        )
        assert "gone-1" not in platform.states
        link._abort()
        await until(lambda: platform.states.get("gone-1") == {"online": False}, "the will")

    asyncio.run(main())


def test_silent_server_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    """Something that accepts connections and says nothing, as a stopped broker does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = Connection("127.0.0.1", server.getsockname()[1], {"calm-1": "x"})
        fleet = Fleet([Part("calm-1", series())], connection, tmp_path, SPEED, patience=QUICK)

        async def steps() -> None:
            await asyncio.sleep(0.1)

        assert while_it_runs(fleet, steps) < 2


def test_many_devices_on_ipv6_alone_stop_in_order(tmp_path: Path) -> None:
    broker = make_broker(tmp_path / "broker", "::1")
    names = [f"many-{index}" for index in range(80)]
    for name in names:
        broker.add_user(name)
    broker.start()
    try:
        fleet = fleet_of(broker, tmp_path / "sim", *(Part(name, series()) for name in names))

        async def steps() -> None:
            await until(lambda: fleet.figures()["connected"] == 80, "all are connected")
            await until(lambda: all(fleet.ledger().values()), "each has sent")

        assert while_it_runs(fleet, steps) < 2
        assert fleet.figures()["connected"] == 0
    finally:
        broker.stop()
