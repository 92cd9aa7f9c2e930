"""Fixtures: an empty shop database on each engine, and a snapshot of what a test wrote.

``shop_engine`` runs a test on SQLite and, where ``TEST_POSTGRES_URL`` is set, on PostgreSQL.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.shop import tables as shop_tables
from data_access.shop.engines import make_engine
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.refresh import refresh
from data_access.snapshots.store import SnapshotStore
from tests.factories.shop import BERLIN, ShopFactory

HASH_KEY = b"a key that only tests know 012345"
NOW = datetime(2026, 3, 31, 12)


@pytest.fixture(scope="session")
def postgres_engine() -> Iterator[sa.Engine | None]:
    """A database of this session's own on the real server; None where there is no server."""
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        yield None
        return
    name = f"snap_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    address = sa.make_url(url).set(drivername="postgresql", database=name)
    engine = make_engine(address.render_as_string(hide_password=False))
    shop_tables.metadata.create_all(engine)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def shop_engine(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_engine: sa.Engine | None
) -> Iterator[sa.Engine]:
    """An empty canonical shop."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
        shop_tables.metadata.create_all(engine)
        yield engine
        engine.dispose()
        return
    if postgres_engine is None:
        pytest.skip("TEST_POSTGRES_URL is not set")
    empty(postgres_engine)
    yield postgres_engine


@pytest.fixture
def shop(shop_engine: sa.Engine) -> ShopFactory:
    return ShopFactory(shop_engine)


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "snapshots")


@pytest.fixture
def analytics(store: SnapshotStore) -> Iterator[Analytics]:
    engine = Analytics(store, memory_mb=512, threads=2)
    yield engine
    engine.close()


Taker = Callable[..., Manifest]
Reader = Callable[[Any], pd.DataFrame]


@pytest.fixture
def take(shop_engine: sa.Engine, store: SnapshotStore) -> Taker:
    """Take a snapshot of the shop as it is now: ``take(now=..., full=..., zone=...)``."""

    def take_snapshot(
        *, now: datetime = NOW, full: bool | None = None, zone: ZoneInfo = BERLIN, **more: Any
    ) -> Manifest:
        return refresh(
            shop_engine,
            store,
            **{
                "zone": zone,
                "currency": "EUR",
                "hash_key": HASH_KEY,
                "now": now,
                "full": full,
                "memory_mb": 512,
                **more,
            },
        )

    return take_snapshot


@pytest.fixture
def read(take: Taker, analytics: Analytics) -> Reader:
    """Answer a query from a snapshot that the first question takes."""
    number: list[int] = []

    def read_from_snapshot(query: Any) -> pd.DataFrame:
        if not number:
            number.append(take().number)
        return analytics.frame(number[0], query)

    return read_from_snapshot


def empty(engine: sa.Engine) -> None:
    """Remove every row of a shop."""
    with engine.begin() as connection:
        for table in reversed(shop_tables.CANONICAL):
            connection.execute(sa.delete(table))
