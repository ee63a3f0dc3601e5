"""Which Debian mirror this machine's apt uses: both forms of its source files, read only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ETC_APT = Path("/etc/apt")
RELEASES = {"buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid"}
SUITES = RELEASES | {"stable", "oldstable", "oldoldstable", "testing", "unstable"}


@dataclass(frozen=True)
class AptEntry:
    """One source of binary packages; `signed_by` is a keyring's path, a key block, or ""."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def with_suites(self, suites: Iterable[str]) -> str:
        """The same mirror as a deb822 stanza that names other suites, main only."""
        lines = [
            "Types: deb",
            f"URIs: {' '.join(self.uris)}",
            f"Suites: {' '.join(suites)}",
            "Components: main",
        ]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        return "\n".join(lines) + "\n"


def parse_list(text: str) -> list[AptEntry]:
    """The entries of a one-line `.list` file: `deb [options] uri suite component…`."""
    entries = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match is None:
            continue
        options, uri, suite, components = match.groups()
        signed = re.search(r"(?:^|\s)signed-by=(\S+)", options or "")
        keyring = signed.group(1).replace(",", " ") if signed else ""
        entries.append(AptEntry((uri,), (suite,), tuple(components.split()), keyring))
    return entries


def parse_sources(text: str) -> list[AptEntry]:
    """The entries of a deb822 `.sources` file; a stanza that is switched off gives none."""
    entries = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes") == "no":
            continue
        entries.append(
            AptEntry(
                tuple(fields.get("uris", "").split()),
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                fields.get("signed-by", ""),
            )
        )
    return entries


def machine_entries(folder: Path = ETC_APT) -> list[AptEntry]:
    """All sources below `folder`, in apt's order: `sources.list`, then `sources.list.d`."""
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    entries: list[AptEntry] = []
    for file in files:
        if file.suffix == ".list" and file.is_file():
            entries += parse_list(file.read_text())
        elif file.suffix == ".sources" and file.is_file():
            entries += parse_sources(file.read_text())
    return entries


def debian_entry(entries: Iterable[AptEntry]) -> AptEntry | None:
    """The main Debian archive among them: a suite of Debian's own name with `main`.

    Others use Debian's suite names too, so an address that ends in `/debian` goes first.
    """
    fit = [e for e in entries if SUITES.intersection(e.suites) and "main" in e.components]
    fit.sort(key=lambda entry: not entry.uris[0].rstrip("/").endswith("/debian"))
    return fit[0] if fit else None


def _fields(stanza: str) -> dict[str, str]:
    """Field names in lower case; lines that continue a field are kept as they stand."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in {" ", "\t"} and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
