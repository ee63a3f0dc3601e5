"""A paho client that plays the platform for devices under test."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from app.broker import INGEST_USER
from tests.services import PASSWORD, RunningBroker, wait_for


@dataclass
class Platform:
    """Answers `down/stored` as ingest does, and keeps all that arrives, in order."""

    broker: RunningBroker
    answering: bool = True
    seqs: dict[str, list[int]] = field(default_factory=dict)
    readings: dict[tuple[str, int, int], dict[str, object]] = field(default_factory=dict)
    states: dict[str, dict[str, object]] = field(default_factory=dict)
    broken: list[bytes] = field(default_factory=list)
    subscribed: bool = False
    _client: paho.Client | None = None

    def start(self) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=INGEST_USER)
        client.username_pw_set(INGEST_USER, PASSWORD)
        client.on_connect = lambda *_: client.subscribe("kenh/1/+/up/#", 1) and None
        client.on_subscribe = lambda *_: setattr(self, "subscribed", True)
        client.on_message = self._take
        client.reconnect_delay_set(1, 1)
        client.connect(self.broker.host, self.broker.port)
        client.loop_start()
        self._client = client
        wait_for(lambda: self.subscribed, what="the platform is subscribed")

    def stop(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def boots(self, device: str) -> set[int]:
        return {boot for name, boot, _ in self.readings if name == device}

    def _take(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        device, channel = message.topic.split("/")[2], message.topic.split("/")[4]
        if channel == "state":
            self.states[device] = json.loads(message.payload)
            return
        try:
            readings = json.loads(message.payload)
        except ValueError:
            self.broken.append(bytes(message.payload))
            return
        for reading in readings:
            self.seqs.setdefault(device, []).append(reading["seq"])
            self.readings[device, reading["boot"], reading["seq"]] = reading
        if self.answering:
            boot = readings[-1]["boot"]
            stored = json.dumps({"boot": boot, "seq": self._contiguous(device, boot)})
            client.publish(f"kenh/1/{device}/down/stored", stored, 1)

    def _contiguous(self, device: str, boot: int) -> int:
        seq = 0
        while (device, boot, seq + 1) in self.readings:
            seq += 1
        return seq
