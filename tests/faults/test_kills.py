"""Invariants 1 to 3: a component killed with -9 in the middle of a replay comes back, and every
reading that was sent is stored or dead-lettered in the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running import running
from tests.services import wait_for


@pytest.mark.parametrize("victim", ["ingest", "store", "rules", "broker", "influxdb"])
def test_killed_in_the_middle_of_a_replay(victim: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ("demo", "--for", "12s", "--report", str(report), "--ports", "auto")
    with running(*words, state=tmp_path / "state") as demo:
        wait_for(lambda: demo.figures("store").get("written", 0) > 200, 30, "readings flow")
        killed = demo.kill(victim)
        wait_for(
            lambda: (
                demo.component(victim)["pid"] not in {None, killed}
                and demo.component(victim)["state"] == "ready"
            ),
            30,
            f"{victim} came back",
        )
        assert demo.component(victim)["restarts"] == 1
        assert demo.wait(90) == 0
    found = json.loads(report.read_text())
    wrong = {
        device: line
        for device, line in found["devices"].items()
        if line["sent"] != line["stored"] + line["dead_lettered"]
    }
    assert not wrong
    assert found["sent"] > 500
    assert found["missing"] == 0
