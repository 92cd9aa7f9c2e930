"""Databases of a test's own on the real server, and all rows of a shop for comparison."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from data_access.shop.tables import CANONICAL
from data_access.sources.demo.truth import TRUTH

Rows = list[tuple[Any, ...]]


@contextmanager
def fresh_postgres() -> Iterator[sa.Engine]:
    """An empty database on ``TEST_POSTGRES_URL``; the test is skipped where that is not set."""
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL is not set")
    name = f"demo_{uuid.uuid4().hex[:12]}"
    server = sa.make_url(url)
    admin = sa.create_engine(
        server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    engine = make_engine(
        server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    )
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


def all_rows(engine: sa.Engine) -> dict[str, Rows]:
    """Every row of every table, the kept state among them, without regard to their order."""
    with engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sa.select(table))), key=repr
            )
            for table in (*CANONICAL, *TRUTH)
        }


def differing(left: dict[str, Rows], right: dict[str, Rows]) -> list[str]:
    """Names of the tables whose rows are not the same."""
    return [name for name in left if left[name] != right[name]]
