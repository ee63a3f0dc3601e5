"""What is stored of each device: which sequence numbers, and so what is a duplicate. Pure.

Invariant 2: a reading is stored once, however often it is delivered. Its identity is (device,
boot, seq). Without a boot count a sequence number that comes again may be a restarted device as
well as a repeated reading, so there the time decides; and where a device sends no sequence at
all, the identity is its time and the names of its values (devices that send one quantity a
message send several with one time).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec

from telemetry.model import NO_SEQ

MAX_BOOTS = 4
"""Boots remembered of a device: the present one, and late repeats of those before it."""

MAX_EDGES = 2 * 32
"""Edges of a window: 32 separate runs of sequence numbers."""

MAX_STAMPS = 256
MAX_PRINTS = 16

NS_IN_MS = 1_000_000

if TYPE_CHECKING:
    Stamps = array[int]
else:
    Stamps = array  # msgspec reads annotations, and Python 3.11's arrays take no parameter


class Window(msgspec.Struct, array_like=True, gc=False):
    """The sequence numbers of one boot that are on disk.

    `edges` are the sorted ends of its runs, each run from an even place up to, not including,
    the next: `[3, 7, 9, 10]` has 3, 4, 5, 6 and 9. `anchor` is where "all up to" begins: the
    first number seen, or the oldest that the device said it still keeps.
    """

    boot: int
    anchor: int
    edges: list[int]

    def take(self, seq: int) -> bool:
        """Add `seq`; False where it was there."""
        edges = self.edges
        if edges[-1] == seq:  # the next one in order: nearly always
            edges[-1] = seq + 1
            return True
        place = bisect_right(edges, seq)
        if place & 1:
            return False
        joins_lower = place > 0 and edges[place - 1] == seq
        joins_upper = place < len(edges) and edges[place] == seq + 1
        if joins_lower and joins_upper:
            del edges[place - 1 : place + 1]
        elif joins_lower:
            edges[place - 1] = seq + 1
        elif joins_upper:
            edges[place] = seq
        else:
            edges[place:place] = (seq, seq + 1)
            if len(edges) > MAX_EDGES:
                self._forget_one()
        return True

    def has(self, seq: int) -> bool:
        return bisect_right(self.edges, seq) & 1 == 1

    def stored_up_to(self) -> int | None:
        """The last number up to which, from the anchor on, all are there; None where none is."""
        place = bisect_right(self.edges, self.anchor)
        return self.edges[place] - 1 if place & 1 else None

    def missing(self) -> int:
        """Numbers between the first and the last that are not there."""
        edges = self.edges
        held = sum(edges[1::2]) - sum(edges[0::2])
        return edges[-1] - min(edges[0], self.anchor) - held

    def _forget_one(self) -> None:
        """Forget the lowest run, but not the anchor's: what is forgotten may be stored twice,
        which the store's time stamps make harmless; what is never claimed is never lost."""
        first = 2 if bisect_right(self.edges, self.anchor) == 1 else 0
        del self.edges[first : first + 2]


class Track(msgspec.Struct, array_like=True, gc=False):
    """All that is remembered of one device, and its part of the ledger.

    `windows`: the boot used last stands last. `stamps`: sorted identities of readings that have
    time for an identity. `prints`: of what was dead-lettered and has no identity at all.
    """

    windows: list[Window] = []
    stamps: Stamps | None = None
    prints: list[int] = []
    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    missed: int = 0

    def take(self, boot: int, seq: int, oldest: int | None = None) -> bool:
        """Add a reading; False where it is a duplicate. `oldest` is the device's own hint."""
        windows = self.windows
        if windows and windows[-1].boot == boot:
            window = windows[-1]
        else:
            found = self._use(boot)
            if found is None:
                self._begin(Window(boot, seq if oldest is None else oldest, [seq, seq + 1]))
                return True
            window = found
        if oldest is not None:
            window.anchor = oldest
        return window.take(seq)

    def take_refused(self, boot: int, seq: int) -> None:
        """Add a dead letter that is found again at a start, perhaps behind what came after it."""
        self.take(boot, seq)
        window = self.windows[-1]
        window.anchor = min(window.anchor, seq)

    def take_without_boot(self, seq: int, stamp: int | None) -> bool:
        """Add a reading of a device that counts no boots; False where it is a duplicate.

        `stamp` is its identity in time; None where it came without a time. A number that came
        before, at another time, is that of a device that has started anew.
        """
        if stamp is not None and not self.take_stamp(stamp):
            return False
        window = self._use(NO_SEQ)
        if window is None:
            self._begin(Window(NO_SEQ, seq, [seq, seq + 1]))
        elif seq < window.edges[-1]:
            self.missed += window.missing()
            window.anchor, window.edges = seq, [seq, seq + 1]
        else:
            window.take(seq)
        return True

    def take_stamp(self, stamp: int) -> bool:
        """Add an identity in time; False where it is among the last that were seen."""
        stamps = self.stamps
        if stamps is None:
            self.stamps = array("q", (stamp,))
        elif stamp > stamps[-1]:
            stamps.append(stamp)
        else:
            place = bisect_left(stamps, stamp)
            if stamps[place] == stamp:
                return False
            stamps.insert(place, stamp)
        if stamps is not None and len(stamps) > 2 * MAX_STAMPS:
            del stamps[:MAX_STAMPS]
        return True

    def shares_millisecond(self, stamp: int) -> bool:
        """Whether another reading stands in the millisecond of this stamp."""
        stamps = self.stamps
        if stamps is None:
            return False
        begin = stamp - stamp % NS_IN_MS
        return bisect_left(stamps, begin + NS_IN_MS) - bisect_left(stamps, begin) > 1

    def take_print(self, payload: bytes) -> bool:
        """Remember a refused payload; False where it is among the last refused ones."""
        mark = crc32(payload) << 32 | len(payload)
        if mark in self.prints:
            return False
        self.prints.append(mark)
        del self.prints[:-MAX_PRINTS]
        return True

    def stored_up_to(self, boot: int) -> int | None:
        """All of this boot up to here is on disk; None where that cannot be said."""
        for window in self.windows:
            if window.boot == boot:
                return window.stored_up_to()
        return None

    def missing(self) -> int:
        """Readings that were counted by their device and have not arrived."""
        return self.missed + sum(window.missing() for window in self.windows)

    def _use(self, boot: int) -> Window | None:
        """The window of a boot, which becomes the one used last."""
        windows = self.windows
        for place, window in enumerate(windows):
            if window.boot == boot:
                windows.append(windows.pop(place))
                return window
        return None

    def _begin(self, window: Window) -> None:
        self.windows.append(window)
        if len(self.windows) > MAX_BOOTS:
            self.missed += self.windows.pop(0).missing()


def stamp_of(ts: int, seq: int) -> int:
    """The identity in time of a reading with a sequence number: its time stamp in InfluxDB."""
    return ts * NS_IN_MS + seq % NS_IN_MS


def stamp_of_names(ts: int, names: Iterable[str]) -> int:
    """The identity in time of a reading without a sequence number."""
    return ts * NS_IN_MS + crc32(",".join(names).encode()) % NS_IN_MS


class Tracks:
    """The tracks of all devices."""

    def __init__(self, tracks: dict[str, Track] | None = None) -> None:
        self._tracks = {} if tracks is None else tracks

    def of(self, device: str) -> Track:
        """The track of a device, new where there is none."""
        track = self._tracks.get(device)
        if track is None:
            track = self._tracks[device] = Track()
        return track

    def items(self) -> Iterable[tuple[str, Track]]:
        return self._tracks.items()

    def encode(self) -> bytes:
        return _encode(self._tracks)

    @classmethod
    def decode(cls, data: bytes) -> Tracks:
        """The tracks that `encode` wrote. Raises `msgspec.DecodeError`."""
        return cls(_decode(data))


def _to_bytes(stamps: Any) -> bytes:
    return array("q", stamps).tobytes()


def _from_bytes(_wanted: type, data: Any) -> Stamps:
    stamps = array("q")
    stamps.frombytes(data)
    return stamps


_encode = msgspec.msgpack.Encoder(enc_hook=_to_bytes).encode
_decode = msgspec.msgpack.Decoder(dict[str, Track], dec_hook=_from_bytes).decode
