"""MicroPython's unix port for a machine whose own Debian is too old for it.

Debian's packages of a newer suite are unpacked beside the machine's libc, with an apt
configuration of our own: which mirror, which keyring and which proxy come from the machine's
apt sources at run time, and those are never changed. `python -m app.micropython` prints the
command line that starts the interpreter.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.apt_sources import AptEntry, debian_entry, machine_entries
from app.errors import CommandError

PINNED = "1.26.1"
SUITES = ("trixie", "sid")
CACHE = Path(__file__).resolve().parent.parent / "build" / "micropython"
APT_SECONDS = 300


class NoMicroPythonError(CommandError):
    """Why there is no MicroPython, in one line that says what to do."""


def micropython_command(cache: Path = CACHE) -> list[str]:
    """The command line of a MicroPython: the machine's own, else the one unpacked in `cache`.

    Unpacks it at the first call (about 25 MB are fetched, 17 MB stay); raises
    `NoMicroPythonError`.
    """
    installed = shutil.which("micropython")
    if installed:
        return [installed]
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache):
        root = cache / "root"
        if not (cache / "version").exists():
            _unpack(cache, root)
        return _command(root)


def unpacked_version(cache: Path = CACHE) -> str | None:
    """Debian's version of the unpacked MicroPython, such as "1.26.1+ds-1"."""
    try:
        return (cache / "version").read_text().strip()
    except FileNotFoundError:
        return None


def choose(versions: list[str]) -> str:
    """The pinned version where the suites have it, else the newest (they come newest first)."""
    if not versions:
        raise NoMicroPythonError(
            f"the mirror has no micropython in {' or '.join(SUITES)}: put one on PATH"
        )
    pinned = [v for v in versions if v == PINNED or v.startswith((f"{PINNED}+", f"{PINNED}-"))]
    return (pinned or versions)[0]


def apt_configuration(work: Path, settings: str, architecture: str) -> str:
    """The text of an apt.conf that reads and writes below `work` alone.

    `settings` is what `apt-config dump` prints: the machine's way to its mirror (proxies,
    time-outs, credentials) is kept, its hooks and its choice of indexes are not.
    """
    kept = [
        line
        for line in settings.splitlines()
        if line.startswith("Acquire::") and not line.startswith("Acquire::IndexTargets")
    ]
    own = {
        "Dir::State": work / "state",
        "Dir::State::status": work / "state" / "status",
        "Dir::Cache": work / "cache",
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": work / "none",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": work / "none",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": work / "sources",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Sandbox::User": "root",  # apt's own user could not write below this folder
        "Debug::NoLocking": "1",  # the folder is this process's alone
    }
    return "\n".join(kept + [f'{key} "{value}";' for key, value in own.items()]) + "\n"


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One process at a time in this cache."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack(cache: Path, root: Path) -> None:
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise NoMicroPythonError(
                f"{program} is not on this machine: put a MicroPython {PINNED} on PATH"
            )
    entry = debian_entry(machine_entries())
    if entry is None:
        raise NoMicroPythonError(
            "apt's sources name no Debian mirror: install MicroPython with 'apt-get install "
            "micropython', or put one on PATH"
        )
    with tempfile.TemporaryDirectory(dir=cache, prefix="apt-") as folder:
        work = Path(folder)
        version = _fetch(work, entry)
        fresh = work / "root"
        for package in sorted((work / "cache" / "archives").glob("*.deb")):
            _run(["dpkg", "-x", str(package), str(fresh)])
        _run([*_command(fresh), "-c", "import asyncio, json, struct"])
        shutil.rmtree(root, ignore_errors=True)
        fresh.replace(root)
    (cache / "version").write_text(version + "\n")


def _fetch(work: Path, entry: AptEntry) -> str:
    """Download micropython and all it depends on, down to the libc; returns its version."""
    for name in ("state/lists/partial", "cache/archives/partial", "sources", "none"):
        (work / name).mkdir(parents=True)
    (work / "state" / "status").touch()  # nothing is installed: apt fetches every dependency
    (work / "sources" / "debian.sources").write_text(entry.with_suites(SUITES))
    settings = apt_configuration(
        work, _run(["apt-config", "dump"]), _run(["dpkg", "--print-architecture"]).strip()
    )
    (work / "apt.conf").write_text(settings)
    environment = {"APT_CONFIG": str(work / "apt.conf")}
    _run(["apt-get", "update", "--error-on=any"], environment)
    rows = _run(["apt-cache", "madison", "micropython"], environment).splitlines()
    version = choose([row.split("|")[1].strip() for row in rows if row.count("|") == 2])
    fetch = ["apt-get", "install", "--yes", "--download-only", "--no-install-recommends"]
    _run([*fetch, f"micropython={version}"], environment)
    return version


def _command(root: Path) -> list[str]:
    """The interpreter under the loader and the libraries that came with it."""
    loaders = sorted(root.glob("usr/lib*/**/ld-linux*.so.*")) + sorted(root.glob("lib*/ld-linux*"))
    libraries = sorted(root.glob("usr/lib/*/libc.so.6"))
    interpreter = root / "usr" / "bin" / "micropython"
    if not (loaders and libraries and interpreter.exists()):
        raise NoMicroPythonError(f"{root} is incomplete: remove {root.parent} and try again")
    return [str(loaders[0]), "--library-path", str(libraries[0].parent), str(interpreter)]


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=APT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoMicroPythonError(f"{command[0]} did not work: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        cause = (lines or done.stderr.splitlines() or [f"exit code {done.returncode}"])[0]
        raise NoMicroPythonError(f"'{' '.join(command[:2])}' failed: {cause}")
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m app.micropython", description=__doc__)
    parser.add_argument("--cache", type=Path, default=CACHE, help="where it is unpacked")
    parser.add_argument("--json", action="store_true", help="print a JSON list for a script")
    options = parser.parse_args()
    try:
        command = micropython_command(options.cache)
    except NoMicroPythonError as error:
        print(f"no MicroPython: {error}", file=sys.stderr)
        return 1
    version = unpacked_version(options.cache)
    if version and not version.startswith(PINNED):
        print(f"MicroPython {version}: {PINNED} is in neither suite any more", file=sys.stderr)
    print(json.dumps(command) if options.json else shlex.join(command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
