"""Derived tables against numbers worked out by hand."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.snapshots import tables
from tests.factories.databases import Reader
from tests.factories.shop import ShopFactory


def days(column: pd.Series) -> list[str]:
    return column.dt.strftime("%Y-%m-%d").tolist()


def test_declined_and_cancelled_orders_are_no_sales(shop: ShopFactory, read: Reader) -> None:
    shop.order(day="2026-03-02", product="mug", units=3, price=2.5)
    shop.order(day="2026-03-02", product="mug", units=5, status="cancelled")
    shop.order(day="2026-03-02", product="mug", units=7, status="declined")
    shop.order(day="2026-03-02", product="mug", units=1, price=2.0, status="delivered")

    sales = read(sa.select(tables.daily_sales))

    assert sales["units"].tolist() == [4]
    assert sales["revenue"].tolist() == [95_000]  # 3 × 2.50 + 1 × 2.00
    assert sales["orders"].tolist() == [2]
    assert sales["cost"].tolist() == [160_000]  # 4 × 4.00


def test_an_order_with_a_product_on_two_lines_counts_once(shop: ShopFactory, read: Reader) -> None:
    shop.order(day="2026-03-02", lines=[("mug", 1, 10.0), ("mug", 2, 8.0), ("pot", 1, 30.0)])

    sales = read(sa.select(tables.daily_sales).order_by("product_id"))

    assert sales["product_id"].tolist() == ["mug", "pot"]
    assert sales["orders"].tolist() == [1, 1]
    assert sales["revenue"].tolist() == [260_000, 300_000]


def test_an_order_at_local_midnight_belongs_to_the_new_day(shop: ShopFactory, read: Reader) -> None:
    shop.order(day="2026-03-28", at="23:59:59", product="mug")
    shop.order(day="2026-03-29", at="00:00", product="mug")  # the day of the change
    shop.order(day="2026-03-30", at="00:00", product="mug")  # now two hours ahead of UTC

    orders = read(sa.select(tables.orders).order_by("placed_at"))

    assert days(orders["local_day"]) == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert days(orders["local_week"]) == ["2026-03-23", "2026-03-23", "2026-03-30"]
    assert orders["hour"].tolist() == [23, 0, 0]
    assert orders["placed_at"].tolist() == [
        datetime(2026, 3, 28, 22, 59, 59),
        datetime(2026, 3, 28, 23),
        datetime(2026, 3, 29, 22),
    ]


def test_the_last_status_by_time_is_the_status(shop: ShopFactory, read: Reader) -> None:
    back = shop.order(day="2026-03-02", product="mug")
    shop.status(back, "shipped", day="2026-03-03")
    shop.status(back, "cancelled", day="2026-03-05")
    shop.status(back, "delivered", day="2026-03-04")
    fresh = shop.order(day="2026-03-02", product="mug")

    orders = read(sa.select(tables.orders)).set_index("order_id")

    assert orders.loc[back, "status"] == "cancelled"
    assert orders.loc[fresh, "status"] == "placed"


def test_codes_that_differ_by_case_are_two_products(shop: ShopFactory, read: Reader) -> None:
    shop.product("85123a", cost=1.0)
    shop.product("85123A", cost=2.0)
    shop.order(day="2026-03-02", lines=[("85123a", 1, 10.0), ("85123A", 2, 20.0)])

    sales = read(sa.select(tables.daily_sales)).set_index("product_id")

    assert sales.loc["85123a", "units"] == 1
    assert sales.loc["85123A", "units"] == 2
    assert sales.loc["85123A", "cost"] == 40_000


def test_a_week_of_the_training_panel(shop: ShopFactory, read: Reader) -> None:
    shop.category("house")
    shop.category("kitchen", parent="house")
    shop.product("mug", category="kitchen", price=10.0)
    shop.price("mug", 12.0, since="2026-03-05")
    shop.order(day="2026-03-02", product="mug", units=3, price=8.0)
    shop.order(day="2026-03-08", product="mug", units=1, price=12.0)
    # Monday and Tuesday for the product, Tuesday to Thursday for the branch: four days.
    shop.promotion(first="2026-03-02", last="2026-03-03", product="mug")
    shop.promotion(first="2026-03-03", last="2026-03-05", category="house")
    shop.stock("mug", day="2026-03-05", units=-1, level=0)
    shop.stock("mug", day="2026-03-07", units=20, level=20, at="08:00")

    week = read(sa.select(tables.weekly_sales)).iloc[0]

    assert week["units"] == 4
    assert week["revenue"] == 360_000
    assert week["price"] == 90_000  # 36 / 4
    assert week["list_price"] == 120_000  # at the week's end
    assert week["promo_share"] == pytest.approx(4 / 7)
    assert week["stockout_days"] == 2  # 5 and 6 March ended without stock


def test_a_week_without_sales_but_with_something_to_say_is_there(
    shop: ShopFactory, read: Reader
) -> None:
    shop.order(day="2026-03-02", product="mug", units=3)
    shop.order(day="2026-03-20", product="pot")
    shop.stock("mug", day="2026-03-06", units=-3, level=0)
    shop.stock("mug", day="2026-03-17", units=9, level=9)

    weeks = read(
        sa.select(tables.weekly_sales)
        .where(tables.weekly_sales.c.product_id == "mug")
        .order_by("local_week")
    )

    assert days(weeks["local_week"]) == ["2026-03-02", "2026-03-09", "2026-03-16"]
    assert weeks["units"].tolist() == [3, 0, 0]
    assert weeks["stockout_days"].tolist() == [3, 7, 1]
    assert weeks["price"].isna().tolist() == [False, True, True]


def test_a_spell_without_stock_ends_the_day_before_it_is_filled_up(
    shop: ShopFactory, read: Reader
) -> None:
    shop.order(day="2026-03-02", product="mug")
    shop.stock("mug", day="2026-03-02", units=-1, level=0)
    shop.stock("mug", day="2026-03-03", units=-1, level=-1)
    shop.stock("mug", day="2026-03-05", units=5, level=4)
    shop.stock("mug", day="2026-03-10", units=-4, level=0, at="09:00")
    shop.stock("mug", day="2026-03-10", units=4, level=4, at="15:00")  # back on the same day
    shop.stock("mug", day="2026-03-20", units=-4, level=0)

    spells = read(sa.select(tables.stock_outs).order_by("first_day"))

    assert days(spells["first_day"]) == ["2026-03-02", "2026-03-20"]
    assert spells["last_day"].isna().tolist() == [False, True]
    assert days(spells["last_day"].dropna()) == ["2026-03-04"]


def test_what_is_known_of_a_customer(shop: ShopFactory, read: Reader) -> None:
    shop.order(day="2026-03-01", product="mug", customer="ada", status="declined")
    first = shop.order(day="2026-03-02", product="mug", units=2, price=5.0, customer="ada")
    shop.order(day="2026-03-09", lines=[("mug", 1, 5.0), ("pot", 1, 20.0)], customer="ada")
    shop.refund(first, day="2026-03-05", amount=2.5)
    shop.order(day="2026-03-03", product="mug")  # nobody's

    facts = read(sa.select(tables.customer_facts))

    assert facts["customer_id"].tolist() == ["ada"]
    row = facts.iloc[0]
    assert (row["orders"], row["units"], row["revenue"], row["refunds"]) == (2, 4, 350_000, 25_000)
    assert days(facts["first_order_day"]) == ["2026-03-02"]
    assert days(facts["last_order_day"]) == ["2026-03-09"]


def test_key_figures_of_a_day(shop: ShopFactory, read: Reader) -> None:
    shop.product("mug", cost=4.0)
    shop.product("find", cost=None)
    first = shop.order(
        day="2026-03-02",
        lines=[("mug", 2, 10.0), ("find", 1, 7.0)],
        customer="ada",
        coupon_value=1.5,
        shipping=4.9,
    )
    shop.order(day="2026-03-02", product="mug", customer="ada")
    shop.order(day="2026-03-02", product="mug", customer="bob", status="declined")
    shop.order(day="2026-03-02", product="mug", customer="eve", status="cancelled")
    shop.order(day="2026-03-25", product="mug")  # the shop is alive
    shop.refund(first, day="2026-03-04", amount=3.0)
    shop.chargeback(first, day="2026-03-04", amount=27.0, known="2026-03-20")
    shop.review(day="2026-03-04", stars=4)
    shop.review(day="2026-03-04", stars=2)
    shop.ticket(day="2026-03-04")
    for session, kind in (("s1", "view"), ("s1", "purchase"), ("s2", "view"), ("s3", "search")):
        shop.event(day="2026-03-02", session=session, kind=kind)

    table = read(sa.select(tables.key_figures)).set_index("local_day")
    second, fourth = table.loc["2026-03-02"], table.loc["2026-03-04"]

    assert second["revenue"] == 370_000
    assert second["orders"] == 2
    assert second["units"] == 4
    assert second["cost"] == 120_000  # three mugs
    assert second["revenue_with_cost"] == 300_000
    assert second["discounts"] == 15_000
    assert second["shipping"] == 49_000
    assert second["customers"] == 1
    assert second["new_customers"] == 1
    assert (second["declined"], second["cancelled"]) == (1, 1)
    assert (second["visits"], second["conversions"]) == (3, 1)
    assert (fourth["refund_amount"], fourth["refund_count"]) == (30_000, 1)
    assert (fourth["chargebacks"], fourth["reviews"], fourth["stars"]) == (1, 2, 6)
    assert fourth["tickets"] == 1
    assert fourth["revenue"] == 0
    assert table["visits"].isna().sum() == len(table) - 1
    assert len(table) == 30  # 2 to 31 March, every day
