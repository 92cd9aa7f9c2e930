"""Making a demo shop, and letting it live on: the two doors of the package."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop import loading
from data_access.shop import tables as shop
from data_access.shop.engines import require_writable
from data_access.sources.demo import truth, weeks
from data_access.sources.demo.calendar import (
    as_date,
    day_number,
    local_day,
    micros,
    midnight,
    week_of,
    week_start,
)
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.sizes import SIZES, WEEKS
from data_access.sources.demo.world import World

MADE_BY = "demo"
CURRENCY, TIME_ZONE = "EUR", "Europe/Berlin"
VERSION = 2
"""Rises when a shop made earlier can no longer be extended by this code."""

Progress = Callable[[str, float], None]

TABLES: tuple[sa.Table, ...] = (shop.shop_mark, *shop.CANONICAL, *truth.TRUTH)


def default_start(until: datetime) -> date:
    """Monday three years before ``until``."""
    return as_date(week_start(week_of(local_day(until)) - WEEKS + 1))


def make_demo(
    engine: sa.Engine,
    *,
    size: str = "small",
    seed: int = 7,
    until: datetime,
    progress: Progress = lambda step, share: None,
    start: date | None = None,
) -> None:
    """Make the demo shop anew, as it is known at ``until``.

    Parameters
    ----------
    engine : writable engine of an empty database, or of one that an earlier demo made.
    size : ``small``, ``medium`` or ``large``.
    seed : everything in the shop is a function of (seed, day) and of ``start``.
    until : naive UTC instant; nothing known later is in the shop.
    progress : called with a step and the share done, 0 to 1.
    start : Monday on which the shop's records begin; default three years before ``until``.

    Raises
    ------
    DataError : the database holds something else, or the size is unknown.
    """
    if size not in SIZES:
        raise DataError(
            f"There is no demo shop of size '{size}'.", remedy="Choose small, medium or large."
        )
    require_writable(engine, MADE_BY)
    first = start or default_start(until)
    start_week = week_of(day_number(first))
    if as_date(week_start(start_week)) != first or midnight(week_start(start_week)) > micros(until):
        raise DataError(
            f"A demo shop cannot begin on {first}.", remedy="Choose a Monday before its end."
        )
    weeks_to_make = week_of(local_day(until)) - start_week + 1
    with loading.rebuild(engine, TABLES) as writer:
        products: list[pa.Table] = []

        def keep(table: sa.Table, rows: pa.Table) -> None:
            # Product rows wait for the end: costs and last days still change.
            if table.name == shop.products.name:
                products.append(rows)
            else:
                writer.append(table, rows)

        ledger = Ledger(until=micros(until), append=keep, replace=keep)
        world = weeks.found(seed, SIZES[size], start_week, ledger)
        for number in range(weeks_to_make):
            weeks.live(world, ledger)
            if number % 4 == 3 or number == weeks_to_make - 1:
                day = as_date(week_start(world.week))
                progress(f"Made the shop up to {day:%B %Y}", 0.80 * (number + 1) / weeks_to_make)
        writer.append(shop.products, _patched(pa.concat_tables(products), ledger.due_patches()))
        details = {
            "size": size,
            "seed": seed,
            "start": first.isoformat(),
            "until": until.isoformat(),
            "version": VERSION,
            "currency": CURRENCY,
            "time_zone": TIME_ZONE,
            "events": f"Shopper events of the last 90 days of the first three years and since; "
            f"{SIZES[size].events_share:.0%} of all sessions are recorded.",
            "events_share": SIZES[size].events_share,
        }
        writer.append(shop.shop_mark, _mark_rows(details, until))
        for table, rows in kept_rows(world, ledger):
            writer.append(table, rows)
        progress("Building the indexes", 0.82)
    progress("The shop is made", 1.0)


def kept_rows(world: World | None, ledger: Ledger) -> list[tuple[sa.Table, pa.Table]]:
    held = ledger.contents()
    kept = [
        (
            truth.pending,
            pa.table(
                {
                    "name": pa.array(list(held), pa.string()),
                    "content": pa.array(list(held.values()), pa.binary()),
                }
            ),
        )
    ]
    if world is not None:
        content = pa.array([world.to_bytes()], pa.binary())
        kept.append((truth.state, pa.table({"name": pa.array(["world"]), "content": content})))
    return kept


def _mark_rows(details: dict[str, Any], until: datetime) -> pa.Table:
    return pa.table(
        {
            "made_by": [MADE_BY],
            "details": [json.dumps(details, sort_keys=True)],
            "made_at": pa.array([until], pa.timestamp("us")),
        }
    )


def _patched(products: pa.Table, patches: pa.Table | None) -> pa.Table:
    """Product rows with the changes that are known by now; later ones win."""
    if patches is None:
        return products
    index = {code: place for place, code in enumerate(products["product_id"].to_pylist())}
    columns = {name: products[name].to_pylist() for name in ("unit_cost", "ended_on", "updated_at")}
    for row in patches.to_pylist():
        place = index[row["product_id"]]
        for name, values in columns.items():
            if row[name] is not None:
                values[place] = row[name]
    for name, values in columns.items():
        at = products.schema.get_field_index(name)
        products = products.set_column(at, name, pa.array(values, products.schema.field(name).type))
    return products
