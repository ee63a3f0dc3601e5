"""Every message becomes readings, dead letters or duplicates; no message stops another."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admit import Clocks
from ingest.deadletter import DeadLetter
from ingest.intake import Intake, Intaken
from ingest.line import line
from ingest.mqtt import Publish
from ingest.sequence import Tracks
from telemetry.errors import Reason
from telemetry.model import NO_SEQ
from tests.unit.ingest.making import NOW, Registered, home, message, sample


class Desk:
    """An intake with one known device, and what it has seen."""

    def __init__(self, *devices: str) -> None:
        self.tracks = Tracks()
        self.homes = Registered(*(home(device) for device in devices or ("pressure-1",)))
        self.intake = Intake(self.tracks, self.homes, Clocks())

    def take(self, *messages: Publish, now: int = NOW) -> Intaken:
        return self.intake.sort(messages, now)


def reasons(letters: list[DeadLetter]) -> list[Reason]:
    return [letter.reason for letter in letters]


def test_readings_of_one_message() -> None:
    out = Desk().take(message([sample(1, 4, NOW), sample(2, 4, NOW + 1)]))
    assert [(one.seq, one.boot, one.ts) for one in out.readings] == [(1, 4, NOW), (2, 4, NOW + 1)]
    assert not out.letters
    assert list(out.touched) == [("pressure-1", 4)]


def test_a_delivery_that_comes_again_is_a_duplicate() -> None:
    desk = Desk()
    desk.take(message(sample(1, 4)))
    again = desk.take(message(sample(1, 4), dup=True))
    assert (again.readings, again.letters, again.duplicates) == ([], [], 1)
    assert ("pressure-1", 4) in again.touched  # so that its device is told again
    assert desk.tracks.of("pressure-1").duplicates == 1


def test_a_refused_reading_does_not_cost_its_neighbours() -> None:
    bad = sample(2, 4, pressure=99.0)
    out = Desk().take(message([sample(1, 4), bad, sample(3, 4)]))
    assert [one.seq for one in out.readings] == [1, 3]
    (letter,) = out.letters
    assert letter.reason is Reason.OUT_OF_RANGE
    assert letter.payload == b'{"values":{"pressure":99.0},"seq":2,"boot":4}'
    assert (letter.seq, letter.boot, letter.device) == (2, 4, "pressure-1")
    (track,) = out.touched.values()
    assert track.stored_up_to(4) == 3  # a dead letter is durable too


def test_a_reading_that_cannot_be_read_among_others() -> None:
    good, bad = b'{"values":{"pressure":1},"seq":1,"boot":4}', b'{"pressure":"x","seq":2,"boot":4}'
    out = Desk().take(message(b"[" + good + b", " + bad + b"]"))
    assert [one.seq for one in out.readings] == [1]
    assert reasons(out.letters) == [Reason.NOT_A_NUMBER]
    assert out.letters[0].payload == bad


def test_a_refused_reading_is_dead_lettered_once() -> None:
    desk = Desk()
    bad = message(sample(2, 4, pressure=99.0))
    assert len(desk.take(bad).letters) == 1
    assert desk.take(bad).letters == []
    assert desk.tracks.of("pressure-1").dead_lettered == 1


def test_broken_bytes_keep_their_salvaged_number() -> None:
    desk = Desk()
    broken = message(b'{"seq":7,"boot":4,"values":{"pressure":3.')
    out = desk.take(broken)
    assert reasons(out.letters) == [Reason.UNDECODABLE]
    assert (out.letters[0].seq, out.letters[0].boot) == (7, 4)
    assert out.letters[0].payload == broken.payload
    assert desk.take(broken).letters == []
    assert desk.tracks.of("pressure-1").stored_up_to(4) == 7


@pytest.mark.parametrize(("dup", "retain"), [(True, False), (False, True)])
def test_only_what_the_broker_marks_can_repeat_nameless_garbage(dup: bool, retain: bool) -> None:
    desk = Desk()
    marked = message(b"garbage", dup=dup, retain=retain)
    assert len(desk.take(marked).letters) == 1  # perhaps the first that we see of it
    assert len(desk.take(message(b"garbage")).letters) == 1  # the device sent it again
    again = desk.take(marked)
    assert (again.letters, again.duplicates) == ([], 1)


def test_refused_readings_without_a_number_repeat_likewise() -> None:
    desk = Desk()
    two = [sample(pressure=99.0), sample(presure=1.0)]
    assert len(desk.take(message(two)).letters) == 2
    assert len(desk.take(message(two, dup=True)).letters) == 0
    assert len(desk.take(message(two)).letters) == 2


def test_without_a_sequence_the_time_is_the_identity() -> None:
    desk = Desk()
    assert len(desk.take(message(sample(ts=NOW))).readings) == 1
    assert desk.take(message(sample(ts=NOW))).duplicates == 1
    assert len(desk.take(message(sample(ts=NOW, flow=2.0))).readings) == 1  # another quantity
    assert len(desk.take(message(sample(ts=NOW + 1))).readings) == 1


def test_without_a_time_every_reading_gets_one_of_its_own() -> None:
    desk = Desk()
    out = desk.take(message([sample(), sample(), sample()]), message(sample()))
    assert [one.ts for one in out.readings] == [NOW, NOW + 1, NOW + 2, NOW + 3]
    assert out.touched == {}


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "values": st.dictionaries(
                    st.sampled_from(["pressure", "flow", "volume"]), st.just(1.0), min_size=1
                )
            },
            optional={"ts": st.sampled_from([NOW - 1, NOW])},
        ),
        max_size=30,
    )
)
def test_without_a_sequence_one_reading_is_one_point(samples: list[dict[str, object]]) -> None:
    """Invariant 3: InfluxDB overwrites a point that has the same time stamp as another."""
    desk = Desk()
    out = desk.take(*(message(one) for one in samples))
    assert len(out.readings) + out.duplicates == len(samples)
    stamps = [line(one).rpartition(b" ")[2] for one in out.readings]
    assert len(set(stamps)) == len(out.readings)


def test_other_quantities_of_the_same_millisecond_stand_beside_the_first() -> None:
    desk = Desk()
    first = desk.take(message({"ts": NOW, "values": {"pressure": 1.0}}))
    second = desk.take(message({"ts": NOW, "values": {"pressure": 2.0, "flow": 3.0}}))
    assert [one.apart for one in first.readings] == [0]
    assert [one.ts for one in second.readings] == [NOW]
    assert second.readings[0].apart > 0


def test_a_sequence_without_a_boot() -> None:
    desk = Desk()
    out = desk.take(message(sample(3, ts=NOW)), message(sample(4, ts=NOW + 1)))
    assert len(out.readings) == 2
    assert [track.stored_up_to(boot) for (_, boot), track in out.touched.items()] == [4]
    assert list(out.touched) == [("pressure-1", NO_SEQ)]
    assert desk.take(message(sample(4, ts=NOW + 1))).duplicates == 1
    assert len(desk.take(message(sample(3, ts=NOW + 9))).readings) == 1  # it began anew


def test_a_device_that_was_added_is_known_when_its_home_was_forgotten() -> None:
    desk = Desk()
    late = [message(sample(1, 4), device="pressure-2")]
    assert desk.intake.has_unknown(late)
    desk.homes.homes["pressure-2"] = home("pressure-2")
    assert desk.intake.has_unknown(late)  # as it was last seen
    desk.intake.forget_homes()
    assert not desk.intake.has_unknown(late)
    assert len(desk.take(*late).readings) == 1


def test_a_list_without_readings_does_not_vanish() -> None:
    out = Desk().take(message([]))
    assert reasons(out.letters) == [Reason.NO_VALUES]


def test_an_unknown_device_and_an_impossible_topic() -> None:
    desk = Desk()
    out = desk.take(
        message([sample(1, 4), sample(2, 4)], device="stranger"),
        Publish(b"kenh/1/Not-A-Device/up/telemetry", b"{}"),
        Publish(b"kenh/1/\xff\xfe/up/telemetry", b"{}"),
    )
    assert reasons(out.letters) == [
        Reason.UNKNOWN_DEVICE,
        Reason.UNKNOWN_DEVICE,
        Reason.BAD_TOPIC,
        Reason.BAD_TOPIC,
    ]
    assert out.letters[3].topic == "kenh/1/\\xff\\xfe/up/telemetry"
    assert out.letters[0].device == "stranger"
    assert out.letters[2].device == ""


payloads = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(str.encode),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["values", "ts", "seq", "boot", "q", "oldest", "pressure"])
                | st.text(),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(st.lists(payloads, max_size=5), st.booleans())
def test_garbage_stops_nobody(garbage: list[bytes], dup: bool) -> None:
    desk = Desk("pressure-1", "pressure-2")
    good = message(sample(9, 1), device="pressure-2")
    out = desk.take(*(message(g, dup=dup) for g in garbage), good)
    assert [one.device for one in out.readings].count("pressure-2") == 1
    track = desk.tracks.of("pressure-1")
    others = [one for one in out.readings if one.device == "pressure-1"]
    assert track.stored == len(others)
    assert track.dead_lettered == len(out.letters)
    assert track.stored + track.dead_lettered + track.duplicates >= len(garbage)


def test_an_error_of_ours_is_a_dead_letter_too(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk("pressure-1", "pressure-2")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(desk.tracks.of("pressure-1").__class__, "take_stamp", broken)
    out = desk.take(message(sample(ts=NOW)), message(sample(1, 1), device="pressure-2"))
    assert len(out.readings) == 1
    assert "a bug" in out.letters[0].detail


@given(st.permutations(range(8)), st.lists(st.integers(0, 7), max_size=10))
def test_every_reading_once_in_any_order(order: list[int], again: list[int]) -> None:
    desk = Desk()
    taken: Counter[int] = Counter()
    for seq in [*order, *again]:
        out = desk.take(message(sample(seq, 1)))
        taken.update(one.seq for one in out.readings)
    assert taken == Counter(range(8))
    assert desk.tracks.of("pressure-1").missing() == 0
