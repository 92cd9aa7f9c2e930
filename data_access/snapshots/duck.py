"""DuckDB as this project uses it: SQLAlchemy selects compiled for it, run on its own cursors.

duckdb-engine gives the dialect. The execution is DuckDB's own, since results then arrive as
columns and not as a tuple a row, and since one instance can be shared through cursors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
from duckdb_engine import Dialect

ROW_GROUP = 20_480
"""Rows of a Parquet row group: small enough that one product's rows are read, not a month's."""

# Numbered parameters: one bound value used twice stays one value, so that GROUP BY of a
# repeated expression is understood.
_DIALECT = Dialect(paramstyle="numeric_dollar")


def connect(*, memory_mb: int, threads: int, temporary: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB instance in memory that spills to a folder and reaches for nothing outside."""
    temporary.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_mb}MiB",
            "threads": threads,
            "temp_directory": str(temporary),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def render(
    statement: sa.Select[Any] | sa.CompoundSelect[Any], schema: str | None
) -> tuple[str, list[Any]]:
    """The text and the parameters of a select whose snapshot tables lie in `schema`."""
    compiled = statement.compile(
        dialect=_DIALECT,
        schema_translate_map={None: schema} if schema else None,
        render_schema_translate=schema is not None,
        compile_kwargs={"render_postcompile": True},
    )
    names: Sequence[str] = compiled.positiontup or ()
    return str(compiled), [compiled.params[name] for name in names]


def copy_to(
    cursor: duckdb.DuckDBPyConnection,
    statement: sa.Select[Any] | sa.CompoundSelect[Any],
    schema: str | None,
    path: Path,
) -> int:
    """Write a select's rows to a Parquet file in the select's order; returns their number."""
    sql, parameters = render(statement, schema)
    cursor.execute(
        f"COPY ({sql}) TO {_literal(path)} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})",
        parameters,
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def make_view(
    cursor: duckdb.DuckDBPyConnection,
    schema: str,
    table: sa.Table,
    paths: Iterable[Path],
) -> None:
    """A view ``schema.table`` over Parquet files; an empty one where there is no file."""
    files = ", ".join(_literal(path) for path in paths)
    if files:
        body = f"SELECT * FROM read_parquet([{files}])"  # noqa: S608 - quoted paths of our own
    else:
        columns = ", ".join(
            f"CAST(NULL AS {c.type.compile(_DIALECT)}) AS {_name(c.name)}" for c in table.columns
        )
        body = f"SELECT {columns} WHERE false"
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {_name(schema)}")
    cursor.execute(f"CREATE OR REPLACE VIEW {_name(schema)}.{_name(table.name)} AS {body}")


def drop_schema(cursor: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Forget all views of a schema."""
    cursor.execute(f"DROP SCHEMA IF EXISTS {_name(schema)} CASCADE")


def in_schema(table: sa.Table, schema: str) -> sa.Table:
    """The same table under another schema, for selects that read two schemas at once."""
    return table.to_metadata(sa.MetaData(), schema=schema)


def cast_to(table: sa.Table, columns: Mapping[str, Any]) -> list[sa.ColumnElement[Any]]:
    """Every column of the table, from `columns`, in its order and with its exact type."""
    return [sa.cast(columns[c.name], c.type).label(c.name) for c in table.columns]


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
