"""`down/stored`: tells devices up to where their readings are on disk, gathered for a moment."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ingest import mqtt
from ingest.sequence import Track
from telemetry.model import NO_SEQ
from telemetry.topics import down


class Answers:
    """What is to be told, the last word for each device and boot.

    The numbers are taken when the readings are on disk, not when the answer goes out: meanwhile
    a track may already hold what is not on disk yet.
    """

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, touched: Iterable[tuple[tuple[str, int], Track]]) -> None:
        """Take in the progress of devices whose readings are now on disk."""
        for key, track in touched:
            seq = track.stored_up_to(key[1])
            if seq is not None:
                self._waiting[key] = seq

    def packets(self) -> bytes:
        """All answers as PUBLISH packets; nothing waits any more then."""
        packets = b"".join(
            mqtt.publish(_topic(device), _payload(boot, seq))
            for (device, boot), seq in self._waiting.items()
        )
        self._waiting.clear()
        return packets


@lru_cache(maxsize=200_000)
def _topic(device: str) -> bytes:
    return down(device, "stored").encode()


def _payload(boot: int, seq: int) -> bytes:
    if boot == NO_SEQ:
        return b'{"seq":%d}' % seq
    return b'{"boot":%d,"seq":%d}' % (boot, seq)
