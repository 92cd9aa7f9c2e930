from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_access.state.engine import StateDatabase
from tests.factories.app_database import lay_app_database
from tests.factories.postgres import fresh_database, migrated_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty app database, on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'app.db'}"
        return
    with fresh_database("state") as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateDatabase]:
    """An app database with all its tables, on each engine."""
    if request.param == "sqlite":
        lay_app_database(tmp_path)
        yield from _opened(f"sqlite:///{tmp_path / 'app.db'}")
        return
    with migrated_database("state") as address:
        yield from _opened(address)


def _opened(address: str) -> Iterator[StateDatabase]:
    database = StateDatabase(address)
    yield database
    database.close()
