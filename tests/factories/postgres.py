"""PostgreSQL databases that exist for one test; skipped where no server is named.

To make a database takes half a second, to make the tables in it another one, to empty them 10 ms:
so tests that only need tables get a database that others have used before them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

from tests.factories.postgres_tables import Tables

MARK = "shopsighttests"


@contextmanager
def fresh_database(prefix: str) -> Iterator[str]:
    """The address of a new, empty database, which is dropped afterwards."""
    server = _server()
    name = server.create(prefix)
    try:
        yield server.address(name)
    finally:
        server.drop(name)


@contextmanager
def migrated_database(prefix: str) -> Iterator[str]:
    """The address of an app database with all its tables, as after the first start.

    Not for tests that start processes on it: one that outlives its test would write into the
    next one's.
    """
    server = _server()
    name, tables = server.waiting.pop() if server.waiting else server.migrated(prefix)
    try:
        yield server.address(name)
    finally:
        if tables.as_at_first():
            server.waiting.append((name, tables))
        else:
            tables.close()
            server.drop(name)


def drop_databases() -> None:
    """Drop what this process keeps for its next test; it has none."""
    if _server.cache_info().currsize:
        _server().close()
    _server.cache_clear()


class Server:
    """The server of `TEST_POSTGRES_URL`, with the databases that wait for a next test.

    Every database is named after the process that made it, and so is one connection that the
    process holds: a database whose process holds none any more was left by a killed one.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._owner = f"{MARK}_{uuid.uuid4().hex[:12]}"
        self._numbers = count(1)
        self.waiting: list[tuple[str, Tables]] = []
        named = url.update_query_dict({"application_name": self._owner})
        self._engine = create_engine(named, isolation_level="AUTOCOMMIT")
        self._connection: Connection = self._engine.connect()
        self._drop_left_over()

    def create(self, prefix: str) -> str:
        name = f"{self._owner}_{prefix}_{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}"')
        return name

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def migrated(self, prefix: str) -> tuple[str, Tables]:
        name = self.create(prefix)
        return name, Tables(self.address(name))

    def address(self, name: str) -> str:
        url = self._url.set(drivername="postgresql", database=name)
        return url.render_as_string(hide_password=False)

    def close(self) -> None:
        while self.waiting:
            name, tables = self.waiting.pop()
            tables.close()
            self.drop(name)
        self._connection.close()
        self._engine.dispose()

    def _drop_left_over(self) -> None:
        # In this order: whoever has made a database by now was connected before.
        databases = self._column("SELECT datname FROM pg_database")
        alive = set(self._column("SELECT application_name FROM pg_stat_activity"))
        for name in databases:
            owner = "_".join(name.split("_")[:2])
            if name.startswith(f"{MARK}_") and owner not in alive:
                with suppress(Exception):  # another session drops it, too
                    self.drop(name)

    def _run(self, statement: str) -> None:
        self._connection.execute(text(statement))

    def _column(self, query: str) -> list[str]:
        return list(self._connection.execute(text(query)).scalars())


@lru_cache(maxsize=1)
def _server() -> Server:
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL is not set")
    return Server(make_url(url).set(drivername="postgresql+psycopg"))
