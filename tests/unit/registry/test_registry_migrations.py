"""Migrations make exactly the tables that the models describe, and touch nothing else."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from registry.engine import create_file, make_engine, writing
from registry.errors import RegistryError
from registry.migrations.upgrade import configuration
from registry.models import Base
from registry.store import Registry
from tests.unit.registry.registries import furnish, url_in


def test_migrations_and_models_agree(registry: Registry) -> None:
    with registry._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_line_of_versions() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_down_and_up_again(url: str) -> None:
    engine = make_engine(url)
    create_file(engine.url)

    def run(connection: Connection, step: str) -> set[str]:
        config = configuration()
        config.attributes["connection"] = connection
        {"up": command.upgrade, "down": command.downgrade}[step](
            config, "head" if step == "up" else "base"
        )
        return set(inspect(connection).get_table_names()) - {"alembic_version"}

    with writing(engine).begin() as connection:
        assert run(connection, "up") == set(Base.metadata.tables)
        assert run(connection, "down") == set()
        assert run(connection, "up") == set(Base.metadata.tables)
    engine.dispose()


def test_a_second_time_changes_nothing(furnished: Registry) -> None:
    before = (furnished.revision(), furnished.devices(), furnished.users())
    furnished.migrate()
    assert (furnished.revision(), furnished.devices(), furnished.users()) == before


def test_a_newer_registry_is_left_alone(furnished: Registry) -> None:
    with furnished._writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RegistryError, match="was written by another version of kenh"):
        furnished.migrate()
    assert len(furnished.devices()) == 1


def test_logging_is_left_as_it_is(url: str) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), root.manager.disable)
    others = {name: logging.getLogger(name).disabled for name in ("sqlalchemy", "app", "mqtt")}
    with Registry(url) as registry:
        registry.migrate()
    assert (root.level, list(root.handlers), root.manager.disable) == before
    assert others == {name: logging.getLogger(name).disabled for name in others}


def test_a_folder_with_an_odd_name(tmp_path: Path) -> None:
    folder = tmp_path / "trạm 100%" / "a%20b?c#d"
    with Registry(url_in(folder)) as registry:
        registry.migrate()
        furnish(registry)
        assert registry.revision() == 3
    assert (folder / "registry.db").stat().st_size > 0
