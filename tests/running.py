"""Runs the kenh command as a user does: a process of its own, on free ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.broker import binary
from tests.services import need, wait_for

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1"}


def kenh(*words: str, state: Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *words, "--state", str(state)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@dataclass
class Running:
    """A `kenh up` or `kenh demo` that runs."""

    process: subprocess.Popen[bytes]
    state: Path
    output: Path

    def endpoints(self) -> dict[str, Any]:
        return dict(json.loads((self.state / "endpoints.json").read_text()))

    def ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"it ended: {self.output.read_text()}")
        return (self.state / "endpoints.json").exists()

    def component(self, name: str) -> dict[str, Any]:
        found = json.loads((self.state / "supervisor.json").read_text())
        return dict(next(one for one in found["components"] if one["name"] == name))

    def figures(self, name: str) -> dict[str, float]:
        try:
            return dict(json.loads((self.state / "run" / f"{name}.json").read_text())["figures"])
        except FileNotFoundError:
            return {}

    def kill(self, name: str) -> int:
        """Kill a component with -9; its pid."""
        pid = int(self.component(name)["pid"])
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait(self, seconds: float) -> int:
        return self.process.wait(seconds)

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)


@contextmanager
def running(*words: str, state: Path, ready_seconds: float = 60) -> Iterator[Running]:
    """Start `kenh WORDS`; ready inside the block, stopped after it."""
    need(binary())
    need("influxd")
    state.mkdir(parents=True, exist_ok=True)
    output = state / "output.txt"
    with output.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *words, "--state", str(state)],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    one = Running(process, state, output)
    try:
        wait_for(one.ready, ready_seconds, "endpoints.json is there")
        yield one
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def processes_of(state: Path) -> list[str]:
    """Command lines of the processes that still name this state."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = str((folder / "cwd").readlink())
        except OSError:
            continue
        if str(state) in line or where.startswith(str(state)):
            found.append(line)
    return found
