"""Reading the shop database: one consistent transaction, streamed as Arrow record batches.

SQLite is read through ADBC (C from page to column: about 3 million rows a second where a Python
cursor gives 0.3), any other engine through SQLAlchemy with a server-side cursor.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import quote, unquote

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_manager import Error as AdbcError
from sqlalchemy.dialects import sqlite

from data_access.errors import DataError
from data_access.shop import tables as shop
from data_access.shop.engines import safe_url, sqlite_path
from data_access.shop.shape import require_shape
from data_access.snapshots.typed import of_texts, of_values, unreadable

BATCH_ROWS = 65_536
"""Rows of a batch: columns long enough to be worth a vector, small enough to keep many at hand."""

_ARROW: tuple[tuple[type, pa.DataType], ...] = (
    (sa.Boolean, pa.bool_()),
    (sa.DateTime, pa.timestamp("us")),
    (sa.Date, pa.date32()),
    (sa.Float, pa.float64()),
    (sa.Integer, pa.int64()),
    (sa.String, pa.string()),
)
_SAMPLE: dict[pa.DataType, Any] = {
    pa.bool_(): 0,
    pa.timestamp("us"): "",
    pa.date32(): "",
    pa.float64(): 0.0,
    pa.int64(): 0,
    pa.string(): "",
}
"""A value of the type in which SQLite keeps it."""


class ShopReader(Protocol):
    """One transaction on the shop, in which every read sees the same state."""

    def batches(self, statement: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
        """The rows, in batches; column types follow the select's column types."""

    def rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        """A small result as plain rows."""


@contextmanager
def reading(engine: sa.Engine) -> Iterator[ShopReader]:
    """A consistent, read-only view of the shop for as long as the block lasts.

    Raises
    ------
    DataError : the database lacks a table or a column of a shop, or holds what cannot be read.
    """
    require_shape(engine, shop.CANONICAL)
    path = sqlite_path(engine)
    if path is not None:
        with adbc.connect(f"file:{quote(unquote(str(path)))}?mode=ro") as connection:
            yield _SqliteReader(connection)
        return
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    if engine.dialect.name == "sqlite":  # a database in memory, in tests
        options = {}
    with engine.connect().execution_options(**options) as server, server.begin():
        yield _ServerReader(server)


def arrow_type(kind: sa.types.TypeEngine[Any]) -> pa.DataType:
    """The Arrow type of a canonical column."""
    for sql, arrow in _ARROW:
        if isinstance(kind, sql):
            return arrow
    raise TypeError(f"no Arrow type for {kind!r}")


def arrow_schema(statement: sa.Select[Any]) -> pa.Schema:
    """Names and Arrow types of a select's columns."""
    return pa.schema([(c.name, arrow_type(c.type)) for c in statement.selected_columns])


class _SqliteReader:
    def __init__(self, connection: Any) -> None:
        # Not in autocommit: the first read opens the transaction that all later ones share.
        self._connection = connection

    def batches(self, statement: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
        schema, names = arrow_schema(statement), _names(statement)
        # The driver takes a column's type from its first row: give it one that has no null.
        first: Any = sa.select(*(sa.literal_column(_text_of(f.type)).label(f.name) for f in schema))
        compiled = sa.union_all(first, statement).compile(
            dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
        )
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
            try:
                cursor.execute(str(compiled))
                reader = cursor.fetch_record_batch()
                skip = 1
                for batch in reader:
                    columns = zip(batch.slice(skip).columns, schema, names, strict=True)
                    arrays = [of_texts(*column) for column in columns]
                    yield pa.RecordBatch.from_arrays(arrays, schema=schema)
                    skip = 0
            except AdbcError as error:
                raise unreadable(str(error)) from error

    def rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        return [row for batch in self.batches(statement) for row in batch.to_pylist()]


class _ServerReader:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def batches(self, statement: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
        schema, names = arrow_schema(statement), _names(statement)
        streaming = self._connection.execution_options(yield_per=BATCH_ROWS)
        with _told(names[0]), streaming.execute(statement) as result:
            for rows in result.partitions():
                columns = zip(zip(*rows, strict=True), schema, names, strict=True)
                arrays = [of_values(*column) for column in columns]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        with _told(_names(statement)[0]):
            return [dict(row) for row in self._connection.execute(statement).mappings()]


def source_name(engine: sa.Engine) -> str:
    """The shop's address for manifests, without its password."""
    return safe_url(engine)


def _text_of(kind: pa.DataType) -> str:
    return repr(_SAMPLE[kind])


def _names(statement: sa.Select[Any]) -> list[str]:
    """The columns of a select with their tables, as a refusal names them."""
    found = []
    for column in statement.selected_columns:
        table = getattr(column, "table", None)
        found.append(column.name if table is None else f"{table.name}.{column.name}")
    return found


@contextmanager
def _told(column: str) -> Iterator[None]:
    """Turn a server's refusal into words: its own first line, without the statement."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        table = column.split(".")[0]
        said = str(error.orig).strip().splitlines()[:1]
        raise DataError(
            f"The shop database does not let {table} be read: {''.join(said)}.",
            remedy="Check that the view works and that this user may read it, then refresh again.",
        ) from error
