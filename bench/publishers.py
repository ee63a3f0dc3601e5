"""Load: many devices, each on a connection of its own, that publish with QoS 1.

Every message is one reading of 8 values, about 150 bytes. With a `rate` they publish at that
pace together; without one each keeps `window` messages unanswered, as fast as the broker takes
them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import cast

import msgspec

from ingest import mqtt
from telemetry.topics import down, up

TICK_S = 0.004
KIND = "river-station"
RANGES = {
    "level": (0.5, 2.5),
    "salinity": (0.1, 4.0),
    "ph": (6.5, 8.0),
    "turbidity": (10.0, 90.0),
    "do": (3.0, 7.0),
    "temp": (26.0, 32.0),
    "rain": (0.0, 9.0),
    "ec": (200.0, 900.0),
}
VARIANTS = 997

_told = msgspec.json.Decoder(dict[str, int]).decode


def device_ids(count: int) -> list[str]:
    return [f"bench-{number:05d}" for number in range(count)]


@dataclass(frozen=True)
class PublishersSettings:
    """`rate` in messages a second over all clients; 0 for as many as the broker takes."""

    host: str
    port: int
    username: str
    clients: int
    rate: float
    boot: int
    password: str = field(default="", repr=False)
    window: int = 20


class Publishers:
    """The devices, and how long each reading took until it was told as stored."""

    def __init__(self, settings: PublishersSettings) -> None:
        self._settings = settings
        numbers = random.Random(7)  # noqa: S311 - the same load in every run
        self._values = [
            ",".join(
                f'"{name}":{numbers.uniform(low, high):.2f}'
                for name, (low, high) in RANGES.items()
            )
            for _ in range(VARIANTS)
        ]
        self._clients: list[_Client] = []
        self._published = 0
        self._bytes = 0
        self._latencies: deque[float] = deque(maxlen=500_000)

    def figures(self) -> dict[str, float]:
        """Counts, and the latencies since the last call."""
        latencies = sorted(self._latencies)
        self._latencies.clear()
        found: dict[str, float] = {
            "published": self._published,
            "payload_bytes": self._bytes,
            "connected": sum(client.ready for client in self._clients),
        }
        if latencies:
            found["stored_p50_ms"] = latencies[len(latencies) // 2] * 1000
            found["stored_p99_ms"] = latencies[int(len(latencies) * 0.99)] * 1000
        return found

    async def run(self, stop: asyncio.Event) -> None:
        settings = self._settings
        loop = asyncio.get_running_loop()
        for device in device_ids(settings.clients):
            _, client = await loop.create_connection(
                lambda device=device: _Client(self, settings, device),  # type: ignore[misc]
                settings.host,
                settings.port,
            )
            self._clients.append(client)
        while not stop.is_set() and not all(client.ready for client in self._clients):
            await asyncio.sleep(TICK_S)
        if settings.rate:
            await self._at_a_pace(stop)
        else:
            for client in self._clients:
                client.fill(settings.window)
            await stop.wait()
        for client in self._clients:
            client.close()

    async def _at_a_pace(self, stop: asyncio.Event) -> None:
        began = time.monotonic()
        due_before = 0
        while not stop.is_set():
            due = int((time.monotonic() - began) * self._settings.rate)
            for number in range(due_before, due):
                self._clients[number % len(self._clients)].publish()
            due_before = due
            await asyncio.sleep(TICK_S)

    def payload(self, seq: int) -> bytes:
        self._published += 1
        values = self._values[self._published % VARIANTS]
        text = (
            f'{{"ts":{time.time_ns() // 1_000_000},"seq":{seq},"boot":{self._settings.boot},'
            f'"values":{{{values}}}}}'
        )
        self._bytes += len(text)
        return text.encode()

    def took(self, seconds: float) -> None:
        self._latencies.append(seconds)


class _Client(asyncio.Protocol):
    """One device."""

    def __init__(self, load: Publishers, settings: PublishersSettings, device: str) -> None:
        self._load = load
        self._settings = settings
        self._device = device
        self._topic = up(device, "telemetry").encode()
        self._framer = mqtt.Framer()
        self._seq = 0
        self._waiting: deque[tuple[int, float]] = deque()
        self._window = 0
        self._transport: asyncio.Transport
        self.ready = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        settings = self._settings
        self._transport.write(
            mqtt.connect(
                self._device, settings.username, settings.password, keep_alive=600, clean=True
            )
            + mqtt.subscribe(1, (down(self._device, "stored"),), qos=0)
        )

    def data_received(self, data: bytes) -> None:
        acknowledged = 0
        for packet in self._framer.feed(data):
            match packet:
                case mqtt.PubAck():
                    acknowledged += 1
                case mqtt.Publish():
                    self._was_told(_told(packet.payload))
                case mqtt.SubAck():
                    self.ready = True
        if self._window:
            for _ in range(acknowledged):
                self.publish()

    def publish(self) -> None:
        seq = self._seq
        self._seq += 1
        self._waiting.append((seq, time.monotonic()))
        packet_id = seq % 65_535 + 1
        self._transport.write(mqtt.publish(self._topic, self._load.payload(seq), packet_id))

    def fill(self, window: int) -> None:
        """Keep so many messages unanswered from now on."""
        self._window = window
        for _ in range(window):
            self.publish()

    def close(self) -> None:
        self._window = 0
        self._transport.write(mqtt.DISCONNECT)
        self._transport.close()

    def _was_told(self, stored: dict[str, int]) -> None:
        if stored["boot"] != self._settings.boot:
            return
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= stored["seq"]:
            self._load.took(now - self._waiting.popleft()[1])
