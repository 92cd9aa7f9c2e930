"""Letting a demo shop live on: what has become known is released, new weeks are made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop import loading
from data_access.shop import tables as shop
from data_access.shop.engines import read_mark, safe_url
from data_access.sources.demo import truth, weeks
from data_access.sources.demo.calendar import (
    as_date,
    day_number,
    local_day,
    micros,
    week_of,
    week_start,
)
from data_access.sources.demo.ledger import VISIBLE, Ledger, read_held
from data_access.sources.demo.making import MADE_BY, VERSION, Progress, kept_rows
from data_access.sources.demo.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendReport:
    """What an extension brought."""

    since: datetime  # the shop was known until then
    until: datetime
    weeks_made: int
    rows: dict[str, int]  # rows added or completed, by canonical table


def extend_demo(
    engine: sa.Engine, *, until: datetime, progress: Progress = lambda step, share: None
) -> ExtendReport:
    """Let the shop live on to ``until``; the same as making it at ``until``.

    One transaction: broken off, the shop stays as it was. Asking twice, or for an instant that
    has been reached, changes nothing.

    Raises
    ------
    DataError : the database holds no demo shop, or one that this version cannot extend.
    """
    mark = read_mark(engine)
    if mark is None or mark.made_by != MADE_BY:
        raise DataError(
            f"The database {safe_url(engine)} holds no demo shop.",
            remedy="Make one with: python -m app demo",
        )
    if mark.details.get("version") != VERSION:
        raise DataError(
            "This demo shop was made by another version and cannot live on.",
            remedy="Make it anew with: python -m app demo",
        )
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        # Read again inside the transaction: another process may have been faster.
        row = connection.execute(sa.select(shop.shop_mark).with_for_update()).one()
        details: dict[str, Any] = json.loads(row.details)
        since = datetime.fromisoformat(details["until"])
        if until <= since:
            return ExtendReport(since=since, until=since, weeks_made=0, rows={})
        return _extend(connection, details, since, until, progress)


def _extend(
    connection: sa.Connection,
    details: dict[str, Any],
    since: datetime,
    until: datetime,
    progress: Progress,
) -> ExtendReport:
    def add(table: sa.Table, rows: pa.Table) -> None:
        loading.append(connection, table, rows)

    def replace(table: sa.Table, rows: pa.Table) -> None:
        loading.upsert(connection, table, rows)

    ledger = Ledger(until=micros(until), append=add, replace=replace, since=micros(since))
    for name, content in connection.execute(sa.select(truth.pending)):
        ledger.held[name] = [read_held(content)]
    progress("Releasing what has become known", 0.1)
    ledger.release()
    start_week = week_of(day_number(date.fromisoformat(details["start"])))
    made_until = week_of(local_day(since))
    last = week_of(local_day(until))
    world: World | None = None
    if last > made_until:
        content = connection.execute(sa.select(truth.state.c.content)).scalar_one()
        world = World.from_bytes(content)
        for number in range(last - made_until):
            weeks.live(world, ledger)
            share = (number + 1) / (last - made_until)
            progress(f"Made the week of {as_date(week_start(world.week - 1))}", 0.1 + 0.8 * share)
    assert start_week <= made_until
    patches = ledger.due_patches()
    if patches is not None:
        rows = patches.drop_columns([VISIBLE])
        loading.update(connection, shop.products, rows)
    connection.execute(sa.delete(truth.pending))
    if world is not None:
        connection.execute(sa.delete(truth.state))
    for table, rows in kept_rows(world, ledger):
        loading.append(connection, table, rows)
    details["until"] = until.isoformat()
    connection.execute(
        sa.update(shop.shop_mark).values(details=json.dumps(details, sort_keys=True))
    )
    progress("The shop lives on", 1.0)
    canonical = {table.name for table in shop.CANONICAL}
    return ExtendReport(
        since=since,
        until=until,
        weeks_made=last - made_until,
        rows={name: n for name, n in ledger.written.items() if name in canonical},
    )
