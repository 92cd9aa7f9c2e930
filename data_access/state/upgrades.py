"""Run the migrations from inside the process, however many processes start at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, text

from data_access.errors import DataError
from data_access.state.connections import SCHEMA

UPGRADE_LOCK = 0x53484F50  # PostgreSQL advisory lock of migrations, "SHOP"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to ``revision``; a second process waits and finds the work done."""
    on_postgresql = engine.dialect.name == "postgresql"
    with engine.execution_options(shopsight_writes=True).begin() as connection:
        if on_postgresql:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        try:
            command.upgrade(alembic_config(connection), revision)
        except CommandError as error:
            raise DataError(
                "The app database was written by a newer version of Shopsight.",
                remedy="Start that version, or restore a backup made before it.",
            ) from error


def alembic_config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
