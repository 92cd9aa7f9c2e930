"""An empty database on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from tests.data_access.sources.demo.databases import fresh_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database without tables; PostgreSQL where ``TEST_POSTGRES_URL`` is set."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
        yield engine
        engine.dispose()
    else:
        with fresh_postgres() as engine:
            yield engine
