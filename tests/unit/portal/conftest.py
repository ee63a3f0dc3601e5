from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.portal.fakes import FakePortal, make_portal


@pytest.fixture
def portal(tmp_path: Path) -> FakePortal:
    return make_portal(tmp_path)
