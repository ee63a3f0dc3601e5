"""Missing packages: installed without starting services, or one line with the way out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console

from app import packages
from app.errors import CommandError


def program(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only programs are those in the folder, and whose policy file is ours."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "env", "cat", "chmod", "rm", "id"):
        (folder / name).symlink_to(Path("/bin") / name)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(packages, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(
        packages, "find", lambda one: str(p) if (p := folder / one.name).exists() else None
    )
    monkeypatch.setattr(packages, "_systemd_runs", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return folder


def quiet() -> Console:
    return Console(quiet=True)


def test_what_is_missing_is_installed_with_starts_forbidden(machine: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program(
        machine,
        "apt-get",
        f'echo "$@ policy=$(cat {packages.POLICY} 2>/dev/null)" >>{log}\n'
        f'printf "#!/bin/sh\\necho mosquitto version 2.0.11" >{machine}/mosquitto\n'
        f"chmod 755 {machine}/mosquitto",
    )
    packages.ensure([packages.MOSQUITTO], quiet())
    said = log.read_text()
    assert "install -y -qq --no-install-recommends mosquitto" in said
    assert "exit 101" in said
    assert not packages.POLICY.exists()


def test_an_administrators_policy_is_left_alone(machine: Path) -> None:
    packages.POLICY.write_text("#!/bin/sh\nexit 0\n")
    program(
        machine,
        "apt-get",
        f"printf '#!/bin/sh\\n' >{machine}/chromium; chmod 755 {machine}/chromium",
    )
    packages.ensure([packages.CHROMIUM], quiet())
    assert packages.POLICY.read_text() == "#!/bin/sh\nexit 0\n"


def test_no_debian(machine: Path) -> None:
    with pytest.raises(CommandError, match=r"no Debian or Ubuntu.*deploy/compose\.yaml"):
        packages.ensure([packages.MOSQUITTO], quiet())


def test_no_root(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine, "apt-get", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CommandError, match="needs root: run 'sudo apt-get install"):
        packages.ensure([packages.MOSQUITTO], quiet())


def test_a_package_that_cannot_be_had(machine: Path) -> None:
    program(machine, "apt-get", "echo 'E: Unable to locate package influxdb' >&2; exit 100")
    with pytest.raises(CommandError, match="Unable to locate package influxdb"):
        packages.ensure([packages.INFLUXD], quiet())
    assert not packages.POLICY.exists()


def test_a_wrong_version(machine: Path) -> None:
    program(machine, "influxd", "echo 'InfluxDB v2.7.1 (git: x)'")
    with pytest.raises(CommandError, match=r"InfluxDB v2\.7\.1.*needs influxd 1\.x"):
        packages.ensure([packages.INFLUXD], quiet())


def test_nothing_missing_installs_nothing(machine: Path) -> None:
    program(machine, "mosquitto", "echo mosquitto version 2.0.18")
    packages.ensure([packages.MOSQUITTO], quiet())
