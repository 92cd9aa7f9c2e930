"""Questions to snapshots, answered by one DuckDB instance a process.

With duckdb-engine every thread of ``:memory:`` is a database of its own; here all threads use
cursors of one connection, which share its views, its buffers and its limits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.snapshots import duck
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.store import SnapshotStore
from data_access.snapshots.tables import snapshot_metadata

PUBLISHED = "published"
"""Schema of the views over stored results."""


class Analytics:
    """Runs selects over the tables of a snapshot; safe to share between threads.

    Parameters
    ----------
    store : where the snapshots are.
    memory_mb : limit of the engine's memory in this process, MiB; beyond, it spills to a folder
        inside the store.
    threads : of the engine, for all questions together.
    """

    def __init__(self, store: SnapshotStore, *, memory_mb: int = 2048, threads: int = 2) -> None:
        self.store = store
        self._connection = duck.connect(
            memory_mb=memory_mb, threads=threads, temporary=store.folder / "spill"
        )
        self._connection.execute("SET parquet_metadata_cache = true")  # parts never change
        self._lock = threading.Lock()
        self._views: dict[int, Manifest] = {}

    def frame(
        self, number: int, statement: sa.Select[Any] | sa.CompoundSelect[Any]
    ) -> pd.DataFrame:
        """The answer of snapshot `number`, as pandas; dates and instants as datetime64[ns].

        Raises
        ------
        DataError : the snapshot is no longer kept.
        """
        self._ensure_views(number)
        sql, parameters = duck.render(statement, schema_of(number))
        return _plain(self._run(sql, parameters, lambda result: result.df()))

    def compact_frame(
        self,
        number: int,
        statements: Iterable[sa.Select[Any] | sa.CompoundSelect[Any]],
        *,
        plain: Collection[str] = (),
    ) -> pd.DataFrame:
        """The answers below each other, in a third of the memory that `frame` takes.

        Text columns become categories, but those in `plain` (keys, of which no two are equal).
        What is too much for the engine at once can be asked for in several statements.
        """
        self._ensure_views(number)
        parts = []
        for statement in statements:
            sql, parameters = duck.render(statement, schema_of(number))
            found = self._run(sql, parameters, lambda result: result.to_arrow_table())
            parts.append(_encoded(found, plain))
        table = pa.concat_tables(parts).unify_dictionaries()
        parts.clear()
        columns: dict[str, pd.Series] = {}
        for name in table.column_names:
            columns[name] = table[name].to_pandas()
            table = table.drop_columns(name)  # each column is given back before the next one
        pa.default_memory_pool().release_unused()
        return _plain(pd.DataFrame(columns, copy=False))

    def published_frame(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> pd.DataFrame:
        """The answer of stored results that `register_parquet` has made readable."""
        sql, parameters = duck.render(statement, PUBLISHED)
        return _plain(self._run(sql, parameters, lambda result: result.df()))

    def register_parquet(self, table: sa.Table, paths: Iterable[Path]) -> None:
        """Make Parquet files (a stored forecast) readable as a table for `published_frame`."""
        with self._lock:
            duck.make_view(self._connection, PUBLISHED, table, paths)

    def close(self) -> None:
        """Give the engine's memory back; no question may follow."""
        self._connection.close()

    def _run(
        self,
        sql: str,
        parameters: list[Any],
        fetch: Callable[[duckdb.DuckDBPyConnection], Any],
    ) -> Any:
        with self._lock:
            cursor = self._connection.cursor()
        try:
            with _damage_told():
                return fetch(cursor.execute(sql, parameters))
        except duckdb.OutOfMemoryException as error:
            raise DataError(
                "The question needs more memory than the analytics engine may use.",
                remedy="Choose a shorter period, or raise SHOPSIGHT_DUCKDB_MEMORY_MB.",
            ) from error
        finally:
            cursor.close()

    def _ensure_views(self, number: int) -> None:
        if number in self._views:
            return
        with self._lock:
            if number in self._views:
                return
            manifest = self.store.get(number)
            with _damage_told():
                for table in snapshot_metadata.tables.values():
                    paths = self.store.paths(manifest, table.name)
                    duck.make_view(self._connection, schema_of(number), table, paths)
            self._views = {**self._views, number: manifest}
            self._forget_pruned(number)

    def _forget_pruned(self, newest: int) -> None:
        kept = {manifest.number for manifest in self.store.list()} | {newest}
        for number in [n for n in self._views if n not in kept]:
            duck.drop_schema(self._connection, schema_of(number))
            self._views = {n: m for n, m in self._views.items() if n != number}


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise DataError(
            "A file of the snapshot is missing or damaged.",
            remedy="Refresh the data in full: Data, or python -m app refresh --full.",
        ) from error


def schema_of(number: int) -> str:
    """The schema that holds a snapshot's views."""
    return f"snapshot_{number}"


def _encoded(table: pa.Table, plain: Collection[str]) -> pa.Table:
    """The table with its texts, but those in `plain`, as numbers of a dictionary."""
    for place, name in enumerate(table.column_names):
        column = table[name]
        if pa.types.is_string(column.type) and name not in plain:
            table = table.set_column(place, name, column.dictionary_encode())
    return table


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Column types that every library knows: no microsecond dates, no nullable integers."""
    for name in frame.columns:
        kind = frame[name].dtype
        if pd.api.types.is_datetime64_any_dtype(kind):
            frame[name] = frame[name].astype("datetime64[ns]")
        elif pd.api.types.is_extension_array_dtype(kind) and pd.api.types.is_integer_dtype(kind):
            has_gaps = frame[name].hasnans
            frame[name] = frame[name].astype("float64" if has_gaps else "int64")
        elif pd.api.types.is_integer_dtype(kind):
            frame[name] = frame[name].astype("int64")
    return frame
