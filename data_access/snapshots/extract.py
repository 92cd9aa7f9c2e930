"""From the shop's cursor to staged Parquet files without personal data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from data_access.shop import tables as shop
from data_access.snapshots import personal
from data_access.snapshots.local_time import local_columns
from data_access.snapshots.source import ShopReader, arrow_schema
from data_access.snapshots.tables import MAIN_INSTANT

_WRITER_NAME = "writer_name"
_WRITER_ADDRESS = "writer_address"
PURPOSES = {"shipping_address": "address", "card_fingerprint": "card", "device_id": "device"}
"""Columns whose hashes must link to another column's: equal purpose, equal hash."""

_TYPED_BY_VISITORS = frozenset({("shopper_events", "query")})
"""Not personal by nature, but people paste mail addresses and parcel numbers into a search."""

AHEAD = 4
"""Batches read ahead while the last one is hashed and written: the shop's engine and this
process then work at the same time."""

LET_GO_S = 30.0
"""Seconds that the end of a reading waits for the shop's engine to come back with a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """One table as read: canonical rows without personal data, in one file."""

    path: Path
    rows: int
    watermark: datetime | None  # newest updated_at among the rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """How rows are changed on their way out of the shop."""

    zone: ZoneInfo
    hash_key: bytes
    inspect: Callable[[str, pa.RecordBatch], None]  # told of every batch that is about to be kept
    on_rows: Callable[[str, int], None]  # table, rows read so far
    # table, column, texts read, and how many of them stood for nothing
    on_unknown: Callable[[str, str, int, int], None] = lambda *_: None


def stage(
    table: sa.Table,
    reader: ShopReader,
    extraction: Extraction,
    path: Path,
    *,
    changed_after: datetime | None = None,
) -> Staged:
    """Write the table's rows, or those changed after an instant, to a Parquet file."""
    statement = source_select(table)
    if changed_after is not None:
        statement = statement.where(table.c.updated_at > changed_after)
    schema = staged_schema(table, extraction)
    rows = 0
    newest: datetime | None = None
    with pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=False) as writer:
        for batch in _ahead(reader.batches(statement)):
            if batch.num_rows == 0:
                continue
            last = pc.max(batch["updated_at"]).as_py()
            newest = last if newest is None or (last and last > newest) else newest
            kept = transform(table, batch, extraction)
            extraction.inspect(table.name, kept)
            writer.write_batch(kept)
            rows += batch.num_rows
            extraction.on_rows(table.name, rows)
    return Staged(path=path, rows=rows, watermark=newest)


def source_select(table: sa.Table) -> sa.Select[Any]:
    """Columns that may leave the shop, and the writer of a text that must be cleared of them."""
    columns: list[sa.ColumnElement[Any]] = [
        c for c in table.columns if c.info.get("personal") != "drop"
    ]
    if not _cleans(table):
        return sa.select(*columns)
    writer = shop.customers
    columns += [writer.c.name.label(_WRITER_NAME), writer.c.address.label(_WRITER_ADDRESS)]
    return sa.select(*columns).select_from(
        table.outerjoin(writer, writer.c.customer_id == table.c.customer_id)
    )


def transform(table: sa.Table, batch: pa.RecordBatch, extraction: Extraction) -> pa.RecordBatch:
    """A batch as it is kept: personal data gone, local time added."""
    columns: dict[str, pa.Array[Any]] = {}
    for column in table.columns:
        treatment = column.info.get("personal")
        if treatment == "drop":
            continue
        values = batch[column.name]
        if treatment == "hash":
            purpose = PURPOSES.get(column.name, column.name)
            before = len(values) - values.null_count
            values = personal.hashed(values, extraction.hash_key, purpose)
            extraction.on_unknown(
                table.name, column.name, before, before - len(values) + values.null_count
            )
        elif treatment == "clean":
            values = personal.cleaned(values, batch[_WRITER_NAME], batch[_WRITER_ADDRESS])
        elif (table.name, column.name) in _TYPED_BY_VISITORS:
            values = personal.cleared(values)
        elif column.nullable and pa.types.is_string(values.type):
            values = personal.known(values)
        columns[column.name] = values
    instant = MAIN_INSTANT.get(table.name)
    if instant is not None:
        day, week, hour = local_columns(batch[instant], extraction.zone)
        columns["local_day"] = day
        if table is shop.orders:
            columns["local_week"], columns["hour"] = week, hour
            columns["ip_country"] = pa.nulls(batch.num_rows, pa.string())
    if table is shop.customers:
        columns["email_domain"] = personal.email_domains(batch["email"])
    return pa.RecordBatch.from_pydict(columns)


def staged_schema(table: sa.Table, extraction: Extraction) -> pa.Schema:
    """The schema of the table's staged file."""
    empty = pa.RecordBatch.from_pylist([], schema=arrow_schema(source_select(table)))
    return transform(table, empty, extraction).schema


def _cleans(table: sa.Table) -> bool:
    return any(c.info.get("personal") == "clean" for c in table.columns)


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, read by a thread that stays a little ahead."""
    ready: Queue[pa.RecordBatch | BaseException | None] = Queue(maxsize=AHEAD)
    stopped = Event()

    def read() -> None:
        try:
            for batch in batches:
                ready.put(batch)
                if stopped.is_set():
                    return
            ready.put(None)
        except BaseException as error:  # handed to the thread that asked
            ready.put(error)

    thread = Thread(target=read, name="snapshot-reader", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        deadline = time.monotonic() + LET_GO_S
        while thread.is_alive() and time.monotonic() < deadline:
            while not ready.empty():
                ready.get_nowait()
            thread.join(timeout=0.05)
