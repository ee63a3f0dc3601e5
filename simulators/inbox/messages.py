"""Every message that the fakes received: an append-only file of JSON lines, read at the start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

DAY_MS = 24 * 3600 * 1000

_ALARM_LINK = re.compile(r"/alarms/([a-z2-7]{13})\b")


class Received(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message as it came in. `at` is ms since 1970.

    `taken`: the fake accepted it, else `code` says why not. `key` is what the sender calls it
    (tracking id, RequestId, idempotency key). `repeated`: this key had been taken before.
    `signature`: "valid" or "invalid" where the channel signs. `fate` is the mishap that the
    recipient brings, "" for none.
    """

    number: int
    at: int
    channel: str
    recipient: str
    text: str
    taken: bool = True
    code: str = ""
    key: str = ""
    event: str = ""
    severity: str = ""
    tenant: str = ""
    alarm: str = ""
    provider_id: str = ""
    signature: str = ""
    repeated: bool = False
    fate: str = ""
    details: dict[str, str] = {}


_decode = msgspec.json.Decoder(Received).decode


class Messages:
    """All messages, the oldest first. One process writes the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._all = list(_read(path))
        self._file = path.open("ab")
        if self._file.tell() and path.read_bytes()[-1:] != b"\n":
            self._file.write(b"\n")  # a kill cut the last line

    def __iter__(self) -> Iterator[Received]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def newest(self, limit: int) -> list[Received]:
        return self._all[: -limit - 1 : -1]

    def taken(self, channel: str = "") -> list[Received]:
        """Those that a fake accepted."""
        return [one for one in self._all if one.taken and channel in ("", one.channel)]

    def by_key(self, channel: str, key: str, since: int = 0) -> Received | None:
        """The message of this key that was taken first, at `since` or later."""
        return next(
            (one for one in self.taken(channel) if one.key == key and one.at >= since), None
        )

    def by_provider_id(self, channel: str, provider_id: str) -> Received | None:
        return next((one for one in self.taken(channel) if one.provider_id == provider_id), None)

    def add(self, one: Received) -> Received:
        """Keep it, with its number and the alarm that its link names."""
        found = _ALARM_LINK.search(one.text)
        kept = msgspec.structs.replace(
            one,
            number=len(self._all) + 1,
            alarm=one.alarm or (found.group(1) if found else ""),
        )
        self._file.write(msgspec.json.encode(kept) + b"\n")
        self._file.flush()
        self._all.append(kept)
        return kept

    def close(self) -> None:
        self._file.close()


def _read(path: Path) -> Iterator[Received]:
    if not path.exists():
        return
    for line in path.read_bytes().splitlines():
        try:
            yield _decode(line)
        except msgspec.DecodeError:
            continue  # a line that a kill cut short: nobody was answered for it
