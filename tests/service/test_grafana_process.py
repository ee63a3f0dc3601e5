"""Grafana under `kenh up`: started where grafana-server is, with read-only datasources.

There is no grafana-server among Debian's packages: a stand-in takes its command line and its
settings, and answers where it was told to. What it is given is tried on the real InfluxDB.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from registry.store import Registry
from tests.running import running

STAND_IN = """#!{python}
import configparser, http.server, sys
settings = configparser.ConfigParser(interpolation=None)
settings.read(sys.argv[sys.argv.index("--config") + 1])
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
    def log_message(self, *_): pass
where = (settings["server"]["http_addr"], int(settings["server"]["http_port"]))
http.server.ThreadingHTTPServer(where, Health).serve_forever()
"""


def test_grafana_gets_a_credential_a_tenant_that_only_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "grafana-server"
    program.parent.mkdir()
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    state = tmp_path / "state"
    state.mkdir()
    with Registry(f"sqlite:///{state / 'registry.db'}") as registry:
        registry.migrate()
        registry.add_tenant("cap-nuoc", "Cấp nước")
        registry.add_tenant("dien-luc", "Điện lực")
    with running("up", "--ports", "auto", state=state) as up:
        endpoints = up.endpoints()
        assert httpx.get(f"{endpoints['grafana']['url']}/api/health").status_code == 200
        folder = state / "grafana" / "provisioning" / "datasources"
        sources = yaml.safe_load((folder / "kenh.yaml").read_text())["datasources"]
        assert [one["uid"] for one in sources] == ["kenh-cap-nuoc", "kenh-dien-luc"]
        for own, other in (sources, reversed(sources)):
            url = own["url"]
            login = (own["user"], own["secureJsonData"]["password"])
            mine, theirs = own["jsonData"]["dbName"], other["jsonData"]["dbName"]
            asked = {"q": "SHOW MEASUREMENTS", "db": mine}
            assert httpx.get(f"{url}/query", params=asked, auth=login).status_code == 200
            asked["db"] = theirs
            assert httpx.get(f"{url}/query", params=asked, auth=login).status_code == 403
            written = httpx.post(
                f"{url}/write", params={"db": mine}, content="water pressure=1", auth=login
            )
            assert written.status_code == 403
        arguments = (Path("/proc") / str(up.component("grafana")["pid"]) / "cmdline").read_bytes()
        assert sources[0]["secureJsonData"]["password"].encode() not in arguments
