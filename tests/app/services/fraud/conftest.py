from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.context import Desk
from tests.factories.fraud_cases import make_desk
from tests.factories.postgres import migrated_database


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose app database is SQLite."""
    opened = make_desk(tmp_path / "home")
    yield opened
    opened.state.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk on each engine of the app database."""
    if request.param == "sqlite":
        opened = make_desk(tmp_path / "home")
        yield opened
        opened.state.close()
        return
    with migrated_database("fraud") as url:
        opened = make_desk(tmp_path / "home", app_url=url)
        yield opened
        opened.state.close()
