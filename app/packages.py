"""System packages that a command needs: found, installed from the machine's own Debian mirror.

Installing a package must not start its service: Debian's mosquitto would take port 1883. While
apt runs, a policy-rc.d forbids every start; afterwards the units are disabled, so that they do
not start at the next boot either.
"""

from __future__ import annotations

import ctypes.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from app.errors import CommandError

POLICY = Path("/usr/sbin/policy-rc.d")
COMPOSE_HINT = "or use the containers described in deploy/README.md (deploy/compose.yaml)"


@dataclass(frozen=True)
class Program:
    """A program, the Debian package that has it, and the versions that fit.

    `version` is a regular expression that the output of `probe` must match.
    """

    name: str
    package: str
    probe: tuple[str, ...] = ()
    version: str = ""
    fits: str = ""  # the versions that fit, in words


MOSQUITTO = Program("mosquitto", "mosquitto", ("-h",), r"mosquitto version 2\.", "2.x")
INFLUXD = Program("influxd", "influxdb", ("version",), r"InfluxDB v1\.", "1.x")
CHROMIUM = Program("chromium", "chromium")
GRAFANA = Program("grafana-server", "grafana")
PLATFORM = (MOSQUITTO, INFLUXD)


def missing_for_browser_tests() -> list[str]:
    """Packages that Chromium and its driver need beside themselves on a bare machine."""
    wanted = []
    if not Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf").exists():
        wanted.append("fonts-noto-core")  # Vietnamese letters in the screenshots
    if ctypes.util.find_library("atomic") is None:
        wanted.append("libatomic1")  # playwright's driver
    return wanted


def find(program: Program) -> str | None:
    """The program's path; sbin is looked at too, which only root has on its PATH."""
    return shutil.which(program.name) or shutil.which(
        program.name, path="/usr/sbin:/usr/local/sbin:/sbin"
    )


def missing(programs: Sequence[Program]) -> list[Program]:
    return [program for program in programs if find(program) is None]


def wrong_version(program: Program) -> str | None:
    """What the program says of its version where that does not fit; None where it does."""
    path = find(program)
    if path is None or not program.probe:
        return None
    said = subprocess.run([path, *program.probe], capture_output=True, text=True, check=False)
    text = (said.stdout + said.stderr).strip()
    if re.search(program.version, text):
        return None
    first = text.splitlines()[0] if text else "nothing"
    return (
        f"{path} says '{first}', but Kênh needs {program.name} {program.fits}: install Debian's "
        f"package {program.package} (apt-get install {program.package}), point at a running one "
        f"with --config, {COMPOSE_HINT}"
    )


def ensure(programs: Sequence[Program], console: Console, extra: Sequence[str] = ()) -> None:
    """Install what is missing, saying so; `CommandError` with the way out where it can't be."""
    absent = [program.package for program in missing(programs)] + list(extra)
    if absent:
        install(absent, console)
    still = missing(programs)
    if still:
        names = ", ".join(program.name for program in still)
        raise CommandError(
            f"{names}: still not found after installing {', '.join(absent)}; look at "
            f"'apt-get install {' '.join(absent)}', {COMPOSE_HINT}"
        )
    for program in programs:
        problem = wrong_version(program)
        if problem:
            raise CommandError(problem)


def install(packages: Sequence[str], console: Console) -> None:
    """Install Debian packages without starting any service."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise CommandError(
            f"{names}: missing, and this is no Debian or Ubuntu (there is no apt-get); install "
            f"them by your system's own means, {COMPOSE_HINT}"
        )
    prefix = _as_root(names)
    console.print(f"kenh: installing {names} (Debian packages; their services are not started)")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    with _no_service_starts(prefix, packages), console.status("apt-get install …"):
        for refresh in (False, True):
            if refresh:
                _run([*apt, "update", "-qq"])
            done = _run([*apt, "install", "-y", "-qq", "--no-install-recommends", *packages])
            if done.returncode == 0:
                break
        else:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise CommandError(
                f"apt-get cannot install {names}: {last}; try 'apt-get update && apt-get install "
                f"{names}' and look at what it says, {COMPOSE_HINT}"
            )
    _disable_units(prefix, packages)


def _as_root(names: str) -> list[str]:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], check=False).returncode != 0:
        raise CommandError(
            f"{names}: missing, and installing needs root: run 'sudo apt-get install "
            f"--no-install-recommends {names}' and then this command again, {COMPOSE_HINT}"
        )
    return [sudo]


@contextmanager
def _no_service_starts(prefix: list[str], packages: Sequence[str]) -> Iterator[None]:
    """While apt runs, invoke-rc.d and deb-systemd-invoke are told not to start anything."""
    ours = not POLICY.exists()
    if ours:
        script = "#!/bin/sh\n# Put here by kenh while it installs packages.\nexit 101\n"
        command = [*prefix, "sh", "-c", f"cat >{POLICY} && chmod 755 {POLICY}"]
        subprocess.run(command, input=script, text=True, check=True)
    if _systemd_runs():
        # An administrator's own policy-rc.d might allow starts; a masked unit never starts.
        _run([*prefix, "systemctl", "mask", "--runtime", *_units(packages)])
    try:
        yield
    finally:
        if ours:
            _run([*prefix, "rm", "-f", str(POLICY)])
        if _systemd_runs():
            _run([*prefix, "systemctl", "unmask", "--runtime", *_units(packages)])


def _disable_units(prefix: list[str], packages: Sequence[str]) -> None:
    """What we installed must not start at the next boot; what was there before is not ours."""
    tool = shutil.which("systemctl") or shutil.which("deb-systemd-helper")
    if tool and _units(packages):
        _run([*prefix, tool, "disable", *_units(packages)])


def _units(packages: Sequence[str]) -> list[str]:
    return [f"{name}.service" for name in packages if name in {"mosquitto", "influxdb"}]


def _systemd_runs() -> bool:
    return Path("/run/systemd/system").is_dir()


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
