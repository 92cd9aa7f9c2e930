"""What a refresh publishes, what it refuses, and as of when."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop import tables as shop_tables
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.manifest import Check, Manifest
from data_access.snapshots.reconcile import reconcile
from data_access.snapshots.refresh import SnapshotRefused
from data_access.snapshots.store import SnapshotStore
from tests.factories.databases import HASH_KEY, NOW, Taker
from tests.factories.shop import ShopFactory


def named(checks: tuple[Check, ...], name: str) -> Check:
    return next(c for c in checks if c.name == name)


def test_a_manifest_survives_its_own_text(shop: ShopFactory, take: Taker) -> None:
    shop.order(day="2026-03-30", product="mug", customer="ada")

    manifest = take(made_by="ada")

    assert Manifest.from_json(manifest.to_json()) == manifest
    assert manifest.notes[0] == "Asked for by ada."


def test_every_copied_row_is_there_and_counted(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    for n in range(1, 29):
        shop.order(day=f"2026-02-{n:02d}", product="mug", customer="ada")
    manifest = take()

    for table in shop_tables.CANONICAL:
        with shop.engine.connect() as connection:
            there = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        copied = tables.snapshot_metadata.tables[table.name]
        here = analytics.frame(
            manifest.number, sa.select(sa.func.count().label("n")).select_from(copied)
        )["n"][0]
        assert here == there == manifest.tables[table.name].rows


def test_a_living_shop_is_shown_as_of_now(shop: ShopFactory, take: Taker) -> None:
    shop.order(day="2026-03-20", product="mug")

    manifest = take(now=datetime(2026, 3, 31, 22, 30))

    assert manifest.as_of == datetime(2026, 3, 31, 22, 30)
    assert manifest.as_of_day == date(2026, 4, 1)  # half past midnight in Berlin
    assert manifest.first_day == date(2026, 3, 20)


def test_history_that_ended_is_shown_as_of_the_end_of_its_last_day(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    shop.order(day="2011-12-01", product="mug")
    shop.order(day="2011-12-09", product="mug")

    manifest = take()

    assert manifest.as_of_day == date(2011, 12, 9)
    assert manifest.as_of == datetime(2011, 12, 9, 22, 59, 59, 999999)
    days = analytics.frame(manifest.number, sa.select(tables.key_figures))
    assert len(days) == 9
    assert "as of that day" in named(manifest.checks, "fresh orders").detail


def test_a_shop_without_orders_is_told_so(shop: ShopFactory, take: Taker) -> None:
    shop.product("mug")

    with pytest.raises(DataError, match="no orders yet") as refused:
        take()

    assert "Import orders" in refused.value.remedy


@pytest.mark.parametrize(
    ("table", "values", "name"),
    [
        ("order_items", {"units": 0}, "order_items.units is above 0"),
        ("order_items", {"unit_price": -1}, "order_items.unit_price is not negative"),
        ("order_items", {"product_id": "ghost"}, "order_items name known products"),
        ("order_items", {"order_id": "ghost"}, "order_items belong to orders"),
        (
            "orders",
            {"placed_at": NOW + timedelta(hours=25)},
            "orders.placed_at is not in the future",
        ),
        (
            "order_status_changes",
            {"status": "lost"},
            "order_status_changes.status is a known status",
        ),
    ],
)
def test_a_hard_check_that_fails_publishes_nothing_and_names_the_rows(
    shop: ShopFactory, take: Taker, store: SnapshotStore, table: str, values: dict, name: str
) -> None:
    shop.order(day="2026-03-20", product="mug", order_id="A1", status="shipped")
    good = take()
    bad = shop.order(day="2026-03-21", product="mug", order_id="A2", status="shipped")
    there = shop_tables.metadata.tables[table]
    shop.change(there, {"order_id": bad}, now=NOW, **values)

    with pytest.raises(SnapshotRefused) as refused:
        take(now=NOW + timedelta(minutes=5))

    failed = named(refused.value.checks, name)
    assert failed.rows_found == 1
    assert "A2" in " ".join(failed.sample) or "ghost" in " ".join(failed.sample)
    assert failed.sample[0] in str(refused.value)
    assert refused.value.remedy
    assert store.newest() == good


def test_an_instant_within_the_tolerance_is_no_reason_to_refuse(
    shop: ShopFactory, take: Taker
) -> None:
    shop.order(day="2026-04-01", product="mug", order_id="A1")  # 22 hours ahead

    assert take().tables["orders"].rows == 1


def test_soft_checks_tell_what_is_missing_and_publish(shop: ShopFactory, take: Taker) -> None:
    shop.product("mug", category=None, cost=None)
    shop.order(day="2026-03-01", product="mug")
    shop.order(day="2026-03-20", product="mug")

    manifest = take()

    warned = {c.name for c in manifest.warnings}
    assert warned == {
        "orders with a customer",
        "products with a category",
        "products with a cost",
        "days with orders",
        "fresh orders",
    }
    gap = named(manifest.checks, "days with orders")
    assert gap.rows_found == 18
    assert gap.sample == ("2026-03-02 to 2026-03-19",)
    assert all(c.remedy for c in manifest.warnings)


def test_progress_rises_to_one_and_may_cancel(
    shop: ShopFactory, take: Taker, store: SnapshotStore
) -> None:
    shop.order(day="2026-03-20", product="mug")
    told: list[float] = []
    take(progress=lambda _step, share: told.append(share))

    assert told == sorted(told)
    assert told[-1] == 1.0

    def cancel(step: str, _share: float) -> None:
        if step.startswith("Deriving"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(progress=cancel)
    assert store.newest_number() == 1
    assert not list((store.folder / "staging").iterdir())


@pytest.mark.parametrize("shop_engine", ["sqlite"], indirect=True)
def test_an_unreadable_date_is_refused_in_words(shop: ShopFactory, take: Taker) -> None:
    """Only SQLite keeps a text where a date belongs."""
    shop.order(day="2026-03-20", product="mug")
    with shop.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE orders SET placed_at = 'yesterday'")

    with pytest.raises(DataError, match="placed_at") as refused:
        take()

    assert refused.value.remedy


def test_nothing_is_written_to_the_shop(shop: ShopFactory, take: Taker) -> None:
    shop.order(day="2026-03-20", product="mug")
    before = sa.inspect(shop.engine).get_table_names()

    take()

    assert sa.inspect(shop.engine).get_table_names() == before


def test_the_mark_and_the_truth_of_a_demo_shop_do_not_enter(shop: ShopFactory, take: Taker) -> None:
    shop.order(day="2026-03-20", product="mug")

    held = set(take().tables)

    assert "shopsight_mark" not in held
    assert not any(name.startswith("truth") for name in held)


def test_totals_agree_with_the_shop_and_a_difference_is_shown(
    shop: ShopFactory, take: Taker, analytics: Analytics
) -> None:
    order = shop.order(day="2026-03-20", product="mug", units=3, price=2.5, shipping=4.9)
    shop.order(day="2026-03-21", product="mug", units=1, price=2.5, status="cancelled")
    shop.refund(order, day="2026-03-22", amount=2.5)
    manifest = take()

    totals = {t.name: t for t in reconcile(shop.engine, manifest, analytics)}
    assert all(t.difference == 0 for t in totals.values())
    assert totals["Value of lines"].shop == 10.0
    assert totals["Refunds"].snapshot == 2.5
    assert totals["Units"].shop == 4

    shop.order(day="2026-03-30", product="mug")  # after the snapshot: no mistake
    shop.delete(shop_tables.refunds, {"order_id": order})
    totals = {t.name: t for t in reconcile(shop.engine, manifest, analytics)}
    assert totals["Orders"].difference == 0
    assert totals["Refunds"].difference == 2.5


def test_the_key_is_not_in_the_manifest(shop: ShopFactory, take: Taker) -> None:
    shop.order(day="2026-03-20", product="mug")

    text = take().to_json()

    assert HASH_KEY.decode() not in text
    assert HASH_KEY.hex() not in text
