"""Where MicroPython comes from: the machine's own mirror, read from both forms of its sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import micropython
from app.apt_sources import debian_entry, machine_entries, parse_list, parse_sources
from app.micropython import NoMicroPythonError, apt_configuration, choose, micropython_command

ONE_LINE = """\
# deb http://old.mirror.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/shop.gpg] https://shop.example/apt shop main
deb [signed-by=/usr/share/keyrings/tool.gpg] https://tool.example/prod bookworm main
deb [ signed-by=/usr/share/keyrings/archive.gpg ] http://mirror.example/debian bookworm main # own
deb http://mirror.example/debian-security bookworm-security main
"""
DEB822 = """\
# A comment.
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""
EMBEDDED = """\
Types: deb
URIs: http://mirror.example/debian
Suites: stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEYCQjIxYJKwYBBAHaRw8BAQdAD
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_the_mirror_in_the_one_line_form() -> None:
    entry = debian_entry(parse_list(ONE_LINE))
    assert entry is not None
    assert entry.with_suites(["trixie", "sid"]) == (
        "Types: deb\n"
        "URIs: http://mirror.example/debian\n"
        "Suites: trixie sid\n"
        "Components: main\n"
        "Signed-By: /usr/share/keyrings/archive.gpg\n"
    )


def test_the_mirror_in_the_deb822_form() -> None:
    entries = parse_sources(DEB822)
    assert len(entries) == 1
    entry = debian_entry(entries)
    assert entry is not None
    assert entry.uris == ("http://mirror.example/debian/",)
    assert entry.signed_by == "/usr/share/keyrings/archive.gpg"


def test_a_key_inside_the_file_is_kept() -> None:
    (entry,) = parse_sources(EMBEDDED)
    assert parse_sources(entry.with_suites(["sid"]))[0].signed_by == entry.signed_by
    assert "mDMEYCQjIxYJKwYBBAHaRw8BAQdAD" in entry.signed_by


def test_no_mirror_without_debian() -> None:
    assert debian_entry(parse_list("deb http://ports.example/ubuntu noble main universe")) is None


def test_the_machines_files_are_read_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "debian.sources.disabled").write_text(DEB822)
    assert len(machine_entries(tmp_path)) == 4 + 1
    assert machine_entries(tmp_path / "absent") == []


def test_the_pinned_version_goes_first() -> None:
    assert choose(["1.27.0+ds-1", "1.26.1+ds-1", "1.25.0+ds-1"]) == "1.26.1+ds-1"
    assert choose(["1.27.0+ds-1", "1.26.10-1"]) == "1.27.0+ds-1"
    with pytest.raises(NoMicroPythonError, match="no micropython in trixie or sid"):
        choose([])


def test_apt_keeps_the_way_to_the_mirror_and_nothing_else(tmp_path: Path) -> None:
    settings = (
        'Acquire::http::Proxy "http://proxy.example:3128";\n'
        'Acquire::IndexTargets::deb::DEP-11 "";\n'
        'APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";\n'
        'Dir::State "var/lib/apt";\n'
    )
    made = apt_configuration(tmp_path, settings, "arm64")
    assert 'Acquire::http::Proxy "http://proxy.example:3128";' in made
    assert "IndexTargets" not in made
    assert "Post-Invoke" not in made
    assert "var/lib/apt" not in made
    assert f'Dir::State "{tmp_path}/state";' in made
    assert 'APT::Architecture "arm64";' in made


def test_an_installed_micropython_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "micropython"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert micropython_command(tmp_path / "cache") == [str(program)]
    assert not (tmp_path / "cache").exists()


def test_without_apt_the_reason_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoMicroPythonError, match=r"^apt-get is not on this machine: put a"):
        micropython_command(tmp_path / "cache")


def test_apts_own_word_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that cannot be reached: what apt said, in one line, and no half cache."""
    script = (
        '#!/bin/sh\n[ "$1" = update ] || exit 0\n'
        'echo "W: first" >&2; echo "E: Failed to fetch it" >&2; echo "E: more" >&2\nexit 100\n'
    )
    for name in ("apt-get", "dpkg", "apt-config"):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(micropython, "machine_entries", lambda: parse_sources(DEB822))
    cache = tmp_path / "cache"
    with pytest.raises(
        NoMicroPythonError, match=r"^'apt-get update' failed: E: Failed to fetch it$"
    ):
        micropython_command(cache)
    assert [path.name for path in cache.iterdir()] == ["lock"]
