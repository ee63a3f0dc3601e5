"""A fresh registry for every test of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.store import Registry
from tests.unit.registry.registries import furnish, url_in


@pytest.fixture
def url(tmp_path: Path) -> str:
    return url_in(tmp_path)


@pytest.fixture
def registry(url: str) -> Iterator[Registry]:
    """An empty registry."""
    with Registry(url) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def furnished(registry: Registry) -> Registry:
    """One with a tenant, a site and a device."""
    furnish(registry)
    return registry
