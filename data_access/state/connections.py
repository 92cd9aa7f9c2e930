"""How a connection to the app database is opened, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from data_access.errors import DataError

SCHEMA = "shopsight"  # PostgreSQL; DBOS and MLflow have schemas of their own
BUSY_TIMEOUT_MS = 30_000  # a writer waits this long for the others; a write takes about 1 ms
WAL_ATTEMPTS = 100  # × 50 ms: several processes may switch a new file to WAL at once


def make_state_engine(url: str) -> Engine:
    """An engine for the app database.

    Raises
    ------
    DataError : the URL cannot be read, or is neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DataError(
            "The address of the app database cannot be read.",
            remedy="Write APP_DATABASE_URL as postgresql://user:password@host/name.",
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        event.listen(engine, "connect", _prepare_sqlite, insert=True)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            connect_args={"connect_timeout": 5, "application_name": "shopsight"},
        )
        event.listen(engine, "connect", _prepare_postgresql, insert=True)
        return engine
    raise DataError(
        f"The app database cannot be kept in {backend}.",
        remedy="Set APP_DATABASE_URL to a sqlite:/// or postgresql:// address.",
    )


def safe_url(url: str) -> str:
    """The URL with its password hidden, fit for messages and logs."""
    return make_url(url).render_as_string(hide_password=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions by itself
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    for _ in range(WAL_ATTEMPTS):
        try:  # switching a file to WAL does not heed busy_timeout
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] in ("wal", "memory"):
                break
        except sqlite3.OperationalError:
            time.sleep(0.05)
    connection.execute("PRAGMA synchronous = NORMAL")  # safe in WAL: no commit is half written
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A write that begins as a read fails at once when another writer came between; IMMEDIATE
    # waits its turn instead.
    writes = connection.get_execution_options().get("shopsight_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    autocommit = connection.autocommit
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {SCHEMA}")
    connection.autocommit = autocommit
