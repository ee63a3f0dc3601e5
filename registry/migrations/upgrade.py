"""Runs Alembic from code: no `alembic.ini`, and the program's logging is left as it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from registry.errors import RegistryError

FOLDER = Path(__file__).resolve().parent


def configuration() -> Config:
    """Alembic's configuration. A `%` in the path would be taken for an interpolation."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest version, in the transaction of `connection`."""
    config = configuration()
    head = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() == head:
        return
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise RegistryError(
            f"the registry was written by another version of kenh ({error}): "
            "start the newest version you have"
        ) from None
