"""Bulk writing of a shop: Arrow tables into SQLite or PostgreSQL, all or nothing.

`rebuild` makes a whole shop anew: on SQLite in a staging file that is moved in at the end, on
PostgreSQL in one transaction; whatever breaks it off leaves the shop as it was. `append`,
`upsert` and `update` work inside a transaction of the caller, for what is added later.
"""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, cast

import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from data_access.errors import DataError
from data_access.shop.engines import sqlite_path

QUEUE_BATCHES = 6
"""Batches that may wait for the writer: bounds memory where making is faster than writing."""

BATCH_ROWS = 65_536
"""Rows handed to the database at once; more gains nothing, less costs round trips."""


class Writer(Protocol):
    """Takes rows for a shop that is being made."""

    def append(self, table: sa.Table, rows: pa.Table) -> None:
        """Add rows; columns by name, missing ones become null."""
        ...


def create_schema(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Create the tables without their secondary indexes."""
    for table in tables:
        connection.execute(CreateTable(table))


def create_indexes(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Create the secondary indexes; far cheaper once the rows are in."""
    for table in tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))


def append(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Add rows inside the caller's transaction."""
    if rows.num_rows == 0:
        return
    has_bytes = any(pa.types.is_binary(kind) for kind in rows.schema.types)
    if connection.dialect.name == "sqlite" or has_bytes:
        _executemany(connection, sa.insert(table), rows)
    else:
        _copy(connection, table, rows)


def upsert(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Add rows, or replace those with the same primary key, inside the caller's transaction."""
    if rows.num_rows == 0:
        return
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in rows.column_names if name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
    _executemany(connection, statement, rows)


def update(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Set the given columns of rows that exist; null leaves a column as it is."""
    keys = [column.name for column in table.primary_key]
    for row in rows.to_pylist():
        values = {
            name: value for name, value in row.items() if name not in keys and value is not None
        }
        where = [table.c[key] == row[key] for key in keys]
        connection.execute(sa.update(table).where(*where).values(**values))


@contextmanager
def rebuild(
    engine: sa.Engine, tables: Sequence[sa.Table], *, replaces: Sequence[sa.Table] = ()
) -> Iterator[Writer]:
    """Make a shop anew from nothing; nobody sees it before it is whole.

    Parameters
    ----------
    engine : writable engine of an empty or marked database.
    tables : what to create, in this order.
    replaces : further tables of the former shop that go with it.
    """
    path = sqlite_path(engine)
    if path is not None:
        with _staging_file(engine, path, tables) as writer:
            yield writer
        return
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        present = set(sa.inspect(connection).get_table_names())
        for table in dict.fromkeys([*tables, *replaces]):
            if table.name in present:
                connection.execute(DropTable(table))
        create_schema(connection, tables)
        writer = _InTransaction(connection)
        yield writer
        writer.flush()
        create_indexes(connection, tables)


class _Gathered:
    """Small batches of each table put together, so that each hand-over is worth its cost."""

    def __init__(self, hand_over: Callable[[sa.Table, pa.Table], None]) -> None:
        self._hand_over = hand_over
        self._parts: dict[tuple[str, tuple[str, ...]], tuple[sa.Table, list[pa.Table]]] = {}

    def add(self, table: sa.Table, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        _, parts = self._parts.setdefault((table.name, tuple(rows.column_names)), (table, []))
        parts.append(rows)
        if sum(part.num_rows for part in parts) >= BATCH_ROWS:
            self._pass_on(table, parts)

    def flush(self) -> None:
        for table, parts in self._parts.values():
            self._pass_on(table, parts)

    def _pass_on(self, table: sa.Table, parts: list[pa.Table]) -> None:
        if parts:
            self._hand_over(table, pa.concat_tables(parts, promote_options="permissive"))
            parts.clear()


class _InTransaction:
    def __init__(self, connection: sa.Connection) -> None:
        self._gathered = _Gathered(lambda table, rows: append(connection, table, rows))

    def append(self, table: sa.Table, rows: pa.Table) -> None:
        self._gathered.add(table, rows)

    def flush(self) -> None:
        self._gathered.flush()


# --- SQLite: a staging file --------------------------------------------------------------------


@contextmanager
def _staging_file(engine: sa.Engine, path: Path, tables: Sequence[sa.Table]) -> Iterator[Writer]:
    staging = path.with_name(f".{path.name}.making")
    _remove(staging)
    try:
        maker = sa.create_engine(f"sqlite:///{staging}")
        with maker.begin() as connection:
            create_schema(connection, tables)
        maker.dispose()
        writer = _Background(staging)
        try:
            yield writer
            writer.finish(tables)
        finally:
            writer.close()
        _keep_log_beside(staging)
        engine.dispose()
        _move_in(staging, path)
    finally:
        _remove(staging)


def _keep_log_beside(staging: Path) -> None:
    """Write-ahead log from the first reader on, so that readers and one writer get along."""
    connection = sqlite3.connect(staging)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _move_in(staging: Path, path: Path) -> None:
    if path.exists():
        # What the former shop still holds in its log goes into its file first, so that a crash
        # between the two steps below leaves it whole.
        former = sqlite3.connect(path)
        former.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        former.close()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with staging.open("rb") as file:
        os.fsync(file.fileno())
    staging.replace(path)


def _remove(staging: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        staging.with_name(staging.name + suffix).unlink(missing_ok=True)


class _Background:
    """Writes to the staging file in a thread: the driver lets go of the interpreter meanwhile."""

    def __init__(self, path: Path) -> None:
        import adbc_driver_sqlite.dbapi

        self._connection = adbc_driver_sqlite.dbapi.connect(str(path), autocommit=True)
        for pragma in (
            # A staging file that breaks off is thrown away: nothing in it needs a journal.
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA locking_mode = EXCLUSIVE",
            "PRAGMA cache_size = -262144",  # KiB: keeps the key trees of all tables in memory
            "PRAGMA threads = 2",
            "PRAGMA temp_store = FILE",
        ):
            self._pragma(pragma)
        self._queue: queue.Queue[tuple[str, pa.Table] | None] = queue.Queue(QUEUE_BATCHES)
        self._gathered = _Gathered(lambda table, rows: self._queue.put((table.name, rows)))
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="shop-writer", daemon=True)
        self._thread.start()

    def append(self, table: sa.Table, rows: pa.Table) -> None:
        self._raise()
        self._gathered.add(table, rows)

    def finish(self, tables: Sequence[sa.Table]) -> None:
        self._gathered.flush()
        self._queue.put(None)
        self._thread.join()
        self._raise()
        dialect = sqlite.dialect()
        for table in tables:
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                try:
                    self._pragma(str(CreateIndex(index).compile(dialect=dialect)))
                except Exception as error:
                    self._error = error
                    self._raise()

    def close(self) -> None:
        if self._thread.is_alive():
            self._error = self._error or InterruptedError()
            self._queue.put(None)
            self._thread.join()
        self._connection.close()

    def _raise(self) -> None:
        if self._error is None:
            return
        if "disk is full" in str(self._error):
            raise DataError(
                "The disk is full: the shop was not made, what was there is unchanged.",
                remedy="Free some space, or choose a folder on another disk.",
            ) from self._error
        raise self._error

    def _pragma(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall() if cursor.description else None

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._error is not None:
                continue  # keep emptying, so that the maker is never left waiting
            try:
                name, rows = item
                with self._connection.cursor() as cursor:
                    self._pragma("BEGIN")
                    cursor.adbc_ingest(name, _as_sqlite(rows), mode="append")
                    self._pragma("COMMIT")
            except BaseException as error:
                self._error = error


# --- rows on their way ---------------------------------------------------------------------------


def _as_sqlite(rows: pa.Table) -> pa.Table:
    """Dates and instants as the text that SQLAlchemy writes and reads on SQLite."""
    columns = []
    for column in rows.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp("us")).cast(pa.string())
        elif pa.types.is_date(kind):
            column = column.cast(pa.string())
        elif pa.types.is_boolean(kind):
            column = column.cast(pa.int64())
        elif pa.types.is_large_string(kind):
            column = column.cast(pa.string())
        columns.append(column)
    return pa.Table.from_arrays(columns, names=rows.column_names)


def _values(rows: pa.Table, *, text_instants: bool) -> Iterator[tuple[Any, ...]]:
    shaped = _as_sqlite(rows) if text_instants else rows
    for batch in shaped.to_batches(BATCH_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _executemany(connection: sa.Connection, statement: Any, rows: pa.Table) -> None:
    names = rows.column_names
    if connection.dialect.name != "sqlite":
        records = [dict(zip(names, row, strict=True)) for row in _values(rows, text_instants=False)]
        connection.execute(statement, records)
        return
    # Straight to the driver: SQLAlchemy's own handling of values costs more than the insertion.
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    order = [names.index(name) for name in cast(Sequence[str], compiled.positiontup)]
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    arranged: Callable[[tuple[Any, ...]], tuple[Any, ...]] = lambda row: tuple(  # noqa: E731
        row[place] for place in order
    )
    driver.executemany(str(compiled), map(arranged, _values(rows, text_instants=True)))


def _copy(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """COPY as CSV, where an unquoted nothing is null and a quoted one an empty text."""
    from psycopg import sql

    plain = pa.Table.from_arrays(
        [
            column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
            for column in rows.columns
        ],
        names=rows.column_names,
    )
    buffer = BytesIO()
    pyarrow.csv.write_csv(
        plain, buffer, pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    )
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(buffer.getbuffer())
