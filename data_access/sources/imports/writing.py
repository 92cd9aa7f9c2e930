"""Writing a mapped source into the shop: everything in one transaction, or nothing.

An empty database is filled; one that an earlier import filled is merged by primary key, and
only rows that differ change (and get a new ``updated_at``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from data_access.kill_points import kill_point
from data_access.shop.engines import Mark
from data_access.shop.loading import append, create_indexes, create_schema
from data_access.shop.tables import CANONICAL, shop_mark
from data_access.sources.imports.mapped import Mapped, exact_sum
from data_access.sources.imports.refusal import ImportRefused
from data_access.sources.imports.report import TableChange

Progress = Callable[[str, float], None]
MARK = "import"
STAGE = "incoming_"


def fill(
    connection: sa.Connection, mapped: Mapped, *, now: datetime, progress: Progress
) -> tuple[TableChange, ...]:
    """Create the tables in an empty database and add every row."""
    create_schema(connection, [shop_mark, *CANONICAL])
    kill_point("import-tables-made")
    changes: list[TableChange] = []
    for table in CANONICAL:
        frame = mapped.tables.get(table.name)
        if frame is None or frame.empty:
            continue
        progress(f"Writing {table.name}", 0.5 + 0.4 * len(changes) / len(mapped.tables))
        append(connection, table, as_arrow(table, frame, now))
        _compare(connection, table, frame)
        changes.append(TableChange(table=table.name, added=len(frame)))
        kill_point(f"import-written-{table.name}")
    progress("Building indexes", 0.92)
    create_indexes(connection, [shop_mark, *CANONICAL])
    return tuple(changes)


def merge(
    connection: sa.Connection, mapped: Mapped, *, now: datetime, progress: Progress
) -> tuple[TableChange, ...]:
    """Merge into a shop that an earlier import filled, by primary key."""
    changes: list[TableChange] = []
    for table in CANONICAL:
        frame = mapped.tables.get(table.name)
        gone = mapped.obsolete.get(table.name)
        if (frame is None or frame.empty) and (gone is None or gone.empty):
            continue
        progress(f"Merging {table.name}", 0.5 + 0.4 * len(changes) / len(mapped.tables))
        removed = _remove(connection, table, gone)
        added, changed = _merge_table(connection, table, frame, now)
        rows = 0 if frame is None else len(frame)
        changes.append(
            TableChange(
                table=table.name,
                added=added,
                changed=changed,
                unchanged=rows - added - changed,
                removed=removed,
            )
        )
        kill_point(f"import-merged-{table.name}")
    return tuple(changes)


def require_mark(connection: sa.Connection, known: Mark | None) -> None:
    """Refuse where another import came between reading the mark and this transaction.

    Holds the mark's row until the transaction ends, so that none can come from here on.
    """
    there = None
    if sa.inspect(connection).has_table(shop_mark.name):
        there = connection.execute(sa.select(shop_mark.c.details).with_for_update()).scalar()
    if (None if there is None else json.loads(there)) != (known.details if known else None):
        raise ImportRefused(
            "Another import changed the shop meanwhile; nothing was written",
            remedy="Import again.",
        )


def write_mark(connection: sa.Connection, details: dict[str, Any], *, now: datetime) -> None:
    """Set the mark: what this shop was imported from."""
    connection.execute(sa.delete(shop_mark))
    connection.execute(
        sa.insert(shop_mark).values(
            made_by=MARK, details=json.dumps(details, ensure_ascii=False), made_at=now
        )
    )


def as_arrow(table: sa.Table, frame: pd.DataFrame, now: datetime) -> pa.Table:
    """The frame's columns in the table's types, with ``updated_at`` where it lacks one."""
    arrays, names = [], []
    for column in table.columns:
        kind = _arrow_type(column.type)
        if column.name in frame.columns:
            values = frame[column.name]
            arrays.append(pa.array(values, type=kind, from_pandas=True))
        elif column.name == "updated_at":
            arrays.append(pa.array([now] * len(frame), type=kind))
        elif not column.nullable and column.default is not None:
            value = getattr(column.default, "arg", None)
            arrays.append(pa.array([value] * len(frame), type=kind))
        else:
            continue
        names.append(column.name)
    return pa.Table.from_arrays(arrays, names=names)


def _arrow_type(kind: sa.types.TypeEngine[Any]) -> pa.DataType:
    if isinstance(kind, sa.Boolean):
        return pa.bool_()
    if isinstance(kind, sa.Integer):  # BigInteger is one
        return pa.int64()
    if isinstance(kind, sa.Float):
        return pa.float64()
    if isinstance(kind, sa.DateTime):
        return pa.timestamp("us")
    if isinstance(kind, sa.Date):
        return pa.date32()
    return pa.string()


def _compare(connection: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> None:
    """Read back row count and sums of whole numbers; they must be those of the file."""
    numbers = [c for c in table.columns if isinstance(c.type, sa.Integer) and c.name in frame]
    statement = sa.select(sa.func.count(), *(sa.func.sum(column) for column in numbers))
    count, *sums = connection.execute(statement.select_from(table)).one()
    expected = [exact_sum(frame[column.name].dropna()) for column in numbers]
    if count != len(frame) or [int(found or 0) for found in sums] != expected:
        raise ImportRefused(
            f"{table.name}: the database holds other sums than were written; nothing was kept",
            remedy="Import again; if it happens twice, check the disk.",
        )


def _staged(connection: sa.Connection, table: sa.Table) -> sa.Table:
    """An empty temporary table like ``table``, gone with the transaction."""
    options: dict[str, Any] = (
        {"postgresql_on_commit": "DROP"} if connection.dialect.name == "postgresql" else {}
    )
    stage = sa.Table(
        STAGE + table.name,
        sa.MetaData(),
        *(sa.Column(c.name, c.type, nullable=True) for c in table.columns),
        prefixes=["TEMPORARY"],
        **options,
    )
    create_schema(connection, [stage])
    return stage


def _merge_table(
    connection: sa.Connection, table: sa.Table, frame: pd.DataFrame | None, now: datetime
) -> tuple[int, int]:
    if frame is None or frame.empty:
        return 0, 0
    rows = as_arrow(table, frame, now)
    stage = _staged(connection, table)
    append(connection, stage, rows)
    before = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    names = rows.column_names
    keys = [column.name for column in table.primary_key]
    columns = [stage.c[name] for name in names]
    insert = dialect.insert(table).from_select(names, sa.select(*columns).where(sa.true()))
    # A value that the new file leaves open does not wipe out what is known.
    kept = {
        name: sa.func.coalesce(insert.excluded[name], table.c[name])
        for name in names
        if name not in keys and name != "updated_at"
    }
    differs = sa.or_(sa.false(), *(table.c[n].is_distinct_from(value) for n, value in kept.items()))
    upsert = insert.on_conflict_do_update(
        index_elements=keys, set_={**kept, "updated_at": insert.excluded.updated_at}, where=differs
    )
    touched = connection.execute(upsert, execution_options={"preserve_rowcount": True}).rowcount
    after = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    stage.drop(connection)
    return after - before, touched - (after - before)


def _remove(connection: sa.Connection, table: sa.Table, keys: pd.DataFrame | None) -> int:
    if keys is None or keys.empty:
        return 0
    where = [table.c[name] == sa.bindparam(f"key_{name}") for name in keys.columns]
    rows = [
        {f"key_{name}": value for name, value in zip(keys.columns, row, strict=True)}
        for row in keys.itertuples(index=False)
    ]
    connection.execute(sa.delete(table).where(*where), rows)
    return len(rows)
