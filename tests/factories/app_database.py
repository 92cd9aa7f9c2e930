"""App and model databases for tests: migrated once a session, then copied; and cheap hashes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.access import passwords
from data_access.models import ModelStore
from data_access.state.engine import StateDatabase
from tests.factories.shared import once


def lay_app_database(home: Path) -> None:
    """An app database with all its tables in a home."""
    shutil.copy(once("app-database", _migrate) / "app.db", home)


def lay_model_database(home: Path) -> None:
    """MLflow's tables in a home, which take it a second, and no version in them."""
    shutil.copy(once("model-database", _prepare_models) / "models.db", home)


def _prepare_models(folder: Path) -> None:
    store = ModelStore(f"sqlite:///{folder / 'models.db'}", folder / "models")
    store.upgrade()
    into_one_file(folder / "models.db")


def into_one_file(path: Path) -> None:
    """Put what an SQLite database has in its log into its file, so that a copy of it is whole."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def cheap_hashes() -> Iterator[None]:
    """Argon2 with no memory and no time, where neither is what the test is about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64))
        passwords.prepare()
        yield
    passwords._nobodys_hash.cache_clear()


def _migrate(folder: Path) -> None:
    state = StateDatabase(f"sqlite:///{folder / 'app.db'}")
    state.upgrade()
    state.close()
    into_one_file(folder / "app.db")
