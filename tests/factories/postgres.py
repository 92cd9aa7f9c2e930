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
from sqlalchemy.exc import OperationalError

from tests.factories import postgres_tables as tables

MARK = "shopsighttests"
RENAMES = 5
_WITHIN = "FROM pg_stat_activity WHERE datname = :of"


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

    No two tests see the same address: what a thread or a process of an earlier one still wants
    to write finds no database.
    """
    server = _server()
    name = server.waiting.pop() if server.waiting else server.migrated(prefix)
    try:
        yield server.address(name)
    finally:
        name = server.renamed(name, prefix)
        if server.as_at_first(name):
            server.waiting.append(name)
        else:
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
        self._shapes: dict[str, str] = {}
        self.waiting: list[str] = []
        named = url.update_query_dict({"application_name": self._owner})
        self._engine = create_engine(named, isolation_level="AUTOCOMMIT")
        self._connection: Connection = self._engine.connect()
        self._drop_left_over()

    def create(self, prefix: str) -> str:
        name = self._name(prefix)
        self._run(f'CREATE DATABASE "{name}"')
        return name

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def migrated(self, prefix: str) -> str:
        name = self.create(prefix)
        self._shapes[name] = tables.make(self.address(name))
        return name

    def renamed(self, name: str, prefix: str) -> str:
        """The new name of a database, in which nobody is any more."""
        new = self._name(prefix)
        for attempt in range(RENAMES):  # somebody may enter between the two statements
            self._run(f"SELECT pg_terminate_backend(pid, 5000) {_WITHIN}", of=name)
            try:
                self._run(f'ALTER DATABASE "{name}" RENAME TO "{new}"')
                break
            except OperationalError:
                if attempt + 1 == RENAMES:
                    raise
        self._shapes[new] = self._shapes.pop(name)
        return new

    def as_at_first(self, name: str) -> bool:
        """Empty a database's tables; false if a test left others, or changed one."""
        return tables.empty(self.address(name), self._shapes[name])

    def address(self, name: str) -> str:
        url = self._url.set(drivername="postgresql", database=name)
        return url.render_as_string(hide_password=False)

    def close(self) -> None:
        while self.waiting:
            self.drop(self.waiting.pop())
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

    def _name(self, prefix: str) -> str:
        return f"{self._owner}_{prefix}_{next(self._numbers)}"

    def _run(self, statement: str, **given: str) -> None:
        self._connection.execute(text(statement), given)

    def _column(self, query: str) -> list[str]:
        return list(self._connection.execute(text(query)).scalars())


@lru_cache(maxsize=1)
def _server() -> Server:
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL is not set")
    return Server(make_url(url).set(drivername="postgresql+psycopg"))
