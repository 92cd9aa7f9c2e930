from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_access.state.engine import StateDatabase
from tests.factories.app_database import lay_app_database
from tests.factories.postgres import fresh_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty app database, on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'app.db'}"
        return
    with fresh_database("state") as address:
        yield address


@pytest.fixture
def state(url: str) -> Iterator[StateDatabase]:
    database = StateDatabase(url)
    if database.engine.dialect.name == "sqlite":
        lay_app_database(Path(str(database.engine.url.database)).parent)
    else:
        database.upgrade()
    yield database
    database.close()
