"""Inserts that leave rows which exist already as they are, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data_access.state.tables import Base

ROWS_A_STATEMENT = 2000  # times about ten columns stays below SQLite's limit of bound values


def insert_new(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose keys are not there yet; returns how many were new."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = 0
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        chunk = [dict(row) for row in rows[start : start + ROWS_A_STATEMENT]]
        statement = insert(cast(Table, table.__table__)).values(chunk).on_conflict_do_nothing()
        result: Any = session.connection().execute(
            statement, execution_options={"preserve_rowcount": True}
        )
        new += result.rowcount
    return new
