"""Make a new snapshot of the shop and publish it, or refuse and leave the last good one."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.shop import tables as shop
from data_access.snapshots import build, duck, personal, placeholders, tables, totals
from data_access.snapshots.build import NEW, OLD, RAW, Workbench
from data_access.snapshots.checks import hard_checks, soft_checks
from data_access.snapshots.contracts import Inspector
from data_access.snapshots.derive import Span, Touched, derive
from data_access.snapshots.due import why_full
from data_access.snapshots.extract import Extraction, Staged, stage
from data_access.snapshots.local_time import day_start, local_day
from data_access.snapshots.manifest import Check, Kind, Manifest, TableFacts, schema_hash
from data_access.snapshots.merge import merge
from data_access.snapshots.source import ShopReader, reading, source_name
from data_access.snapshots.store import SnapshotStore

Progress = Callable[[str, float], None]

LIVING = timedelta(days=14)
"""A shop whose newest order is younger is alive; the history of any other ended on its last day."""

OVERLAP = timedelta(hours=1)
"""How far behind the newest change is read again: a row may become visible that much later."""

SPLIT_ABOVE = 250_000
"""Rows that are rewritten in a second: a smaller table is one part, not forty files."""


class SnapshotRefused(DataError):  # noqa: N818 - it is a refusal, and pages name it so
    """A hard check failed: nothing was published.

    Parameters
    ----------
    checks : all checks of the refused snapshot; those that failed say which rows.
    """

    def __init__(self, checks: tuple[Check, ...]) -> None:
        failed = [c for c in checks if not c.passed and c.severity == "hard"]
        super().__init__(
            "The snapshot was refused. " + " ".join(c.detail for c in failed),
            remedy=" ".join(dict.fromkeys(c.remedy for c in failed if c.remedy)),
        )
        self.checks = checks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The arguments of a refresh that its steps need."""

    zone: ZoneInfo
    currency: str
    hash_key: bytes
    now: datetime
    source: str
    made_by: str | None
    tell: Progress
    memory_mb: int
    threads: int
    split_above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """A snapshot that is ready to be checked."""

    kind: Kind
    span: Span
    watermarks: dict[str, datetime | None]
    rows_changed: int
    contract: tuple[Check, ...]
    counts: dict[str, int]


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
    split_above: int = SPLIT_ABOVE,
) -> Manifest:
    """Read the shop in one transaction and publish what it holds as the newest snapshot.

    Parameters
    ----------
    zone : of the shop's days.
    currency : ISO 4217, written into the manifest.
    hash_key : key of the hashes that stand for personal data; 16 to 64 bytes.
    now : naive UTC.
    full : read everything (True), only what changed (False), or as is due (None). Everything
        is also read where there is nothing to build on, and where counts or sums of an
        incremental refresh differ from the shop's.
    progress : told the step and the share done, 0 to 1; may raise to cancel.
    made_by : who or what asked, kept among the manifest's notes.
    memory_mb : limit of the engine that sorts and derives; the process needs about 1 GiB more.
    threads : of that engine.
    split_above : rows above which a full refresh cuts a table by month.

    Raises
    ------
    SnapshotRefused : a hard check failed; the last good snapshot stays the newest.
    DataError : the shop cannot be read, or another refresh does not end.
    """
    asked = _Asked(
        zone=zone,
        currency=currency,
        hash_key=hash_key,
        now=now,
        source=source_name(shop_engine),
        made_by=made_by,
        tell=progress or _silent,
        memory_mb=memory_mb,
        threads=threads,
        split_above=split_above,
    )
    started = time.monotonic()
    key_mark = personal.key_mark(hash_key)
    with store.writing(on_wait=lambda: asked.tell("Waiting for another refresh", 0.0)):
        before = store.newest()
        notes = [f"Asked for by {made_by}."] if made_by else []
        reason = why_full(before, (asked.source, currency, str(zone), key_mark), now=now, full=full)
        with reading(shop_engine) as reader:
            if before is not None and reason is None:
                try:
                    return _make(store, reader, asked, before, notes, started)
                except _Differs as difference:
                    reason = str(difference)
            if reason:
                notes.append(reason)
            return _make(store, reader, asked, None, notes, started)


class _Differs(Exception):  # noqa: N818 - ends an incremental refresh, never leaves this module
    """Counts or sums after merging are not the shop's."""


def _make(
    store: SnapshotStore,
    reader: ShopReader,
    asked: _Asked,
    before: Manifest | None,
    notes: list[str],
    started: float,
) -> Manifest:
    with store.staging() as folder:
        connection = duck.connect(
            memory_mb=asked.memory_mb, threads=asked.threads, temporary=folder / "spill"
        )
        try:
            bench = Workbench(cursor=connection, store=store, folder=folder)
            if before is None:
                outcome = _full(bench, reader, asked)
            else:
                outcome = _incremental(bench, reader, asked, before)
            asked.tell("Checking", 0.98)
            linking, nothing = placeholders.of_refresh(bench, before, outcome.counts["orders"])
            checks = (
                *outcome.contract,
                *hard_checks(bench, outcome.counts, full=before is None),
                *soft_checks(bench, outcome.span, asked.now),
                linking,
            )
        finally:
            connection.close()
        if any(not c.passed and c.severity == "hard" for c in checks):
            raise SnapshotRefused(checks)
        kill_point("refresh-before-publish")
        manifest = replace(
            _manifest(store, bench, asked, before, outcome, checks, notes, started),
            placeholders=nothing,
        )
        store.publish(manifest)
    asked.tell("Published", 1.0)
    return manifest


def _full(bench: Workbench, reader: ShopReader, asked: _Asked) -> _Outcome:
    inspector = Inspector(asked.now)
    staged = _read(bench, reader, asked, inspector, {})
    counts = _shop_counts(reader)
    kill_point("refresh-after-read")
    failed = [c for c in inspector.checks() if not c.passed]
    if failed:
        raise SnapshotRefused(inspector.checks())
    rows = {name: s.rows for name, s in staged.items()}
    build.choose_cuts(bench, rows, asked.split_above)
    build.assemble(bench, asked.tell)
    kill_point("refresh-after-parts")
    span = _span(bench, asked)
    derive(bench, span, Touched(everything=True), asked.tell)
    kill_point("refresh-after-derive")
    return _Outcome(
        kind="full",
        span=span,
        watermarks={name: _until(s.watermark, asked.now) for name, s in staged.items()},
        rows_changed=sum(s.rows for s in staged.values()),
        contract=(*inspector.checks(), *inspector.set_aside()),
        counts=counts,
    )


def _incremental(bench: Workbench, reader: ShopReader, asked: _Asked, before: Manifest) -> _Outcome:
    inspector = Inspector(asked.now)
    since = {
        name: facts.watermark - OVERLAP
        for name, facts in before.tables.items()
        if facts.watermark is not None
    }
    staged = _read(bench, reader, asked, inspector, since)
    kill_point("refresh-after-read")
    if any(not c.passed for c in inspector.checks()):
        raise SnapshotRefused(inspector.checks())
    for table in (*tables.COPIED, *tables.DERIVED):
        bench.parts[table.name] = list(before.tables[table.name].parts)
        bench.view(OLD, table, bench.store.paths(before, table.name))
        if any(p.period != build.WHOLE for p in before.tables[table.name].parts):
            bench.by_month.add(table.name)
    asked.tell("Merging changes", 0.5)
    read = {name: s.rows for name, s in staged.items()}
    # The shop counts its rows while the engine merges; nobody else uses the reader meanwhile.
    with ThreadPoolExecutor(1) as aside:
        counting = aside.submit(_shop_counts, reader)
        merged = merge(bench, read, last_day_before=before.as_of_day)
    counts = counting.result()
    kill_point("refresh-after-parts")
    asked.tell("Comparing with the shop", 0.7)
    _compare(bench, reader, asked, counts, merged.periods)
    span = _span(bench, asked)
    touched = merged.touched
    if span.first != before.first_day or span.last < before.as_of_day:
        touched = Touched(everything=True)
    derive(bench, span, touched, asked.tell)
    kill_point("refresh-after-derive")
    watermarks = {
        name: _until(
            max((w for w in (s.watermark, before.tables[name].watermark) if w), default=None),
            asked.now,
        )
        for name, s in staged.items()
    }
    return _Outcome(
        kind="incremental",
        span=span,
        watermarks=watermarks,
        rows_changed=merged.rows,
        contract=(*inspector.checks(), *inspector.set_aside()),
        counts=counts,
    )


def _until(watermark: datetime | None, now: datetime) -> datetime | None:
    """A row of the future must not hide what changes until then."""
    return None if watermark is None else min(watermark, now)


def _read(
    bench: Workbench,
    reader: ShopReader,
    asked: _Asked,
    inspector: Inspector,
    since: dict[str, datetime],
) -> dict[str, Staged]:
    staged: dict[str, Staged] = {}
    for n, table in enumerate(shop.CANONICAL):
        share = 0.6 * n / len(shop.CANONICAL)
        asked.tell(f"Reading {table.name}", share)

        def on_rows(name: str, rows: int, share: float = share) -> None:
            asked.tell(f"Reading {name}: {rows:,} rows", share)

        extraction = Extraction(
            zone=asked.zone,
            hash_key=asked.hash_key,
            inspect=inspector.inspect,
            on_rows=on_rows,
            on_unknown=inspector.unknown,
        )
        staged[table.name] = stage(
            table,
            reader,
            extraction,
            bench.file(table.name),
            changed_after=since.get(table.name),
        )
        copied = tables.snapshot_metadata.tables[table.name]
        bench.view(RAW, copied, [staged[table.name].path])
        kill_point(f"refresh-read-{table.name}")
    return staged


def _shop_counts(reader: ShopReader) -> dict[str, int]:
    return {table.name: totals.shop_rows(reader, table) for table in shop.CANONICAL}


def _compare(
    bench: Workbench,
    reader: ShopReader,
    asked: _Asked,
    counts: dict[str, int],
    periods: dict[str, set[str]],
) -> None:
    for table in tables.COPIED:
        here = sum(p.rows for p in bench.parts[table.name])
        if here != counts[table.name]:
            raise _Differs(
                f"{table.name} has {counts[table.name]:,} rows in the shop and {here:,} after "
                "reading the changes, so everything was read again."
            )
    for name in totals.COMPARED:
        for period in sorted(periods.get(name, set()) - {build.NO_DATE}):
            there = totals.shop_month(reader, name, period, asked.zone)
            here_month = totals.snapshot_month(bench, name, period)
            if there != here_month:
                raise _Differs(
                    f"{name} of {period}: {there.rows:,} rows and a sum of {there.amount:,} in the "
                    f"shop, {here_month.rows:,} and {here_month.amount:,} after reading the "
                    "changes, so everything was read again."
                )


def _span(bench: Workbench, asked: _Asked) -> Span:
    placed = tables.orders.c.placed_at
    first, last = bench.rows(sa.select(sa.func.min(placed), sa.func.max(placed)), NEW)[0]
    if first is None:
        raise DataError(
            "The shop has no orders yet, so there is nothing to take a snapshot of.",
            remedy="Import orders, or make the demo shop, and refresh again.",
        )
    first_day, last_day = local_day(first, asked.zone), local_day(last, asked.zone)
    if asked.now - last <= LIVING:
        today = max(local_day(asked.now, asked.zone), last_day)
        return Span(first=first_day, last=today, as_of=asked.now)
    end = day_start(last_day + timedelta(days=1), asked.zone) - timedelta(microseconds=1)
    return Span(first=first_day, last=last_day, as_of=end)


def _manifest(
    store: SnapshotStore,
    bench: Workbench,
    asked: _Asked,
    before: Manifest | None,
    outcome: _Outcome,
    checks: tuple[Check, ...],
    notes: list[str],
    started: float,
) -> Manifest:
    facts = {
        table.name: TableFacts(
            rows=sum(p.rows for p in bench.parts.get(table.name, [])),
            schema_hash=schema_hash(table),
            parts=tuple(bench.parts.get(table.name, [])),
            watermark=outcome.watermarks.get(table.name),
        )
        for table in (*tables.COPIED, *tables.DERIVED)
    }
    geography = "orders.ip_country is empty: the shop does not tell the country of an IP address."
    return Manifest(
        number=store.new_number(),
        kind=outcome.kind,
        created_at=asked.now,
        source=asked.source,
        currency=asked.currency,
        zone=str(asked.zone),
        watermark=max((w for w in outcome.watermarks.values() if w), default=None),
        as_of=outcome.span.as_of,
        as_of_day=outcome.span.last,
        first_day=outcome.span.first,
        tables=facts,
        checks=checks,
        seconds=round(time.monotonic() - started, 3),
        rows_changed=outcome.rows_changed,
        last_full_at=asked.now if before is None else before.last_full_at,
        incrementals_since_full=0 if before is None else before.incrementals_since_full + 1,
        key_mark=personal.key_mark(asked.hash_key),
        notes=(*notes, geography),
    )


def _silent(_step: str, _share: float) -> None:
    return None
