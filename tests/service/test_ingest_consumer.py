"""The consumer and a broker that plays a script: slow, silent, refusing, talking nonsense."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop

from ingest import consumer as consumer_module
from ingest import mqtt
from ingest.backoff import Backoff
from ingest.consumer import Batch, BrokerAddress, Consumer

FILTER = "kenh/1/+/up/telemetry"
CONNECT, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 0x10, 0x40, 0x82, 0xC0, 0xE0
ACCEPTED, SUBSCRIBED = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a test's coroutine, on either event loop."""

    def live(test: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(test, 20))

    return live


class Peer:
    """A client's connection, as the broker sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def packet(self) -> tuple[int, bytes]:
        """The client's next packet: its first byte and its body."""
        first = (await self._reader.readexactly(1))[0]
        length = (await self._reader.readexactly(1))[0]
        return first, await self._reader.readexactly(length)

    async def expect(self, first: int) -> bytes:
        """The body of the next packet of this type; pings in between are answered."""
        while True:
            found, body = await self.packet()
            if found == first:
                return body
            assert found == PINGREQ
            self.send(b"\xd0\x00")

    async def let_in(self) -> bytes:
        """The usual beginning; the body of the CONNECT."""
        greeting = await self.expect(CONNECT)
        self.send(ACCEPTED)
        await self.expect(SUBSCRIBE)
        self.send(SUBSCRIBED)
        return greeting

    async def acknowledgements(self, count: int) -> list[int]:
        return [int.from_bytes(await self.expect(PUBACK), "big") for _ in range(count)]

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def until_gone(self) -> None:
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(1000):
                pass


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def broker(*scripts: Script) -> AsyncIterator[BrokerAddress]:
    """Plays one script a connection, the last one again and again."""
    played = 0
    failed: list[BaseException] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal played
        script = scripts[min(played, len(scripts) - 1)]
        played += 1
        try:
            await script(Peer(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except AssertionError as error:
            failed.append(error)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    yield BrokerAddress("127.0.0.1", server.sockets[0].getsockname()[1], "user", "word", "me")
    server.close()
    await server.wait_closed()
    if failed:
        raise failed[0]


@asynccontextmanager
async def consuming(
    address: BrokerAddress, handler: Callable[[Batch], None], keep_alive_s: int = 30
) -> AsyncIterator[Consumer]:
    stop = asyncio.Event()
    consumer = Consumer(
        address, (FILTER,), handler, keep_alive_s=keep_alive_s, backoff=Backoff(0.01, 0.02)
    )
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield consumer
    finally:
        stop.set()
        await task


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def publishes(first: int, count: int) -> bytes:
    return b"".join(
        mqtt.publish("kenh/1/dev/up/telemetry", b"%d" % n, n + 1)
        for n in range(first, first + count)
    )


Runner = Callable[[Coroutine[Any, Any, None]], None]


def test_reads_are_coalesced_and_acknowledged(run: Runner) -> None:
    batches: list[list[bytes]] = []

    def take(batch: Batch) -> None:
        batches.append([message.payload for message in batch.messages])
        batch.commit()

    async def script(peer: Peer) -> None:
        greeting = await peer.let_in()
        assert greeting.startswith(b"\x00\x04MQTT\x04\xc0")  # not a clean session
        assert greeting.endswith(b"\x00\x02me\x00\x04user\x00\x04word")
        for number in range(100):
            peer.send(publishes(number, 1))
            await asyncio.sleep(0.001)
        assert await peer.acknowledgements(100) == list(range(1, 101))
        await peer.expect(DISCONNECT)
        finished.set()

    finished = asyncio.Event()

    async def test() -> None:
        async with broker(script) as address:
            async with consuming(address, take):
                await until(lambda: sum(map(len, batches)) == 100)
            await finished.wait()

    run(test())
    assert [payload for batch in batches for payload in batch] == [b"%d" % n for n in range(100)]
    assert len(batches) < 20


def test_nothing_is_read_before_the_batch_is_committed(run: Runner) -> None:
    """That is how a full disk pushes back; the connection is kept alive meanwhile."""
    batches: list[Batch] = []
    pings = 0

    async def script(peer: Peer) -> None:
        nonlocal pings
        await peer.let_in()
        peer.send(publishes(0, 3))
        while pings < 3:
            first, _ = await peer.packet()
            assert first == PINGREQ
            pings += 1
            peer.send(publishes(3, 3) if pings == 1 else b"")
        assert len(batches) == 1
        batches[0].commit()
        assert await peer.acknowledgements(3) == [1, 2, 3]
        await until(lambda: len(batches) == 2)
        batches[1].commit()
        assert await peer.acknowledgements(3) == [4, 5, 6]
        finished.set()
        await peer.until_gone()

    finished = asyncio.Event()

    async def test() -> None:
        async with (
            broker(script) as address,
            consuming(address, batches.append, keep_alive_s=1) as consumer,
        ):
            await finished.wait()
            assert consumer.sessions == 1

    run(test())


def test_a_batch_of_a_lost_connection_is_stale(run: Runner) -> None:
    batches: list[Batch] = []

    async def lose(peer: Peer) -> None:
        await peer.let_in()
        peer.send(publishes(0, 1))
        await until(lambda: batches)

    async def again(peer: Peer) -> None:
        await peer.let_in()
        await peer.until_gone()

    async def test() -> None:
        # While reading is paused only a ping that cannot be written tells of the loss.
        async with (
            broker(lose, again) as address,
            consuming(address, batches.append, keep_alive_s=1) as consumer,
        ):
            await until(lambda: consumer.sessions == 2)
            assert batches[0].stale
            batches[0].commit()  # harmless: the broker will deliver it again
            assert consumer.connected

    run(test())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"\x20\x02\x00\x05", "refuses user 'user': not authorised"),
        (b"\x20\x02\x00\x04", "bad user name or password"),
        (b"\x20\x02\x00\x09", "return code 9"),
        (ACCEPTED + b"\x90\x03\x00\x01\x80", "refuses the subscription to kenh/1/+/up/telemetry"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "a packet that no broker sends"),  # a TLS alert
        (b"\x20\x02\x00", "the broker closed the connection"),
        (b"\x30\xff\xff\xff\x7f", "bytes; at most"),
    ],
)
def test_what_goes_wrong_is_said_and_tried_again(run: Runner, answer: bytes, words: str) -> None:
    async def refuse(peer: Peer) -> None:
        await peer.expect(CONNECT)
        peer.send(answer)
        await asyncio.sleep(0.05)

    async def accept(peer: Peer) -> None:
        await peer.let_in()
        await peer.until_gone()

    async def test() -> None:
        async with (
            broker(refuse, refuse, accept) as address,
            consuming(address, Batch.commit) as consumer,
        ):
            await until(lambda: consumer.last_error)
            assert words in consumer.last_error
            assert not consumer.connected
            assert not consumer.publish("kenh/1/dev/down/stored", b"{}")
            await until(lambda: consumer.connected)
            assert consumer.last_error == ""

    run(test())


def test_a_broker_that_says_nothing(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "ANSWER_S", 0.1)

    async def silent(peer: Peer) -> None:
        await peer.until_gone()

    async def accept(peer: Peer) -> None:
        await peer.let_in()
        await peer.until_gone()

    async def test() -> None:
        async with broker(silent, accept) as address, consuming(address, Batch.commit) as consumer:
            await until(lambda: "no answer to CONNECT" in consumer.last_error)
            await until(lambda: consumer.connected)

    run(test())


def test_a_connection_that_died_silently_is_given_up(run: Runner) -> None:
    """Half open: the broker is gone, and no packet says so."""
    lost: list[float] = []

    async def fall_silent(peer: Peer) -> None:
        await peer.let_in()
        began = asyncio.get_running_loop().time()
        await peer.until_gone()
        lost.append(asyncio.get_running_loop().time() - began)

    async def accept(peer: Peer) -> None:
        await peer.let_in()
        await peer.until_gone()

    async def test() -> None:
        async with (
            broker(fall_silent, accept) as address,
            consuming(address, Batch.commit, keep_alive_s=1) as consumer,
        ):
            await until(lambda: consumer.sessions == 2)
        assert 0.9 < lost[0] < 3

    run(test())


def test_no_broker_at_all(run: Runner) -> None:
    async def test() -> None:
        async with broker(Peer.until_gone) as address:
            pass
        async with consuming(address, Batch.commit) as consumer:
            await until(lambda: consumer.last_error)
            assert not consumer.connected
        async with consuming(
            BrokerAddress("no-such-host.invalid", 1883), Batch.commit
        ) as consumer:
            await until(lambda: consumer.last_error)

    run(test())


def test_publish(run: Runner) -> None:
    heard: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        await peer.let_in()
        heard.append(await peer.packet())

    async def test() -> None:
        async with broker(script) as address, consuming(address, Batch.commit) as consumer:
            await until(lambda: consumer.connected)
            assert consumer.publish("kenh/1/dev/down/stored", b'{"boot":1,"seq":2}')
            await until(lambda: heard)

    run(test())
    assert heard == [(0x30, b'\x00\x16kenh/1/dev/down/stored{"boot":1,"seq":2}')]


def test_the_time_between_attempts_grows_to_its_bound() -> None:
    backoff = Backoff(0.1, 1.0)
    delays = [backoff.next() for _ in range(8)]
    for delay, most in zip(delays, [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0], strict=True):
        assert most / 2 <= delay <= most
    backoff.reset()
    assert backoff.next() <= 0.1
