"""InfluxDB 1.x as a child process: its configuration and its first administrator."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.files import write_whole
from app.ports import in_url

ADMIN_USER = "kenh"

CONFIGURATION = """\
# Written by kenh at every start.
reporting-disabled = true
bind-address = "{bind}:0"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[http]
  bind-address = "{bind}:{port}"
  auth-enabled = true
  log-enabled = false
  flux-enabled = false
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[subscriber]
  enabled = false
[logging]
  level = "warn"
  suppress-logo = true
"""


@dataclass(frozen=True)
class Influx:
    """An InfluxDB of our own: its folder and its address."""

    folder: Path
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{in_url(self.host)}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration file."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = CONFIGURATION.format(bind=in_url(self.host), port=self.port, folder=self.folder)
        write_whole(self.folder / "influxdb.conf", text)

    def command(self) -> list[str]:
        return [
            shutil.which("influxd") or "influxd",
            "run",
            "-config",
            str(self.folder / "influxdb.conf"),
        ]

    def ready(self) -> bool:
        """Whether it answers now."""
        try:
            return httpx.get(f"{self.url}/ping", timeout=2.0).status_code == 204
        except httpx.HTTPError:
            return False

    def wait_ready(self, seconds: float) -> None:
        """Return as soon as it answers; `TimeoutError` after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"InfluxDB did not answer at {self.url} within {seconds:.0f} s")
            time.sleep(0.05)

    def make_administrator(self, password: str) -> None:
        """Make the administrator; harmless when it is there already."""
        query = f"CREATE USER {ADMIN_USER} WITH PASSWORD '{password}' WITH ALL PRIVILEGES"
        httpx.post(
            f"{self.url}/query", data={"q": query}, auth=(ADMIN_USER, password), timeout=10.0
        )
