"""The ledger after a crash: what leaves no trace in the spool is not forgotten."""

from __future__ import annotations

from pathlib import Path

from ingest import ledger
from ingest.ledger import Counts
from ingest.sequence import Tracks


def test_duplicates_survive_a_crash_as_they_were_last_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    ledger.write(path, {"pump-1": Counts(9, 7, 1, 0), "pump-2": Counts(1, 0, 0, 0)})
    tracks = Tracks()
    tracks.of("pump-1").duplicates = 3  # as of the last snapshot
    tracks.of("pump-2").duplicates = 2
    ledger.recount(tracks, ledger.read(path))
    assert tracks.of("pump-1").duplicates == 7
    assert tracks.of("pump-2").duplicates == 2


def test_no_ledger_was_written_yet(tmp_path: Path) -> None:
    tracks = Tracks()
    ledger.recount(tracks, ledger.read(tmp_path / "none.json"))
    assert dict(tracks.items()) == {}
