"""Ingest on the real broker: on disk before it is acknowledged, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from app.broker import INGEST_USER
from ingest import ledger
from ingest.cursor import Cursor
from ingest.deadletter import entries
from ingest.segments import FolderInUseError
from ingest.service import Ingest
from ingest.spool import SpoolReader
from registry.store import Registry
from telemetry.errors import Reason
from tests.service.ingest_parts import (
    Device,
    Process,
    add_device,
    furnish,
    ingest_settings,
    registry_url,
    running,
    seqs,
    spooled,
)
from tests.services import RunningBroker, make_broker, wait_for


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def device_of(stack: ExitStack, broker: RunningBroker, name: str) -> Device:
    device = Device(broker, name)
    stack.callback(device.close)
    return device


def connected(part: Ingest) -> Ingest:
    wait_for(lambda: part.figures()["broker_connected"], what="ingest is connected")
    return part


def test_a_reading_is_on_disk_when_its_device_is_told(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1")
    ingest = Ingest(ingest_settings(tmp_path, broker))
    stack.enter_context(running(ingest))
    connected(ingest)
    device = device_of(stack, broker, "pressure-1")
    device.patience_s = 20.0  # a busy machine must not make duplicates here
    on_disk: list[tuple[int, int]] = []
    told = device._on_message

    def compare(*arguments: object) -> None:
        stored = max(seqs(spooled(tmp_path), "pressure-1"), default=-1)
        told(*arguments)  # type: ignore[arg-type]
        on_disk.append((device.told[-1][1], stored))

    device._client.on_message = compare
    for _ in range(5):
        device.measure(20)
        wait_for(device.is_done, what="everything is stored")
    assert seqs(spooled(tmp_path), "pressure-1") == list(range(100))
    assert on_disk
    assert all(said <= there for said, there in on_disk)
    figures = ingest.figures()
    assert figures["readings"] == 100
    assert figures["stored_published"] >= 5
    assert figures["dead_lettered"] == figures["duplicates"] == 0
    wait_for(
        lambda: (
            ledger.read(tmp_path / "ledger.json").get("pressure-1")
            == ledger.Counts(stored=100, duplicates=0, dead_lettered=0, missing=0)
        ),
        what="the ledger is written",
    )


def test_the_garbage_of_one_device_stops_no_other(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1", "pressure-2")
    ingest = Ingest(ingest_settings(tmp_path, broker))
    stack.enter_context(running(ingest))
    bad, good = (device_of(stack, broker, name) for name in ("pressure-1", "pressure-2"))
    garbage = [b"", b"\x00\xff", b"[", b'{"values":', b"[[[[", b'{"presure":1}', b"x" * 200_000]
    for payload in garbage * 3:
        bad.publish(payload)
        good.measure(5)
    bad.measure(1, pressure=99.0)
    wait_for(good.is_done, what="the good device's readings are stored")
    wait_for(bad.is_done, what="a refused reading is settled too")
    assert seqs(spooled(tmp_path), "pressure-2") == list(range(105))
    assert seqs(spooled(tmp_path), "pressure-1") == []
    letters = list(entries(tmp_path / "deadletter" / "ingest"))
    assert len(letters) == 22
    assert {letter.device for letter in letters} == {"pressure-1"}
    assert letters[-1].reason is Reason.OUT_OF_RANGE
    assert [letter.payload for letter in letters[:7]] == garbage


def test_a_device_added_a_moment_ago_is_no_stranger(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1")
    ingest = Ingest(ingest_settings(tmp_path, broker))
    stack.enter_context(running(ingest))
    connected(ingest)
    with Registry(registry_url(tmp_path)) as registry:
        for name in ("pressure-2", "pressure-3"):
            add_device(registry, broker, "acme", name)
            device = device_of(stack, broker, name)
            device.measure(3)
            wait_for(device.is_done, 2.0, what="its first readings are stored")
    assert ingest.figures()["dead_lettered"] == 0
    assert len(spooled(tmp_path)) == 6


def test_a_stranger_is_dead_lettered_and_told_so(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1")
    broker.add_user("stranger")
    stack.enter_context(running(Ingest(ingest_settings(tmp_path, broker))))
    stranger = device_of(stack, broker, "stranger")
    stranger.measure(3)
    wait_for(stranger.is_done)
    letters = list(entries(tmp_path / "deadletter" / "ingest"))
    assert [(one.reason, one.seq) for one in letters] == [
        (Reason.UNKNOWN_DEVICE, seq) for seq in range(3)
    ]


def test_the_broker_is_killed_in_the_middle(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    """It loses what it had acknowledged, and ingest's session: `down/stored` covers both."""
    furnish(tmp_path, broker, "acme", "pressure-1", "pressure-2")
    ingest = Ingest(ingest_settings(tmp_path, broker))
    stack.enter_context(running(ingest))
    devices = [device_of(stack, broker, name) for name in ("pressure-1", "pressure-2")]
    connected(ingest)
    for device in devices:
        device.measure(200)
    wait_for(lambda: spooled(tmp_path), what="the first readings are stored")
    broker.kill()
    for device in devices:
        device.measure(100)
    broker.start()
    for device in devices:
        device.measure(100)
    for device in devices:
        wait_for(device.is_done, 30, "everything is stored")
        assert sorted(seqs(spooled(tmp_path), device.device)) == list(range(400))
    counts = ingest.ledger()["pressure-1"]
    assert (counts.stored, counts.dead_lettered, counts.missing) == (400, 0, 0)


def test_ingest_is_killed_in_the_middle(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1")
    ingest = Process(ingest_settings(tmp_path, broker, segment_bytes=20_000))
    stack.callback(ingest.kill)
    device = device_of(stack, broker, "pressure-1")
    ingest.start()
    for _ in range(4):
        before = len(spooled(tmp_path))
        device.measure(150)
        device.measure(10, pressure=99.0)
        device.wait_until(partial(lambda n: len(spooled(tmp_path)) > n, before + 20))
        ingest.kill()
        device.measure(50)
        ingest.start()
    wait_for(device.is_done, 30, "everything is stored")
    assert ingest.stop() == 0
    found = seqs(spooled(tmp_path), "pressure-1")
    letters = [one.seq for one in entries(tmp_path / "deadletter" / "ingest")]
    assert len(letters) == len(set(letters)) == 40
    assert len(found) == len(set(found)) == 800
    assert {*found, *letters} == set(range(840))
    counts = ledger.read(tmp_path / "ledger.json")["pressure-1"]
    assert (counts.stored, counts.dead_lettered, counts.missing) == (800, 40, 0)


def test_a_full_spool_pushes_back_and_drops_nothing(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1")
    settings = ingest_settings(
        tmp_path, broker, segment_bytes=2_000, spool_keep_bytes=0, spool_max_bytes=20_000
    )
    ingest = Ingest(settings)
    stack.enter_context(running(ingest))
    device = device_of(stack, broker, "pressure-1")
    for _ in range(20):
        device.measure(50)
        before = device.acknowledged
        wait_for(lambda: device.acknowledged > before)  # noqa: B023 - awaited in this turn
    wait_for(lambda: ingest.figures()["disk_refusals"] >= 2, what="the spool is full")
    assert "the spool holds" in ingest.last_error
    assert ingest.figures()["spooled_bytes"] < 40_000
    assert device.kept
    reader = SpoolReader(tmp_path / "spool")
    stack.callback(reader.close)
    found: list[int] = []
    position = None

    def read_on() -> bool:
        """As the store does: whatever is there is dealt with."""
        nonlocal position
        readings, position = reader.read(position)
        found.extend(seqs(readings, "pressure-1"))
        Cursor(tmp_path / "spool", "store").save(position)
        return len(found) >= 1000

    device.wait_until(read_on)
    wait_for(device.is_done)
    assert found == list(range(1000))
    assert ingest.last_error == ""
    assert ingest.figures()["broker_sessions"] == 1


def test_on_ipv6_alone(tmp_path: Path, stack: ExitStack) -> None:
    broker = make_broker(tmp_path / "broker", "::1")
    broker.start()
    stack.callback(broker.stop)
    furnish(tmp_path, broker, "acme", "pressure-1")
    stack.enter_context(running(Ingest(ingest_settings(tmp_path, broker))))
    device = device_of(stack, broker, "pressure-1")
    device.measure(10)
    wait_for(device.is_done)
    assert seqs(spooled(tmp_path), "pressure-1") == list(range(10))


def test_a_wrong_password_is_said_clearly_and_tried_again(
    tmp_path: Path, broker: RunningBroker, stack: ExitStack
) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1")
    broker.add_user(INGEST_USER, "another password")
    ingest = Ingest(ingest_settings(tmp_path, broker))
    stack.enter_context(running(ingest))
    wait_for(lambda: "refuses user 'kenh-ingest'" in ingest.last_error, what="the refusal")
    assert "not authorised" in ingest.last_error
    assert ingest.figures()["ready"] == 0
    broker.add_user(INGEST_USER)
    wait_for(lambda: ingest.figures()["ready"] == 1, 15, "it gets in")


def test_one_ingest_a_spool(tmp_path: Path, broker: RunningBroker, stack: ExitStack) -> None:
    furnish(tmp_path, broker, "acme", "pressure-1")
    ingest = Ingest(ingest_settings(tmp_path, broker))
    stack.enter_context(running(ingest))
    with pytest.raises(FolderInUseError, match="another process writes it"):
        Ingest(ingest_settings(tmp_path, broker))
