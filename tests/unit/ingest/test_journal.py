"""After a crash at any moment ingest knows again what it had kept, neither more nor less."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest import recovery
from ingest.admit import Clocks
from ingest.answers import Answers
from ingest.cursor import Cursor
from ingest.deadletter import DeadLetters, entries
from ingest.intake import Intake, Intaken
from ingest.journal import Journal
from ingest.ledger import ledger, read, write
from ingest.mqtt import Framer, Publish
from ingest.segments import SegmentWriter, numbers
from ingest.sequence import Tracks
from ingest.spool import Spool, SpoolReader
from tests.unit.ingest.making import NOW, Registered, home, message, sample


class Life:
    """One life of ingest's disk, from its start to its crash."""

    def __init__(self, root: Path, roll: int = 1 << 20) -> None:
        self.root = root
        self.spool = Spool(root / "spool", roll_bytes=roll, keep_bytes=0)
        self.letters = DeadLetters(root / "dead")
        tracks = recovery.recover(root / "spool", root / "dead")
        self.journal = Journal(root / "spool", self.spool, self.letters, tracks)
        self.intake = Intake(tracks, Registered(home()), Clocks())

    def receive(self, payload: object, *, dup: bool = False) -> Intaken:
        out = self.intake.sort([message(payload, dup=dup)], NOW)
        self.journal.keep(out)
        return out

    def crash(self) -> None:
        """Leave everything as it lies, without a word."""
        self.spool.close()
        self.letters.close()

    def end(self) -> None:
        self.journal.close()


def known(tracks: Tracks) -> bytes:
    """What must be the same in the next life; duplicates are counted again from the snapshot."""
    for track in dict(tracks.items()).values():
        track.duplicates = 0
    return tracks.encode()


@pytest.mark.parametrize("roll", [1 << 20, 200])
@pytest.mark.parametrize("crash", [True, False])
def test_the_next_life_knows_the_last(tmp_path: Path, roll: int, crash: bool) -> None:
    before = Life(tmp_path, roll)
    for seq in range(20):
        before.receive(sample(seq, 4, pressure=99.0 if seq % 5 == 0 else 3.0))
    before.receive(sample(ts=NOW))
    before.receive(sample(7, ts=NOW + 1))
    before.receive(b"garbage")
    before.receive(b'{"seq":25,"boot":4,')
    before.crash() if crash else before.end()
    expected = ledger(before.journal.tracks)

    after = Life(tmp_path, roll)
    assert ledger(after.journal.tracks) == expected
    assert known(after.journal.tracks) == known(before.journal.tracks)
    for seq in range(20):
        assert after.receive(sample(seq, 4)).duplicates == 1
    assert after.receive(sample(ts=NOW)).duplicates == 1
    assert after.receive(sample(7, ts=NOW + 1)).duplicates == 1
    assert after.receive(b"garbage", dup=True).duplicates == 1
    assert after.receive(b'{"seq":25,"boot":4,').duplicates == 1
    assert len(list(entries(tmp_path / "dead"))) == 6
    after.end()


def test_a_start_reads_only_what_came_after_the_snapshot(tmp_path: Path) -> None:
    first = Life(tmp_path)
    for seq in range(5):
        first.receive(sample(seq, 4))
    first.end()
    for path in (tmp_path / "spool").glob("SEGMENT-*"):
        path.unlink()  # what the snapshot knows needs no spool any more
    second = Life(tmp_path)
    assert second.receive(sample(3, 4)).duplicates == 1
    assert second.receive(sample(5, 4)).readings
    second.crash()
    third = Life(tmp_path)
    assert third.receive(sample(5, 4)).duplicates == 1
    assert ledger(third.journal.tracks)["pressure-1"].stored == 6
    third.end()


def test_an_unreadable_snapshot_means_to_read_everything(tmp_path: Path) -> None:
    first = Life(tmp_path)
    for seq in range(5):
        first.receive(sample(seq, 4))
    first.end()
    (tmp_path / "spool" / recovery.FILE).write_bytes(b"\xc1nonsense")
    second = Life(tmp_path)
    assert ledger(second.journal.tracks)["pressure-1"].stored == 5
    assert second.receive(sample(4, 4)).duplicates == 1
    second.end()


def test_segments_that_a_start_still_needs_are_kept(tmp_path: Path) -> None:
    life = Life(tmp_path, roll=100)
    for seq in range(10):
        life.receive(sample(seq, 4))
    life.journal.tidy()
    assert len(numbers(tmp_path / "spool")) == 10  # no reader has begun
    Cursor(tmp_path / "spool", "store").save(life.spool.position)
    life.journal.tidy()
    assert len(numbers(tmp_path / "spool")) == 1
    life.crash()
    after = Life(tmp_path)
    assert ledger(after.journal.tracks)["pressure-1"].stored == 10
    after.end()


class Refusing:
    """A disk that does not take the next records."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.active = True
        append = SegmentWriter.append

        def sometimes(writer: SegmentWriter, payload: bytes) -> object:
            if self.active and writer._folder == folder:
                raise OSError(28, "No space left on device")
            return append(writer, payload)

        monkeypatch.setattr(SegmentWriter, "append", sometimes)


@pytest.mark.parametrize("full", ["spool", "dead"])
def test_what_the_disk_does_not_take_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    life = Life(tmp_path)
    disk = Refusing(monkeypatch, tmp_path / full)
    out = life.intake.sort([message([sample(1, 4), sample(2, 4, pressure=99.0)])], NOW)
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            life.journal.keep(out)
    disk.active = False
    life.journal.keep(out)
    assert len(SpoolReader(tmp_path / "spool").read(None).readings) == 1  # not twice
    assert len(list(entries(tmp_path / "dead"))) == 1
    life.end()


def test_what_was_never_kept_is_not_in_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(tmp_path)
    life.receive(sample(1, 4))
    disk = Refusing(monkeypatch, tmp_path / "spool")
    with pytest.raises(OSError, match="No space"):
        life.receive(sample(2, 4))
    life.end()
    disk.active = False
    after = Life(tmp_path)
    assert len(after.receive(sample(2, 4)).readings) == 1
    after.end()


def test_a_copy_taken_in_the_middle_is_a_state_too(tmp_path: Path) -> None:
    """As after a power cut: any prefix of what was written."""
    life = Life(tmp_path / "live", roll=150)
    for seq in range(12):
        life.receive(sample(seq, 4))
        copy = tmp_path / f"copy{seq}"
        shutil.copytree(tmp_path / "live", copy)
        after = Life(copy)
        assert ledger(after.journal.tracks)["pressure-1"].stored == seq + 1
        after.end()
    life.end()


def test_answers_are_gathered_and_told_once() -> None:
    tracks = Tracks()
    intake = Intake(tracks, Registered(home(), home("pressure-2")), Clocks())
    answers = Answers()
    for seq in range(3):
        out = intake.sort([message(sample(seq, 4))], NOW)
        answers.note(out.touched.items())
    out = intake.sort([message(sample(8, ts=NOW), device="pressure-2")], NOW)
    answers.note(out.touched.items())
    assert len(answers) == 2
    assert Framer().feed(answers.packets()) == [
        Publish(b"kenh/1/pressure-1/down/stored", b'{"boot":4,"seq":2}'),
        Publish(b"kenh/1/pressure-2/down/stored", b'{"seq":8}'),
    ]
    assert len(answers) == 0
    assert answers.packets() == b""


def test_an_answer_says_what_was_on_disk_when_it_was_noted() -> None:
    intake = Intake(Tracks(), Registered(home()), Clocks())
    answers = Answers()
    answers.note(intake.sort([message(sample(1, 4))], NOW).touched.items())
    intake.sort([message(sample(2, 4))], NOW)  # sorted, not yet kept
    assert b'"seq":1}' in answers.packets()


def test_nothing_is_told_while_the_oldest_is_missing() -> None:
    intake = Intake(Tracks(), Registered(home()), Clocks())
    answers = Answers()
    answers.note(intake.sort([message(sample(5, 4, oldest=3))], NOW).touched.items())
    assert not answers


def test_the_ledger_is_written_whole_and_read_again(tmp_path: Path) -> None:
    intake = Intake(tracks := Tracks(), Registered(home()), Clocks())
    for payload in (sample(1, 4), sample(1, 4), sample(5, 4), sample(6, 4, pressure=99.0)):
        intake.sort([message(payload)], NOW)
    counts = ledger(tracks)
    one = counts["pressure-1"]
    assert (one.stored, one.duplicates, one.dead_lettered, one.missing) == (2, 1, 1, 3)
    path = tmp_path / "deep" / "ledger.json"
    write(path, counts)
    assert read(path) == counts
    assert read(tmp_path / "none.json") == {}
