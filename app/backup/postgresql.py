"""The app database on PostgreSQL: our schemas as statements and COPY files, and back.

One read-only transaction sees one moment of the database; loading replaces the schemas in one
transaction as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.backup import catalogue
from app.backup.errors import BackupError

SCHEMAS = ("shopsight", "dbos", "mlflow")
"""Everything that Shopsight keeps in the database; other schemas are left alone."""
STATEMENTS = "schema.json"
CHUNK = 1024**2


def dump(url: str, folder: Path) -> None:
    """Write the statements and every table's rows of our schemas.

    Raises
    ------
    BackupError : the database does not answer, or holds what cannot be written down.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"schemas": list(SCHEMAS)}
    with _explained("The app database could not be copied"), closing(_connect(url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = ''")  # so that every name comes out qualified
            uncovered = [row[0] for row in cursor.execute(catalogue.UNCOVERED, asked)]
            if uncovered:
                raise BackupError(
                    f"The app database holds {', '.join(uncovered[:5])}, which a backup does not "
                    "cover.",
                    remedy="Back this database up with pg_dump.",
                )
            tables = cursor.execute(catalogue.COLUMNS, asked).fetchall()
            written: dict[str, Any] = {
                "before": _statements(cursor, catalogue.BEFORE_DATA, asked),
                "after": _statements(cursor, catalogue.AFTER_DATA, asked),
                "positions": cursor.execute(catalogue.POSITIONS, asked).fetchall(),
                "tables": tables,
            }
            (folder / STATEMENTS).write_text(json.dumps(written, indent=1), encoding="utf-8")
            for schema, table, columns in tables:
                statement = sql.SQL("COPY {} ({}) TO STDOUT").format(
                    sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns))
                )
                with _file(folder, schema, table).open("wb") as file, cursor.copy(statement) as out:
                    for chunk in out:
                        file.write(chunk)


@contextmanager
def load(url: str, folder: Path) -> Iterator[None]:
    """Replace our schemas by what `dump` wrote; commits when the block ends well."""
    written = json.loads((folder / STATEMENTS).read_text(encoding="utf-8"))
    with (
        _explained("The app database could not be restored"),
        closing(_connect(url)) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute("SET LOCAL check_function_bodies = off")
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        for schema in SCHEMAS:
            cursor.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema))
            )
        for statement in written["before"]:
            cursor.execute(statement.encode())
        for schema, table, columns in written["tables"]:
            copying = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with _file(folder, schema, table).open("rb") as file, cursor.copy(copying) as into:
                while chunk := file.read(CHUNK):
                    into.write(chunk)
        for statement in written["after"]:
            cursor.execute(statement.encode())
        for schema, sequence, position in written["positions"]:
            name = sql.Identifier(schema, sequence).as_string(connection)
            cursor.execute("SELECT pg_catalog.setval(%s::regclass, %s)", (name, position))
        yield


def tables(url: str) -> list[str]:
    """Names of the tables in our schemas."""
    with _explained("The app database does not answer"), closing(_connect(url)) as connection:
        found = connection.execute(catalogue.COLUMNS, {"schemas": list(SCHEMAS)}).fetchall()
    return [f"{schema}.{table}" for schema, table, _ in found]


def _statements(
    cursor: psycopg.Cursor[Any], queries: tuple[str, ...], asked: dict[str, list[str]]
) -> list[str]:
    return [row[-1] for query in queries for row in cursor.execute(query, asked).fetchall()]


def _file(folder: Path, schema: str, table: str) -> Path:
    return folder / f"{schema}.{table}.copy"


def _connect(url: str) -> psycopg.Connection[Any]:
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), connect_timeout=5)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        raise BackupError(
            f"{what}: {said[0] if said else type(error).__name__}.",
            remedy="Check that the database runs, that its user may do this and that web and "
            "worker are stopped; then try again.",
        ) from error
