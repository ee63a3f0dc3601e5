"""A device on the host: MicroPython's unix port with the very files that a board gets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.components import ROOT
from app.micropython import NoMicroPythonError, micropython_command

FIRMWARE = ROOT / "device_fw"
HEAP = "64wK"  # 64 KB of 32-bit words: the order of an ESP32's heap


def micropython() -> list[str]:
    """The interpreter; a machine that cannot have one skips the test, except in CI."""
    try:
        return [*micropython_command(), "-X", f"heapsize={HEAP}"]
    except NoMicroPythonError as error:
        if os.environ.get("CI"):
            pytest.fail(f"no MicroPython, and CI runs the firmware on it: {error}")
        pytest.skip(f"no MicroPython: {error}")


@dataclass(frozen=True)
class Board:
    """A board's file system in `folder`: the firmware's modules and the configuration."""

    folder: Path
    interpreter: tuple[str, ...]

    @classmethod
    def flashed(cls, folder: Path, config: dict[str, object]) -> Board:
        interpreter = micropython()
        folder.mkdir()
        for module in sorted(FIRMWARE.glob("*.py")):
            shutil.copy(module, folder)
        (folder / "config.json").write_text(json.dumps(config))
        return cls(folder, tuple(interpreter))

    def power_on(self) -> subprocess.Popen[str]:
        """Start `main.py`; what it prints can be read from the process."""
        return subprocess.Popen(
            [*self.interpreter, str(self.folder / "main.py")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, seconds: float = 30.0) -> tuple[int, str]:
        """Let it work to its end: the exit code, and what it printed."""
        with self.power_on() as device:
            try:
                printed, _ = device.communicate(timeout=seconds)
            finally:
                device.kill()
        return device.returncode, printed
