"""The configuration file: every mistake is one line that names its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Config, load
from app.errors import CommandError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "kenh.toml"
    path.write_text(text)
    return path


def test_no_file_gives_the_defaults() -> None:
    assert load(None) == Config()
    assert load(None).mqtt.port == 1883


def test_values_are_read(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[influx]\nurl = "http://db:8086"\nversion = 2\n'))
    assert (config.influx.url, config.influx.version) == ("http://db:8086", 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[mqtt]\nprot = 1\n", "[mqtt] prot: unknown key; did you mean 'port'?"),
        ("[mqtt]\nport = 99999\n", "[mqtt] port: input should be less than or equal to 65535"),
        ("[influx]\nversion = 3\n", "[influx] version: input should be 1 or 2"),
        ("[mqt]\nport = 1\n", "did you mean 'mqtt'?"),
        ("[mqtt\n", "not TOML"),
        ('[portal]\nopen = "perhaps"\n', "[portal] open"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CommandError) as caught:
        load(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        load(tmp_path / "none.toml")
