"""Files, ports, certificates, heartbeats and secrets of the app."""

from __future__ import annotations

import errno
import os
import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app import certificate, heartbeat
from app.broker import Broker, Tls
from app.config import Config, Influx
from app.errors import CommandError
from app.files import write_whole
from app.ports import FreePorts, free_ports, in_url, is_free, strict_port
from app.secret_store import load_or_make
from app.state import State

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_file_is_whole_and_has_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "file"
    write_whole(path, "one", 0o600)
    write_whole(path, "two", 0o600)
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_disk_that_takes_a_part_does_not_leave_half_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One write may take only a part of the data; a half password file would lock devices out."""
    path = tmp_path / "passwd"
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: whole(fd, data[:3], at))
    write_whole(path, "pump-1:hash")
    assert path.read_text() == "pump-1:hash"

    def full(_handle: int, _data: bytes, _at: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "pump-2:hash")
    assert path.read_text() == "pump-1:hash"


@pytest.mark.parametrize(
    ("host", "url"), [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("db.local", "db.local")]
)
def test_a_host_in_a_url(host: str, url: str) -> None:
    assert in_url(host) == url


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_taken_ports_are_seen(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        assert not is_free(host, port)
        with pytest.raises(CommandError, match=f"port {port} .* is taken"):
            strict_port("MQTT", host, port)
        picker = FreePorts(prefer_wanted=True)
        chosen = picker("MQTT", host, port)
        assert chosen != port
        assert str(port) in picker.notes[0]
    assert len(set(free_ports(host, 5))) == 5


def test_the_certificate_holds_its_names_and_is_renewed(tmp_path: Path) -> None:
    pair = certificate.ensure(tmp_path, ["localhost", "::1"], NOW)
    first = pair.certificate.read_bytes()
    assert (
        certificate.ensure(tmp_path, ["localhost", "::1"], NOW).certificate.read_bytes() == first
    )
    authority = pair.authority.read_bytes()
    more = certificate.ensure(tmp_path, ["localhost", "::1", "broker.example"], NOW)
    assert more.certificate.read_bytes() != first
    late = certificate.ends(more.certificate) - timedelta(days=10)
    renewed = certificate.ensure(tmp_path, ["localhost"], late)
    assert certificate.ends(renewed.certificate) > late + timedelta(days=700)
    assert pair.authority.read_bytes() == authority
    ca = x509.load_pem_x509_certificate(authority)
    x509.load_pem_x509_certificate(renewed.certificate.read_bytes()).verify_directly_issued_by(ca)


def test_heartbeats(tmp_path: Path) -> None:
    assert heartbeat.read(tmp_path, "ingest") is None
    heartbeat.beat(tmp_path, "ingest", "ready", {"messages": 3.0})
    (tmp_path / "supervisor.json").write_text('{"pid": 1, "components": []}')
    found = heartbeat.read_all(tmp_path)
    assert found["ingest"].figures == {"messages": 3.0}
    assert list(found) == ["ingest"]


def test_secrets_are_made_once_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State.at(tmp_path / "state")
    made = load_or_make(state, Config())
    assert load_or_make(state, Config()) == made
    assert made.portal_token not in repr(made)
    assert stat.S_IMODE(state.secrets.stat().st_mode) == 0o600
    external = Config(influx=Influx(url="http://db:8086", version=2))
    with pytest.raises(CommandError, match="KENH_INFLUX_TOKEN"):
        load_or_make(state, external)
    monkeypatch.setenv("KENH_INFLUX_TOKEN", "from-outside")
    assert load_or_make(state, external).influx == "from-outside"


def test_ports_stay_from_run_to_run(tmp_path: Path) -> None:
    first = FreePorts(prefer_wanted=False)
    picked = [first(what, "127.0.0.1", 1883) for what in ("MQTT", "InfluxDB")]
    first.keep(tmp_path / "ports.json")
    second = FreePorts(prefer_wanted=False)
    second.recall(tmp_path / "ports.json")
    assert [second(what, "127.0.0.1", 1883) for what in ("MQTT", "InfluxDB")] == picked
    fresh = FreePorts(prefer_wanted=False)
    fresh.recall(tmp_path / "none.json")
    assert fresh("MQTT", "127.0.0.1", 1883) > 0


def test_the_broker_folder(tmp_path: Path) -> None:
    tls = Tls("", 8884, tmp_path / "server.pem", tmp_path / "server.key")
    Broker(tmp_path / "b", "::1", 1883, tls).prepare({"pump-1": "$7$101$x$y"})
    listeners = (tmp_path / "b" / "listeners.d" / "listeners.conf").read_text()
    assert "listener 1883 ::1" in listeners
    assert "listener 8884\n" in listeners
    assert (tmp_path / "b" / "passwd").read_text() == "pump-1:$7$101$x$y\n"
