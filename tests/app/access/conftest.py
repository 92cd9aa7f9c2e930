from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_access.state.engine import StateDatabase
from tests.factories.app_database import cheap_hashes, lay_app_database


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    lay_app_database(tmp_path)
    database = StateDatabase(f"sqlite:///{tmp_path / 'app.db'}")
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _quick_hashes(request: pytest.FixtureRequest) -> Iterator[None]:
    if "takes_as_long" in request.node.name:
        yield
        return
    with cheap_hashes():
        yield
