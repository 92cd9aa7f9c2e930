"""Whether a database has the canonical shop's shape, before anything of it is read."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

from data_access.errors import DataError
from data_access.shop.engines import safe_url


def require_shape(engine: sa.Engine, tables: Sequence[sa.Table]) -> None:
    """Refuse a database that lacks one of the tables, or a column of one, and name what it lacks.

    Views count as tables: a shop of another shape is connected by views.

    Raises
    ------
    DataError : a table or a column is not there, or this user cannot see it.
    """
    try:
        # One question for all; what is not there is not in the answer.
        found = sa.inspect(engine).get_multi_columns(
            filter_names=[table.name for table in tables],
            kind=ObjectKind.ANY,
            scope=ObjectScope.ANY,
        )
    except sa.exc.DBAPIError as error:
        raise DataError(
            f"The database {safe_url(engine)} does not tell which tables it has.",
            remedy="Check that it is running and that the user may read.",
        ) from error
    there = {name: {str(c["name"]) for c in columns} for (_, name), columns in found.items()}
    lacking = [table.name for table in tables if table.name not in there]
    if len(lacking) == len(tables):
        raise DataError(
            f"There is no shop in {safe_url(engine)} yet.",
            remedy="Import one, make the demo shop, or set SHOP_DATABASE_URL to a database with "
            "views of the canonical shape.",
        )
    if lacking:
        named = lacking[0] + (f" (nor {', '.join(lacking[1:])})" if lacking[1:] else "")
        raise DataError(
            f"The shop database has no table {named}.",
            remedy="Make a view of that name, an empty one where the shop has no such rows, and "
            "let this user read it. Every column must be there, with null where nothing is known.",
        )
    columns = [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if column.name not in there[table.name]
    ]
    if columns:
        raise DataError(
            f"The shop database lacks {len(columns)} columns: {', '.join(columns)}."
            if columns[1:]
            else f"The shop database lacks the column {columns[0]}.",
            remedy="Add them to the views, with null where nothing is known.",
        )
