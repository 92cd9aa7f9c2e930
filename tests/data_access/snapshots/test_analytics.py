"""One engine a process, asked by many threads at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from data_access.queries.sales import sales_by_day, top_products
from data_access.queries.selection import SalesSelection
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.store import SnapshotStore
from tests.factories.databases import Taker
from tests.factories.patience import BUSY
from tests.factories.shop import ShopFactory

MARCH = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}


def test_fifty_threads_get_the_answer_that_one_gets(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    for n in range(1, 31):
        shop.order(day=f"2026-03-{n:02d}", lines=[("mug", n, 2.5), ("pot", 1, 20.0)])
    number = take().number
    questions = [
        sales_by_day(SalesSelection(level="shop", **MARCH)),
        sales_by_day(SalesSelection(level="product", series_id="mug", **MARCH)),
        top_products(SalesSelection(level="shop", **MARCH)),
    ]
    expected = [analytics.frame(number, q) for q in questions]

    def ask(n: int) -> bool:
        return analytics.frame(number, questions[n % 3]).equals(expected[n % 3])

    with ThreadPoolExecutor(50) as threads:
        assert all(threads.map(ask, range(300)))


def test_views_are_made_once_by_many_threads_at_once(
    shop: ShopFactory, take: Taker, store: SnapshotStore
) -> None:
    shop.order(day="2026-03-20", product="mug")
    number = take().number
    fresh = Analytics(store, memory_mb=256, threads=1)
    try:
        with ThreadPoolExecutor(20) as threads:
            asked = sa.select(tables.orders)
            answers = list(threads.map(lambda _: len(fresh.frame(number, asked)), range(40)))
    finally:
        fresh.close()
    assert answers == [1] * 40


def test_two_snapshots_are_asked_side_by_side(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    shop.order(day="2026-03-20", product="mug")
    one = take().number
    shop.order(day="2026-03-21", product="mug")
    two = take().number

    counts = [len(analytics.frame(n, sa.select(tables.orders))) for n in (one, two, one)]

    assert counts == [1, 2, 1]


def test_a_pinned_snapshot_that_is_old_can_still_be_asked(
    shop: ShopFactory, take: Taker, store: SnapshotStore, analytics: Analytics
) -> None:
    shop.order(day="2026-03-20", product="mug")
    one, two = take().number, take().number
    analytics.frame(one, sa.select(tables.orders))
    store.prune(keep=1, pinned=set())

    analytics.frame(two, sa.select(tables.orders))

    assert [m.number for m in store.list()] == [two]


def test_stored_results_are_read_like_tables(tmp_path: Path, analytics: Analytics) -> None:
    forecast = sa.Table("forecast_7", sa.MetaData(), sa.Column("units", sa.Double()))
    pq.write_table(pa.table({"units": [1.5, 2.5]}), tmp_path / "part.parquet")
    analytics.register_parquet(forecast, [tmp_path / "part.parquet"])

    total = analytics.published_frame(sa.select(sa.func.sum(forecast.c.units).label("units")))

    assert total["units"].tolist() == [4.0]


def test_text_in_a_question_is_never_part_of_the_sql(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    shop.product("o'clock; DROP")
    shop.order(day="2026-03-20", product="o'clock; DROP", units=2)
    selection = SalesSelection(level="product", series_id="o'clock; DROP", **MARCH)

    frame = analytics.frame(take().number, sales_by_day(selection))

    assert frame["units"].sum() == 2


def test_a_question_beyond_the_memory_limit_is_answered_in_words(store: SnapshotStore) -> None:
    started = time.monotonic()
    engine = Analytics(store, memory_mb=256, threads=1)
    engine.close()
    assert time.monotonic() - started < BUSY * 5
