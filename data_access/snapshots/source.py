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
import pyarrow.compute as pc
import sqlalchemy as sa
from adbc_driver_manager import Error as AdbcError
from sqlalchemy.dialects import sqlite

from data_access.errors import DataError
from data_access.shop.engines import safe_url, sqlite_path

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
    """A consistent, read-only view of the shop for as long as the block lasts."""
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
        schema = arrow_schema(statement)
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
                    yield _typed(batch.slice(skip), schema)
                    skip = 0
            except AdbcError as error:
                raise _unreadable(str(error)) from error

    def rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        return [row for batch in self.batches(statement) for row in batch.to_pylist()]


class _ServerReader:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def batches(self, statement: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
        schema = arrow_schema(statement)
        streaming = self._connection.execution_options(yield_per=BATCH_ROWS)
        with streaming.execute(statement) as result:
            for rows in result.partitions():
                columns = zip(*rows, strict=True)
                arrays = [
                    pa.array(values, type=field.type)
                    for values, field in zip(columns, schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def rows(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(statement).mappings()]


def source_name(engine: sa.Engine) -> str:
    """The shop's address for manifests, without its password."""
    return safe_url(engine)


def _text_of(kind: pa.DataType) -> str:
    return repr(_SAMPLE[kind])


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for column, field in zip(batch.columns, schema, strict=True):
        try:
            arrays.append(_cast(column, field.type))
        except pa.ArrowInvalid as error:
            raise _unreadable(f"{field.name}: {error}") from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _cast(column: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    if pa.types.is_date(kind) and pa.types.is_string(column.type):
        return pc.cast(pc.utf8_slice_codeunits(column, 0, 10), kind)
    return pc.cast(column, kind)


def _unreadable(detail: str) -> DataError:
    return DataError(
        f"The shop database holds a value that cannot be read: {detail}.",
        remedy="Correct the value in the shop, or load it again with the import command.",
    )
