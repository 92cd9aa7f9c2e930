"""App databases for tests: migrated once, then copied; and hashes that take no time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.access import passwords
from data_access.state.engine import StateDatabase


def lay_app_database(home: Path) -> None:
    """An app database with all its tables in a home."""
    shutil.copy(_template(), home / "app.db")


@contextmanager
def cheap_hashes() -> Iterator[None]:
    """Argon2 with no memory and no time, where neither is what the test is about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64))
        passwords.prepare()
        yield
    passwords._nobodys_hash.cache_clear()


@lru_cache(maxsize=1)
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="shopsight-template-")) / "app.db"
    state = StateDatabase(f"sqlite:///{path}")
    state.upgrade()
    with state.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    state.close()
    return path
