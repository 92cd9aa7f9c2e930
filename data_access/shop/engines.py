"""Engines of the shop database, and the mark by which demo and import know their own work."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from data_access.errors import DataError
from data_access.shop.tables import shop_mark

BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for another one on SQLite; a refresh commits well within it."""

CONNECT_TIMEOUT_S = 5
"""A server that has not answered by then is reported as unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Who made the shop in this database, and from what."""

    made_by: str  # "demo" or "import"
    details: dict[str, Any] = field(default_factory=dict)
    made_at: datetime


def make_engine(
    url: str, *, read_only: bool = False, statement_timeout_s: float | None = None
) -> sa.Engine:
    """An engine on a shop database that has answered once.

    Parameters
    ----------
    url : ``sqlite:///path`` or ``postgresql://user:password@host/name``.
    read_only : the database itself refuses to write, whatever the user may do.
    statement_timeout_s : seconds after which PostgreSQL ends a statement.

    Raises
    ------
    DataError : the address cannot be used, or the database does not answer.
    """
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise DataError(
            "The database address cannot be read.",
            remedy="Write it as sqlite:///path/shop.db or postgresql://user:password@host/name.",
        ) from error
    if parsed.get_backend_name() == "sqlite":
        engine = _sqlite(parsed, read_only=read_only)
    elif parsed.get_backend_name() in ("postgresql", "postgres"):
        engine = _postgresql(parsed, read_only, statement_timeout_s)
    else:
        raise DataError(
            f"Shops on {parsed.get_backend_name()} are not supported.",
            remedy="Use SQLite or PostgreSQL.",
        )
    if read_only:
        _say_where_it_is_gone(engine)
    try:
        with engine.connect():
            pass
    except sa.exc.DBAPIError as error:
        engine.dispose()
        raise _unanswered(engine) from error
    except DataError:
        engine.dispose()
        raise
    return engine


def check_answers(engine: sa.Engine) -> None:
    """Ask whether the shop is still there.

    Raises
    ------
    DataError : it is gone, or does not answer.
    """
    path = sqlite_path(engine)
    if path is not None and not path.is_file():  # what is open reads on in a file without a name
        raise _missing(path)
    try:
        read_mark(engine)  # a torn file is found out only by reading
    except sa.exc.DBAPIError as error:
        raise _unanswered(engine) from error


def _say_where_it_is_gone(engine: sa.Engine) -> None:
    """Whoever reads it and finds it gone or damaged gets a sentence, wherever that happens."""

    @event.listens_for(engine, "handle_error")
    def _on_error(context: sa.engine.ExceptionContext) -> None:
        original = context.original_exception
        damaged = type(original) is sqlite3.DatabaseError  # no database, or a torn one
        if context.is_disconnect or context.connection is None or damaged:
            raise _unanswered(engine) from original


def _unanswered(engine: sa.Engine) -> DataError:
    return DataError(
        f"The database {safe_url(engine)} does not answer.",
        remedy="Check that it is running, that the address is right and that the user may connect.",
    )


def _missing(path: str | Path) -> DataError:
    return DataError(
        f"There is no shop database at {path}.",
        remedy="Make the demo shop, import a shop, or set SHOP_DATABASE_URL.",
    )


def safe_url(url: str | URL | sa.Engine) -> str:
    """The address without its password, for messages, manifests and logs."""
    parsed = url.url if isinstance(url, sa.Engine) else make_url(url)
    return parsed.set(query={}).render_as_string(hide_password=True)


def sqlite_path(engine: sa.Engine) -> Path | None:
    """The file behind an engine; None for a server or a database in memory."""
    if engine.dialect.name != "sqlite":
        return None
    database = engine.url.database or ""
    if database.startswith("file:"):
        database = database[len("file:") :].split("?")[0]
    return Path(database) if database not in ("", ":memory:") else None


def _sqlite(url: URL, *, read_only: bool) -> sa.Engine:
    path = url.database or ":memory:"
    in_memory = path == ":memory:"
    if read_only and not in_memory:
        if not Path(path).is_file():
            raise _missing(path)
        opened = url.set(database=f"file:{quote(path)}", query={"mode": "ro", "uri": "true"})
    else:
        opened = url
        if not in_memory:
            _make_folder(Path(path).parent)
    engine = sa.create_engine(opened, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own habit of opening transactions late would let DDL escape them.
        connection.isolation_level = None
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        elif not in_memory:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        # Writers ask for the lock at once, so that none fails half way through.
        immediate = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"The folder {folder} cannot be made.",
            remedy="Choose a folder that this user may write to.",
        ) from error


def _postgresql(url: URL, read_only: bool, statement_timeout_s: float | None) -> sa.Engine:
    options = []
    if read_only:
        options.append("-c default_transaction_read_only=on")
    if statement_timeout_s is not None:
        options.append(f"-c statement_timeout={int(statement_timeout_s * 1000)}")
    options.append("-c timezone=UTC")
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={"options": " ".join(options), "connect_timeout": CONNECT_TIMEOUT_S},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.adapters.register_loader("timestamptz", _naive_utc())

    return engine


@lru_cache(maxsize=1)
def _naive_utc() -> type[Any]:
    """Reads instants with a zone as the naive UTC of the canonical schema: a shop's views may have
    either, and the two cannot be compared. Made on use: SQLite needs no driver of a server."""
    from psycopg.types.datetime import TimestamptzLoader

    class NaiveUtc(TimestamptzLoader):
        def load(self, data: Any) -> datetime:
            return super().load(data).astimezone(UTC).replace(tzinfo=None)

    return NaiveUtc


def read_mark(engine: sa.Engine) -> Mark | None:
    """The mark of what made this shop; None for a shop that is somebody's own."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(shop_mark.name):
            return None
        row = connection.execute(sa.select(shop_mark)).first()
    if row is None:
        return None
    return Mark(made_by=row.made_by, details=json.loads(row.details), made_at=row.made_at)


def is_empty(engine: sa.Engine) -> bool:
    """Whether the database holds no table at all."""
    return not sa.inspect(engine).get_table_names()


def require_writable(engine: sa.Engine, made_by: str) -> None:
    """Refuse every database that is neither empty nor made by ``made_by``.

    Raises
    ------
    DataError : the database holds tables that ``made_by`` did not make.
    """
    mark = read_mark(engine)
    if mark is not None:
        if mark.made_by == made_by:
            return
        raise DataError(
            f"The database {safe_url(engine)} holds a shop made by '{mark.made_by}'.",
            remedy=f"Give '{made_by}' an empty database of its own.",
        )
    tables = sa.inspect(engine).get_table_names()
    if tables:
        raise DataError(
            f"The database {safe_url(engine)} is not empty ({len(tables)} tables, "
            f"{tables[0]} among them) and bears no mark of '{made_by}'.",
            remedy="A shop's own database is never written to: use an empty database.",
        )
