"""An incremental refresh ends where a full one would."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_access.shop import tables as shop_tables
from data_access.shop.engines import make_engine
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.refresh import refresh
from data_access.snapshots.store import SnapshotStore
from tests.factories.databases import HASH_KEY, NOW, Taker
from tests.factories.shop import BERLIN, ShopFactory

EVERY_TABLE = (*tables.COPIED, *tables.DERIVED)


def contents(analytics: Analytics, number: int) -> dict[str, pd.DataFrame]:
    """Every table of a snapshot, in the order of all its columns."""
    return {t.name: analytics.frame(number, sa.select(t).order_by(*t.columns)) for t in EVERY_TABLE}


def assert_same(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    for name, frame in left.items():
        pd.testing.assert_frame_equal(frame, right[name], obj=name)


def test_reads_only_what_changed_and_rewrites_only_its_month(
    shop: ShopFactory, take: Taker
) -> None:
    shop.order(day="2026-01-10", product="mug")
    shop.order(day="2026-02-10", product="mug")
    shop.order(day="2026-03-10", product="mug")
    first = take(now=NOW, split_above=0)

    shop.order(day="2026-03-30", product="mug")
    second = take(now=NOW + timedelta(hours=1))

    assert second.kind == "incremental"
    assert second.rows_changed == 2  # the order and its line
    before = {p.period: p.path for p in first.tables["orders"].parts}
    after = {p.period: p.path for p in second.tables["orders"].parts}
    assert after["2026-01"] == before["2026-01"]
    assert after["2026-02"] == before["2026-02"]
    assert after["2026-03"] != before["2026-03"]
    assert second.tables["orders"].rows == 4
    assert {p.period for p in second.tables["daily_sales"].parts} == {
        "2026-01",
        "2026-02",
        "2026-03",
    }


def test_a_late_cancellation_reaches_the_month_of_the_order(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    order = shop.order(day="2026-01-10", product="mug", units=2, customer="ada")
    shop.order(day="2026-03-10", product="mug", customer="ada")
    take(now=NOW)

    shop.status(order, "cancelled", day="2026-03-30")
    manifest = take(now=NOW + timedelta(hours=1))

    assert manifest.kind == "incremental"
    sales = analytics.frame(manifest.number, sa.select(tables.daily_sales))
    assert sales["local_day"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-10"]
    facts = analytics.frame(manifest.number, sa.select(tables.customer_facts))
    assert facts["first_order_day"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-10"]


def test_an_order_that_moves_to_another_month_takes_its_lines_along(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    order = shop.order(day="2026-01-10", product="mug", units=2)
    shop.order(day="2026-03-10", product="mug")
    take(now=NOW)

    shop.change(
        shop_tables.orders, {"order_id": order}, now=NOW, placed_at=datetime(2026, 2, 3, 12)
    )
    manifest = take(now=NOW + timedelta(hours=1))

    assert manifest.kind == "incremental"
    items = analytics.frame(
        manifest.number,
        sa.select(tables.order_items).where(tables.order_items.c.order_id == order),
    )
    assert items["local_day"].dt.strftime("%Y-%m-%d").tolist() == ["2026-02-03"]


def test_a_deleted_row_is_noticed_by_its_count_and_everything_is_read_again(
    shop: ShopFactory, take: Taker
) -> None:
    shop.order(day="2026-03-09", product="mug")
    gone = shop.order(day="2026-03-10", product="mug")
    take(now=NOW)

    shop.delete(shop_tables.order_items, {"order_id": gone})
    shop.delete(shop_tables.orders, {"order_id": gone})
    manifest = take(now=NOW + timedelta(hours=1))

    assert manifest.kind == "full"
    assert manifest.tables["orders"].rows == 1
    assert any("read again" in note for note in manifest.notes)


def test_a_change_that_the_shop_did_not_date_is_noticed_by_the_sum_of_its_month(
    shop: ShopFactory, take: Taker
) -> None:
    shop.order(day="2026-03-09", product="mug", price=10.0)
    shop.order(day="2026-03-20", product="mug")
    take(now=NOW)
    with shop.engine.begin() as connection:
        connection.execute(sa.update(shop_tables.order_items).values(unit_price=70_000))
    shop.order(day="2026-03-30", product="mug")

    manifest = take(now=NOW + timedelta(hours=1))

    assert manifest.kind == "full"
    assert any("order_items of 2026-03" in note for note in manifest.notes)


def test_a_full_refresh_is_due_after_a_week(shop: ShopFactory, take: Taker) -> None:
    shop.order(day="2026-03-30", product="mug")

    kinds = [take(now=NOW + timedelta(days=days)).kind for days in (0, 1, 6, 7, 8)]

    assert kinds == ["full", "incremental", "incremental", "full", "incremental"]


def test_another_hash_key_zone_or_currency_is_read_in_full(shop: ShopFactory, take: Taker) -> None:
    shop.order(day="2026-03-30", product="mug")
    take()

    assert take(hash_key=b"another key of the tests 01234567").kind == "full"
    assert take(currency="GBP", hash_key=b"another key of the tests 01234567").kind == "full"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories")


DAYS = st.integers(0, 100).map(lambda n: (datetime(2025, 12, 20) + timedelta(days=n)).date())
STEP = st.one_of(
    st.tuples(st.just("order"), DAYS, st.sampled_from("abc"), st.integers(1, 5)),
    st.tuples(
        st.just("status"), DAYS, st.sampled_from(["cancelled", "shipped"]), st.integers(0, 9)
    ),
    st.tuples(st.just("move"), DAYS, st.just(""), st.integers(0, 9)),
    st.tuples(st.just("refund"), DAYS, st.just(""), st.integers(0, 9)),
    st.tuples(st.just("stock"), DAYS, st.sampled_from("abc"), st.integers(0, 1)),
    st.tuples(st.just("promotion"), DAYS, st.sampled_from("abc"), st.integers(0, 9)),
    st.tuples(st.just("cost"), DAYS, st.sampled_from("abc"), st.integers(1, 9)),
    st.tuples(st.just("category"), DAYS, st.sampled_from("abc"), st.integers(0, 1)),
    st.tuples(st.just("units"), DAYS, st.just(""), st.integers(1, 9)),
    st.tuples(st.just("price"), DAYS, st.sampled_from("abc"), st.integers(1, 9)),
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    above=st.sampled_from([0, 3, 250_000]),
    rounds=st.lists(st.lists(STEP, min_size=1, max_size=6), min_size=1, max_size=2),
)
def test_any_history_of_changes_ends_where_a_full_refresh_ends(
    scratch: Path, above: int, rounds: list[list[tuple]]
) -> None:
    folder = scratch / f"{len(list(scratch.iterdir())):04d}"
    engine = make_engine(f"sqlite:///{folder / 'shop.db'}")
    shop = ShopFactory(engine)
    for product in "abc":
        shop.product(product, category="kitchen" if product != "c" else "garden")
    orders = [shop.order(day="2025-12-21", product="a", customer="ada", units=2)]
    store = SnapshotStore(folder / "snapshots")
    now = NOW
    asked = {"zone": BERLIN, "currency": "EUR", "hash_key": HASH_KEY, "memory_mb": 512}
    refresh(engine, store, now=now, full=True, split_above=above, **asked)
    for steps in rounds:
        now += timedelta(hours=2)
        for step in steps:
            _apply(shop, orders, step, now - timedelta(minutes=30))
        manifest = refresh(engine, store, now=now, full=False, **asked)
        assert manifest.kind == "incremental", manifest.notes
    whole = refresh(engine, store, now=now, full=True, **asked)
    analytics = Analytics(store, memory_mb=512, threads=1)
    try:
        assert_same(contents(analytics, manifest.number), contents(analytics, whole.number))
    finally:
        analytics.close()
        engine.dispose()


def _apply(shop: ShopFactory, orders: list[str], step: tuple, now: datetime) -> None:
    what, day, word, number = step
    text = day.isoformat()
    order = orders[number % len(orders)]
    if what == "order":
        customer = "ada" if number % 2 else None
        orders.append(
            shop.order(day=text, product=word, units=number, customer=customer, updated_at=now)
        )
        shop.change(shop_tables.order_items, {"order_id": orders[-1]}, now=now)
    elif what == "status":
        if not _has_status(shop, order, word):
            shop.status(order, word, day=text)
            shop.change(
                shop_tables.order_status_changes, {"order_id": order, "status": word}, now=now
            )
    elif what == "move":
        placed = shop.instant(text)
        shop.change(shop_tables.orders, {"order_id": order}, now=now, placed_at=placed)
    elif what == "refund":
        shop.refund(order, day=text, amount=1.5, updated_at=now)
    elif what == "stock":
        change = shop.stock(word, day=text, units=1 if number else -1, level=number)
        shop.change(shop_tables.stock_changes, {"change_id": change}, now=now)
    elif what == "promotion":
        promotion = shop.promotion(
            first=text,
            last=(day + timedelta(days=number)).isoformat(),
            product=word if number % 3 == 0 else None,
            category="kitchen" if number % 3 == 1 else None,
        )
        shop.change(shop_tables.promotions, {"promotion_id": promotion}, now=now)
    elif what == "cost":
        shop.change(shop_tables.products, {"product_id": word}, now=now, unit_cost=number * 1000)
    elif what == "category":
        category = ("kitchen", "garden")[number]
        shop.change(shop_tables.products, {"product_id": word}, now=now, category_id=category)
    elif what == "units":
        shop.change(shop_tables.order_items, {"order_id": order}, now=now, units=number)
    elif what == "price":
        key = {"product_id": word, "valid_from": shop.instant("2020-01-01", "00:00")}
        shop.change(shop_tables.price_history, key, now=now, price=number * 10_000)


def _has_status(shop: ShopFactory, order: str, status: str) -> bool:
    changes = shop_tables.order_status_changes
    with shop.engine.connect() as connection:
        return (
            connection.execute(
                sa.select(changes.c.order_id).where(
                    changes.c.order_id == order, changes.c.status == status
                )
            ).first()
            is not None
        )


def test_after_a_clock_that_was_ahead_everything_is_read_once_and_the_note_says_why(
    shop: ShopFactory, take: Taker
) -> None:
    shop.order(day="2026-03-10", product="mug")
    take(now=NOW + timedelta(days=5))
    shop.order(day="2026-03-30", product="mug")

    mended = take(now=NOW, full=False)
    assert mended.kind == "full"
    assert any("The clock was ahead" in note for note in mended.notes)
    assert mended.tables["orders"].rows == 2
    assert take(now=NOW + timedelta(hours=1)).kind == "incremental"


def test_a_row_dated_ahead_does_not_hide_what_changes_until_then(
    shop: ShopFactory, take: Taker, shop_engine: sa.Engine, analytics: Analytics
) -> None:
    for order_id in ("ahead", "late"):
        shop.order(day="2026-03-10", product="mug", order_id=order_id)
    orders = shop_tables.orders
    with shop_engine.begin() as connection:
        ahead = sa.update(orders).where(orders.c.order_id == "ahead")
        connection.execute(ahead.values(updated_at=NOW + timedelta(days=5)))
    assert take(now=NOW).tables["orders"].watermark == NOW

    later = NOW + timedelta(hours=1)
    with shop_engine.begin() as connection:
        late = sa.update(orders).where(orders.c.order_id == "late")
        connection.execute(late.values(channel="app", updated_at=later))
    second = take(now=later + timedelta(minutes=1))
    assert second.kind == "incremental"
    copied = tables.snapshot_metadata.tables["orders"]
    found = analytics.frame(second.number, sa.select(copied.c.order_id, copied.c.channel))
    assert dict(found.itertuples(index=False))["late"] == "app"
