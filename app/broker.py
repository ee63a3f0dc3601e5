"""Mosquitto as a child process: its folder, its listeners, its users."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.files import write_whole

SHIPPED = Path(__file__).resolve().parent.parent / "broker-config"
ADMIN_USER = "kenh-admin"
INGEST_USER = "kenh-ingest"


@dataclass(frozen=True)
class Tls:
    """A TLS listener for devices on the network: user name and password inside TLS.

    `bind` "" listens on every address of the machine, IPv6 and IPv4.
    """

    bind: str
    port: int
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Broker:
    """Where the broker lives and listens: `host` and `port` are the plain, local listener."""

    folder: Path
    host: str
    port: int
    tls: Tls | None = None

    def prepare(self, users: Mapping[str, str]) -> None:
        """Write the folder: the shipped access list, the listeners, the users' password hashes."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self.folder / "acl", (SHIPPED / "acl").read_text(), 0o600)
        write_whole(self.folder / "listeners.d" / "listeners.conf", self._listeners(), 0o600)
        self.write_users(users)

    def write_users(self, users: Mapping[str, str]) -> None:
        """Write the password file; a running broker reads it again at SIGHUP."""
        lines = "".join(f"{name}:{hashed}\n" for name, hashed in sorted(users.items()))
        write_whole(self.folder / "passwd", lines, 0o600)

    def command(self) -> list[str]:
        """The command line; it must be started with `folder` as the working directory."""
        return [binary(), "-c", str(SHIPPED / "mosquitto.conf")]

    def _listeners(self) -> str:
        lines = [
            "# Written by kenh at every start; the broker's policy stands in mosquitto.conf.",
            # Started by root, mosquitto would change to a user who cannot read this folder.
            f"user {getpass.getuser()}",
            f"listener {self.port} {self.host}",
        ]
        if self.tls is not None:
            lines += [
                f"listener {self.tls.port} {self.tls.bind}".rstrip(),
                f"certfile {self.tls.certificate}",
                f"keyfile {self.tls.key}",
                "tls_version tlsv1.2",
                # Else any device that has a password could take another's connection, or
                # ingest's, by giving its client id. The price: one connection a device.
                "use_username_as_clientid true",
            ]
        return "\n".join(lines) + "\n"


def binary() -> str:
    """Mosquitto's path: Debian puts it where only root's PATH looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin") or "mosquitto"
