"""Make a new snapshot of the shop and publish it, or refuse and leave the last good one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.shop import tables as shop
from data_access.snapshots import build, derive, duck, personal, tables
from data_access.snapshots.build import NEW, RAW, Workbench
from data_access.snapshots.extract import Extraction, Staged, stage
from data_access.snapshots.local_time import day_start, local_day
from data_access.snapshots.manifest import Check, Kind, Manifest, TableFacts, schema_hash
from data_access.snapshots.source import reading, source_name
from data_access.snapshots.store import SnapshotStore

Progress = Callable[[str, float], None]

LIVING = timedelta(days=14)
"""A shop whose newest order is younger is alive; the history of any other ended on its last day."""


class SnapshotRefused(DataError):  # noqa: N818 - it is a refusal, and is named so on the pages
    """A hard check failed: nothing was published.

    Parameters
    ----------
    checks : all checks of the refused snapshot; those that failed say which rows.
    """

    def __init__(self, checks: tuple[Check, ...]) -> None:
        failed = [c for c in checks if not c.passed and c.severity == "hard"]
        super().__init__(
            "The snapshot was refused: " + " ".join(c.detail for c in failed),
            remedy=" ".join(dict.fromkeys(c.remedy for c in failed)),
        )
        self.checks = checks


def refresh(
    shop_engine: sa.Engine,
    store: SnapshotStore,
    *,
    zone: ZoneInfo,
    currency: str,
    hash_key: bytes,
    now: datetime,
    full: bool | None = None,
    progress: Progress | None = None,
    made_by: str | None = None,
    memory_mb: int = 1536,
    threads: int = 2,
) -> Manifest:
    """Read the shop in one transaction and publish what it holds as the newest snapshot.

    Parameters
    ----------
    zone : of the shop's days.
    currency : ISO 4217, written into the manifest.
    hash_key : key of the hashes that stand for personal data; 16 to 64 bytes.
    now : naive UTC.
    full : read everything (True), only what changed (False), or as is due (None).
    progress : told the step and the share done, 0 to 1; may raise to cancel.
    made_by : who or what asked, kept among the manifest's notes.
    memory_mb : limit of the engine that sorts and derives; the process needs about 1 GiB more.

    Raises
    ------
    SnapshotRefused : a hard check failed; the last good snapshot stays the newest.
    DataError : the shop cannot be read, or another refresh does not end.
    """
    tell = progress or _silent
    with (
        store.writing(on_wait=lambda: tell("Waiting for another refresh", 0.0)),
        store.staging() as folder,
    ):
        started = time.monotonic()
        connection = duck.connect(memory_mb=memory_mb, threads=threads, temporary=folder / "spill")
        try:
            bench = Workbench(cursor=connection, store=store, folder=folder)
            kind: Kind = "full"
            with reading(shop_engine) as reader:
                staged = _read_all(bench, reader, zone, hash_key, tell)
            kill_point("refresh-after-read")
            _assemble(bench, tell)
            days = _days(bench, zone, now)
            _derive(bench, days, tell)
            kill_point("refresh-before-publish")
            number = store.new_number()
            manifest = Manifest(
                number=number,
                kind=kind,
                created_at=now,
                source=source_name(shop_engine),
                currency=currency,
                zone=str(zone),
                watermark=max((s.watermark for s in staged.values() if s.watermark), default=None),
                as_of=days.as_of,
                as_of_day=days.last,
                first_day=days.first,
                tables=_facts(bench, staged),
                checks=(),
                seconds=round(time.monotonic() - started, 3),
                rows_changed=sum(s.rows for s in staged.values()),
                last_full_at=now,
                key_mark=personal.key_mark(hash_key),
                notes=(f"made by {made_by}",) if made_by else (),
            )
            store.publish(manifest)
        finally:
            connection.close()
    tell("Published", 1.0)
    return manifest


class _Days:
    def __init__(self, first: date, last: date, as_of: datetime) -> None:
        self.first, self.last, self.as_of = first, last, as_of


def _silent(_step: str, _share: float) -> None:
    return None


def _read_all(
    bench: Workbench, reader: Any, zone: ZoneInfo, hash_key: bytes, tell: Progress
) -> dict[str, Staged]:
    staged: dict[str, Staged] = {}
    for n, table in enumerate(shop.CANONICAL):
        share = 0.6 * n / len(shop.CANONICAL)
        tell(f"Reading {table.name}", share)
        extraction = Extraction(
            zone=zone,
            hash_key=hash_key,
            inspect=lambda _name, _batch: None,
            on_rows=lambda name, rows, share=share: tell(f"Reading {name}: {rows:,} rows", share),
        )
        staged[table.name] = stage(table, reader, extraction, bench.file(table.name))
        bench.view(RAW, _copied(table), [staged[table.name].path])
    return staged


def _copied(table: sa.Table) -> sa.Table:
    return tables.snapshot_metadata.tables[table.name]


def _assemble(bench: Workbench, tell: Progress) -> None:
    raw_orders = _without(tables.orders, "status")
    raw_items = _without(tables.order_items, "local_day")
    bench.hold(
        "whole", tables.orders, build.whole_orders(raw_orders, tables.order_status_changes), RAW
    )
    orders = duck.in_schema(tables.orders, "whole")
    bench.hold("whole", tables.order_items, build.whole_items(raw_items, orders), RAW)
    for n, table in enumerate(tables.COPIED):
        tell(f"Sorting {table.name}", 0.6 + 0.2 * n / len(tables.COPIED))
        schema = "whole" if table in (tables.orders, tables.order_items) else RAW
        build.publish_all(bench, table, schema)


def _without(table: sa.Table, *names: str) -> sa.Table:
    columns = [sa.Column(c.name, c.type) for c in table.columns if c.name not in names]
    return sa.Table(table.name, sa.MetaData(), *columns)


def _days(bench: Workbench, zone: ZoneInfo, now: datetime) -> _Days:
    placed = tables.orders.c.placed_at
    first, last = bench.rows(sa.select(sa.func.min(placed), sa.func.max(placed)))[0]
    if first is None:
        raise DataError(
            "The shop has no orders yet, so there is nothing to take a snapshot of.",
            remedy="Import orders, or make the demo shop, and refresh again.",
        )
    if now - last <= LIVING:
        return _Days(local_day(first, zone), local_day(now, zone), now)
    last_day = local_day(last, zone)
    end = day_start(last_day + timedelta(days=1), zone) - timedelta(microseconds=1)
    return _Days(local_day(first, zone), last_day, end)


def _derive(bench: Workbench, days: _Days, tell: Progress) -> None:
    path = bench.file("calendar")
    rows = derive.calendar_days(days.first, days.last)
    pq.write_table(
        pa.Table.from_pylist(
            rows, schema=pa.schema([("local_day", pa.date32()), ("local_week", pa.date32())])
        ),
        path,
    )
    bench.view(NEW, derive.calendar, [path])
    tell("Deriving daily sales", 0.8)
    for period in sorted({f"{d['local_day']:%Y-%m}" for d in rows}):
        first, after = build.period_bounds(period)
        bench.publish_part(
            tables.daily_sales,
            period,
            _as_table(tables.daily_sales, derive.daily_sales_in(first, after)),
            NEW,
        )
    bench.show(tables.daily_sales)
    tell("Deriving stock-outs", 0.86)
    bench.publish_part(
        tables.stock_outs, build.WHOLE, _as_table(tables.stock_outs, derive.all_stock_outs()), NEW
    )
    bench.show(tables.stock_outs)
    tell("Deriving weekly sales", 0.88)
    for period in sorted({f"{d['local_week']:%Y-%m}" for d in rows}):
        first, after = build.period_bounds(period)
        weekly = derive.weekly_sales_in(first, after, days.last)
        bench.publish_part(tables.weekly_sales, period, _as_table(tables.weekly_sales, weekly), NEW)
    bench.show(tables.weekly_sales)
    tell("Deriving customers", 0.95)
    bench.publish_part(
        tables.customer_facts,
        build.WHOLE,
        _as_table(tables.customer_facts, derive.all_customer_facts()),
        NEW,
    )
    bench.show(tables.customer_facts)
    tell("Deriving key figures", 0.98)
    bench.publish_part(
        tables.key_figures,
        build.WHOLE,
        _as_table(tables.key_figures, derive.all_key_figures()),
        NEW,
    )
    bench.show(tables.key_figures)


def _as_table(table: sa.Table, statement: Any) -> sa.Select[Any]:
    found = statement.subquery("found")
    return sa.select(*duck.cast_to(table, {c.name: found.c[c.name] for c in table.columns}))


def _facts(bench: Workbench, staged: dict[str, Staged]) -> dict[str, TableFacts]:
    return {
        table.name: TableFacts(
            rows=sum(p.rows for p in bench.parts.get(table.name, [])),
            schema_hash=schema_hash(table),
            parts=tuple(bench.parts.get(table.name, [])),
            watermark=staged[table.name].watermark if table.name in staged else None,
        )
        for table in (*tables.COPIED, *tables.DERIVED)
    }
