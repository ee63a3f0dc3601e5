"""Addresses: which ports are free, and how a host stands in a URL."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from app.errors import CommandError
from app.files import write_whole


def in_url(host: str) -> str:
    """`host` as it stands in a URL: an IPv6 address gets its brackets."""
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on `host` and `port` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(host: str, count: int) -> list[int]:
    """`count` different ports that are free on `host`, as the kernel gives them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as held:
        ports = []
        for _ in range(count):
            probe = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, 0))
            ports.append(int(probe.getsockname()[1]))
        return ports


PortPicker = Callable[[str, str, int], int]


def strict_port(what: str, host: str, port: int) -> int:
    """The wanted port, or a `CommandError` that says how to get another."""
    if not is_free(host or "::", port):
        raise CommandError(
            f"port {port} ({what}) on {host or 'this machine'} is taken: stop the program that "
            "has it, choose another in the file given with --config, or use '--ports auto'"
        )
    return port


class FreePorts:
    """Picks free ports: the wanted one first where it is preferred, then the one that was picked
    in an earlier run, so that addresses stay; what it had to say stands in `notes`."""

    def __init__(self, *, prefer_wanted: bool) -> None:
        self._prefer_wanted = prefer_wanted
        self._taken: set[int] = set()
        self._before: dict[str, int] = {}
        self._picked: dict[str, int] = {}
        self.notes: list[str] = []

    def __call__(self, what: str, host: str, port: int) -> int:
        bind = host or "::"
        tries = [port] if self._prefer_wanted else []
        tries += [self._before[what]] if what in self._before else []
        chosen = next((p for p in tries if p not in self._taken and is_free(bind, p)), None)
        if chosen is None:
            fresh = free_ports(bind, len(self._taken) + 1)
            chosen = next(p for p in fresh if p not in self._taken)
        if self._prefer_wanted and chosen != port:
            self.notes.append(f"port {port} is taken and left alone: {what} uses {chosen}")
        self._taken.add(chosen)
        self._picked[what] = chosen
        return chosen

    def recall(self, path: Path) -> None:
        """Read what an earlier run picked."""
        with suppress(FileNotFoundError, json.JSONDecodeError):
            self._before = dict(json.loads(path.read_text()))

    def keep(self, path: Path) -> None:
        """Write what this run picked, for the next one."""
        write_whole(path, json.dumps(self._picked))
