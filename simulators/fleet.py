"""Many devices in one process: started gently, counted, drained and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from simulators.device import Connection, Device, Patience, wall_clock
from simulators.keeping import keep
from simulators.misbehaving import Misbehaving
from simulators.replay import DEFAULT_SPEED, Replay, Source
from simulators.series import Series
from telemetry.errors import KenhError

KEEP_SECONDS = 1.0
LEAVE_SECONDS = 1.5
"""For goodbyes; a client that still waits for its broker then is cut off."""

STAGGER_SECONDS = 0.01
"""Between the first connections of two devices: a fleet is no connection storm."""


@dataclass(frozen=True)
class Part:
    """One device's part in a fleet: what it replays, from which row on."""

    device: str
    series: Series
    first: int = 0
    why: str = ""
    misbehaves: bool = False


class Place(msgspec.Struct):
    """What a device's flash would remember over a power cut, and how far its series is played."""

    boot: int = 0
    source: str = ""
    position: int = 0


class Fleet:
    """The simulated devices.

    Owns three files in `state_folder`: `sent.json`, readings sent by each device in this run;
    `simulators.json`, boots and places in the series; `truth.csv`, the labelled events as they
    are met. With `resume`, a device goes on where its series was at the last stop.
    """

    def __init__(
        self,
        plan: Sequence[Part],
        connection: Connection,
        state_folder: Path,
        speed: float = DEFAULT_SPEED,
        *,
        patience: Patience | None = None,
        resume: bool = True,
        laps: int | None = None,
    ) -> None:
        self._plan = plan
        self._connection = connection
        self._folder = state_folder
        self._speed = speed
        self._patience = patience or Patience()
        self._resume = resume
        self._laps = laps
        self._places: dict[str, Place] = {}
        self._devices: dict[str, Device] = {}
        self._booked: dict[str, int] = {}  # the ledger as it stands in `sent.json`
        self.started = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Replay until `stop` is set; all clients leave in order, within two seconds."""
        self._begin(wall_clock())
        ended = asyncio.Event()
        bookkeeping = asyncio.create_task(self._keep_books(ended), name="bookkeeping")
        clients = [
            asyncio.create_task(self._start_later(index, device, stop), name=device.device)
            for index, device in enumerate(self._devices.values())
        ]
        try:
            await stop.wait()
            for device in self._devices.values():
                device.wake()
            await asyncio.wait(clients, timeout=LEAVE_SECONDS)
        finally:
            for client in clients:
                client.cancel()
            ended.set()
            await asyncio.gather(bookkeeping, *clients, return_exceptions=True)
            self._write_books()

    async def drain(self, seconds: float) -> int:
        """Make no more readings, and wait until every one is acknowledged, at most `seconds`.

        Returns how many still wait for their `down/stored`.
        """
        for device in self._devices.values():
            device.stop_producing()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.drained:
                    await asyncio.sleep(0.05)
        self._write_books()
        return self.waiting

    @property
    def drained(self) -> bool:
        """Whether no reading is made any more and all of them are acknowledged."""
        return bool(self._devices) and all(one.drained for one in self._devices.values())

    @property
    def waiting(self) -> int:
        """Readings that are made and not yet acknowledged as stored."""
        return sum(device.outbox.waiting for device in self._devices.values())

    def ledger(self) -> dict[str, int]:
        """Distinct readings that each device sent in this run, an unreadable message as one."""
        return {name: device.outbox.sent for name, device in self._devices.items()}

    def figures(self) -> dict[str, float]:
        devices = self._devices.values()
        return {
            "devices": float(len(self._plan)),
            "connected": float(sum(device.connected for device in devices)),
            "sent": float(sum(device.outbox.sent for device in devices)),
            "acknowledged": float(sum(device.outbox.acknowledged for device in devices)),
            "resent": float(sum(device.outbox.resent for device in devices)),
            "dropped": float(sum(device.outbox.dropped for device in devices)),
            "waiting": float(self.waiting),
            "out_of_range": float(sum(device.out_of_range for device in devices)),
            # Whoever reads this reads `sent.json` next.
            "drained": float(self.drained and self._booked == self.ledger()),
        }

    def errors(self) -> dict[str, str]:
        """Why devices are not connected now."""
        return {one.device: one.last_error for one in self._devices.values() if one.last_error}

    # ----------------------------------------------------------------------------------------

    def _begin(self, now: int) -> None:
        """Make the devices, each with a boot of its own that is on disk before it is used."""
        self.started = now
        self._places = self._read_places()
        for part in self._plan:
            place = self._places.setdefault(part.device, Place())
            goes_on = self._resume and place.source == part.series.source
            first = place.position if goes_on else part.first
            place.boot, place.source, place.position = place.boot + 1, part.series.source, first
            source: Source = Replay(part.series, first, self._speed, now, self._laps)
            if part.misbehaves:
                source = Misbehaving(source, f"{part.device}/{place.boot}")
            self._devices[part.device] = Device(
                part.device,
                part.series.kind,
                place.boot,
                source,
                self._connection,
                self._patience,
            )
        self._write_books(durable=True)

    async def _start_later(self, index: int, device: Device, stop: asyncio.Event) -> None:
        await asyncio.sleep(index * STAGGER_SECONDS)
        await device.run(stop)

    async def _keep_books(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            self._write_books()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEEP_SECONDS):
                    await ended.wait()

    def _write_books(self, *, durable: bool = False) -> None:
        for name, device in self._devices.items():
            self._places[name].position = device.source.position
        places = msgspec.json.encode(self._places)
        keep(self._folder / "simulators.json", places, durable=durable)
        self._booked = self.ledger()
        keep(self._folder / "sent.json", msgspec.json.encode(self._booked))
        self._write_truth()

    def _write_truth(self) -> None:
        """Append the labelled events that were met since the last time."""
        lines = [
            (part.device, part.series.source, met.kind, _rfc3339(met.start), _rfc3339(met.end))
            for part in self._plan
            for met in self._devices[part.device].source.met()
        ]
        path = self._folder / "truth.csv"
        fresh = not path.exists()
        if not lines and not fresh:
            return
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if fresh:
                writer.writerow(("device", "source", "event", "start", "end"))
            writer.writerows(lines)

    def _read_places(self) -> dict[str, Place]:
        """The places of the last run. A boot that came twice would make new readings pass for
        repeated ones, so a file that cannot be read stops the fleet."""
        path = self._folder / "simulators.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Place])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise KenhError(
                f"{path}: not the simulators' own ({error}): start with a new state (--state)"
            ) from error


def _rfc3339(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
