"""The small demo shop, made once, and ways of making tinier ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from data_access.sources.demo import make_demo
from tests.factories.app_database import into_one_file
from tests.factories.shared import once

UNTIL = datetime(2026, 11, 20, 22, 0)

Ask = Callable[[sa.Select], pd.DataFrame]
Make = Callable[..., sa.Engine]


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """The small shop as it is known on a Friday evening."""
    path = tmp_path_factory.mktemp("demo") / "shop.db"
    shutil.copy(once("demo-shop", _make_small) / "shop.db", path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def _make_small(folder: Path) -> None:
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    make_demo(engine, size="small", seed=7, until=UNTIL)
    engine.dispose()
    into_one_file(folder / "shop.db")


@pytest.fixture(scope="session")
def ask(small_shop: sa.Engine) -> Ask:
    """Read a select from the small shop."""

    def answer(select: sa.Select) -> pd.DataFrame:
        with small_shop.connect() as connection:
            return pd.read_sql_query(select, connection)

    return answer


@pytest.fixture
def make_tiny(tmp_path: Path) -> Iterator[Make]:
    """Make a tiny shop: ``make_tiny(until, start=..., seed=..., engine=...)``."""
    made: list[sa.Engine] = []

    def make(
        until: datetime,
        *,
        start: date = date(2026, 3, 2),
        seed: int = 3,
        engine: sa.Engine | None = None,
    ) -> sa.Engine:
        if engine is None:
            engine = make_engine(f"sqlite:///{tmp_path / f'shop-{len(made)}.db'}")
            made.append(engine)
        make_demo(engine, size="tiny", seed=seed, until=until, start=start)
        return engine

    yield make
    for engine in made:
        engine.dispose()
