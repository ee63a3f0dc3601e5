"""All that ingest has on disk: the spool, the dead letters, and the tracks of what is in them."""

from __future__ import annotations

from pathlib import Path

import structlog

from ingest import recovery
from ingest.deadletter import DeadLetters
from ingest.intake import Intaken
from ingest.segments import Position
from ingest.sequence import Tracks
from ingest.spool import Spool

log = structlog.get_logger("ingest")


class Journal:
    """Keeps what batches have become; after a crash it knows again what it had kept."""

    def __init__(self, folder: Path, spool: Spool, letters: DeadLetters, tracks: Tracks) -> None:
        """`folder` is the spool's; `tracks` those that `recovery.recover` found before."""
        self._folder = folder
        self._spool = spool
        self._letters = letters
        self.tracks = tracks
        self._needed = 0
        self._kept_whole = True
        self._save_tracks()

    @property
    def bytes(self) -> int:
        """Bytes of the spool."""
        return self._spool.bytes

    @property
    def letters_removed(self) -> int:
        return self._letters.removed

    def keep(self, intaken: Intaken) -> None:
        """Put readings and dead letters on disk: both are there when this returns.

        Raises `OSError` or `SpoolFullError`. The same call must then be tried again, before any
        other: the tracks count these readings already.
        """
        before = self._places()
        self._kept_whole = False
        if intaken.readings and not intaken.spooled:
            self._spool.append(intaken.readings)
            intaken.spooled = True
        if intaken.letters:
            self._letters.append(intaken.letters)
        self._kept_whole = True
        if any(
            old.segment != new.segment for old, new in zip(before, self._places(), strict=True)
        ):
            self._save_tracks()

    def tidy(self) -> None:
        """Remove what nobody needs any more. Raises `OSError`; it may be called again."""
        self._spool.retain(self._needed)
        self._letters.shrink()

    def close(self) -> None:
        """Close all; the next start is quick, unless something could not be kept."""
        if self._kept_whole:
            self._save_tracks()
        self._spool.close()
        self._letters.close()

    def _places(self) -> tuple[Position, Position]:
        return self._spool.position, self._letters.position

    def _save_tracks(self) -> None:
        at, dead = self._places()
        try:
            recovery.save(self._folder, self.tracks, at, dead)
        except OSError as error:  # the next start reads more of the spool, no more
            log.warning("no snapshot of the sequence numbers", why=str(error))
        else:
            self._needed = at.segment
