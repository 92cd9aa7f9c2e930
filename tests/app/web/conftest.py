from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from data_access.shop.tables import metadata, shop_mark
from tests.app.web.running import Running, running


def make_shop(home: Path, *, made_by: str | None) -> Path:
    """A home with an empty shop, with the mark of who made it, if anybody."""
    home.mkdir(parents=True, exist_ok=True)
    engine = make_engine(f"sqlite:///{home / 'shop.db'}")
    metadata.create_all(engine)
    if made_by is not None:
        with engine.begin() as connection:
            connection.execute(
                sa.insert(shop_mark).values(
                    made_by=made_by, details=json.dumps({}), made_at=datetime(2026, 1, 1)
                )
            )
    engine.dispose()
    return home


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The application on a demo shop, bound to loopback."""
    home = make_shop(tmp_path_factory.mktemp("demo"), made_by="demo")
    with running(home) as desk:
        yield desk


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The application on a shop of somebody's own."""
    home = make_shop(tmp_path_factory.mktemp("own"), made_by=None)
    with running(home) as desk:
        yield desk
