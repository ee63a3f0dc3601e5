"""The demo as a new user meets it: it runs, reports, ends in order, and finds its state again."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest

from tests.running import kenh, processes_of, running
from tests.services import wait_for


def test_it_ends_by_itself_reports_and_finds_its_state_again(tmp_path: Path) -> None:
    state, report = tmp_path / "state", tmp_path / "report.json"
    words = ("demo", "--for", "10s", "--report", str(report), "--ports", "auto")
    for _run in range(2):
        with running(*words, state=state) as demo:
            assert demo.wait(90) == 0
        found = json.loads(report.read_text())
        assert {"sent", "stored", "duplicate", "dead_lettered", "missing"} <= set(found)
        assert found["sent"] == found["stored"] + found["dead_lettered"]
        assert found["missing"] == 0
        assert found["sent"] > 300
        assert found["seconds"] >= 10
        assert processes_of(state) == []
        assert not (state / "endpoints.json").exists()
    assert {"rule", "device", "state", "at"} <= set(found["alerts"][0])
    assert {"channel", "recipient", "alert", "status"} <= set(found["notifications"][0])
    devices = json.loads(kenh("device", "list", "--json", state=state).stdout)
    assert len(devices) == len({one["id"] for one in devices}) > 50


def test_the_first_reading_is_stored_soon_and_ctrl_c_stops_all_in_five_seconds(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    started = time.monotonic()
    with running("demo", "--ports", "auto", state=state) as demo:
        wait_for(lambda: demo.figures("store").get("written", 0) > 0, 60, "a reading is stored")
        took = time.monotonic() - started
        endpoints = demo.endpoints()
        portal = endpoints["portal"]
        assert httpx.get(f"{portal['url']}/healthz").status_code == 200
        assert httpx.get(f"{portal['url']}/readyz").status_code == 200
        assert "kenh_ingest_messages" in httpx.get(endpoints["metrics"]["url"]).text
        assert "text/html" in httpx.get(endpoints["inbox"]["url"]).headers["content-type"]
        status = json.loads(kenh("status", "--json", state=state).stdout)
        assert {one["name"] for one in status["components"]} >= {
            "broker",
            "influxdb",
            "ingest",
            "store",
            "rules",
            "portal",
            "simulators",
        }
        assert all(one["state"] == "ready" and one["pid"] for one in status["components"])
        second = kenh("up", "--ports", "auto", state=state)
        assert second.returncode == 1
        assert "runs already" in second.stderr
        asked = time.monotonic()
        demo.interrupt()
        assert demo.wait(20) == 0
        stopping = time.monotonic() - asked
    assert processes_of(state) == []
    # The promises are 5 s each on a machine that does nothing else; tests share theirs.
    assert took < 25
    assert stopping < 10


def test_everything_on_ipv6_alone_with_seeded_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 10: every listener and client works on IPv6 alone. The fleet runs on profiles, as
    on a machine without the folder of real telemetry."""
    monkeypatch.setenv("KENH_DATA", "")
    config = tmp_path / "ipv6.toml"
    config.write_text(
        '[mqtt]\nhost = "::1"\ntls_bind = "::1"\n[influx]\nhost = "::1"\n[portal]\nhost = "::1"\n'
        '[grafana]\nhost = "::1"\n'
    )
    report = tmp_path / "report.json"
    words = ("demo", "--for", "6s", "--report", str(report), "--ports", "auto")
    with running(*words, "--config", str(config), state=tmp_path / "state") as demo:
        assert "seeded profiles" in demo.output.read_text()
        found = demo.endpoints()
        assert found["mqtt"]["host"] == "::1"
        assert all("[::1]" in found[name]["url"] for name in ("influx", "portal", "inbox"))
        ours = [line for line in processes_of(demo.state) if " app run " in line]
        assert len(ours) == 6
        assert all(str(config) in line for line in ours if "simulators" not in line)
        assert demo.wait(90) == 0
    figures = json.loads(report.read_text())
    assert figures["sent"] == figures["stored"] + figures["dead_lettered"] > 0
