"""The one folder that holds an installation's state, and who owns which file in it."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from app.errors import CommandError

DEFAULT = "var"


def default_state() -> Path:
    """`$KENH_STATE`, else `var/` below the working directory."""
    return Path(os.environ.get("KENH_STATE") or DEFAULT)


@dataclass(frozen=True)
class State:
    """Paths inside the state folder; each has one owner, named behind it."""

    path: Path

    @classmethod
    def at(cls, path: Path | None) -> State:
        return cls((path or default_state()).resolve())

    def make(self) -> None:
        """Make the folder; `CommandError` where it cannot be ours."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise CommandError(
                f"{self.path} cannot be the state's folder ({error.strerror}): choose another "
                "with --state"
            ) from error

    @property
    def registry_url(self) -> str:  # the registry
        return f"sqlite:///{self.path / 'registry.db'}"

    @property
    def alerts_url(self) -> str:  # the book of alarms
        return f"sqlite:///{self.path / 'alerts.db'}"

    @property
    def spool(self) -> Path:  # ingest; each reader owns its own cursor in it
        return self.path / "spool"

    @property
    def dead_letters(self) -> Path:  # a folder a writer: ingest/, store/
        return self.path / "deadletter"

    @property
    def ledger(self) -> Path:  # ingest: what it counted, a line a device
        return self.path / "ledger.json"

    @property
    def demo(self) -> Path:  # the demo's simulators
        return self.path / "demo"

    @property
    def demo_passwords(self) -> Path:  # the demo
        return self.demo / "passwords.json"

    @property
    def inbox(self) -> Path:  # the demo's fakes of alert providers
        return self.path / "inbox"

    @property
    def zalo_tokens(self) -> Path:  # the Zalo template channel
        return self.path / "zalo-tokens.json"

    @property
    def broker(self) -> Path:  # the supervisor writes it, mosquitto keeps its database there
        return self.path / "broker"

    @property
    def influx(self) -> Path:  # influxd
        return self.path / "influx"

    @property
    def grafana(self) -> Path:  # grafana-server
        return self.path / "grafana"

    @property
    def run(self) -> Path:  # one NAME.json a component, written by it every second
        return self.path / "run"

    @property
    def supervisor(self) -> Path:  # the supervisor: pid, components
        return self.path / "supervisor.json"

    @property
    def ports(self) -> Path:  # the supervisor: ports picked before, so that addresses stay
        return self.path / "ports.json"

    @property
    def logs(self) -> Path:  # one NAME.log a component
        return self.path / "logs"

    @property
    def secrets(self) -> Path:  # the supervisor
        return self.path / "secrets.json"

    @property
    def endpoints(self) -> Path:  # the supervisor
        return self.path / "endpoints.json"
