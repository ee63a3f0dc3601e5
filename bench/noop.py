"""The comparison: paho-mqtt, the usual client library, with a callback that only counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


@dataclass(frozen=True)
class NoopSettings:
    host: str
    port: int
    username: str
    topic: str
    password: str = field(default="", repr=False)


class Noop:
    """Subscribes with QoS 1 and throws away what it gets."""

    def __init__(self, settings: NoopSettings) -> None:
        self._settings = settings
        self._messages = 0

    def figures(self) -> dict[str, float]:
        return {"messages": self._messages}

    async def run(self, stop: asyncio.Event) -> None:
        settings = self._settings
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-paho")
        client.username_pw_set(settings.username, settings.password)
        client.on_connect = self._subscribe
        client.on_message = self._count
        client.connect(settings.host, settings.port)
        client.loop_start()
        await stop.wait()
        client.disconnect()
        client.loop_stop()

    def _subscribe(self, client: paho.Client, *_: object) -> None:
        client.subscribe(self._settings.topic, qos=1)

    def _count(self, *_: object) -> None:
        self._messages += 1
