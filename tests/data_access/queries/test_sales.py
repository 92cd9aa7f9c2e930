"""Sales queries against numbers worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from data_access.queries.sales import (
    category_weeks,
    changed_products,
    product_weeks,
    sales_by_day,
    sales_by_week,
    top_products,
    training_panel,
    units_in_category,
)
from data_access.queries.selection import SalesSelection
from tests.factories.databases import Reader
from tests.factories.shop import ShopFactory

# Queries read the snapshot: which engine the shop has is the business of tests/…/snapshots.
pytestmark = pytest.mark.parametrize("shop_engine", ["sqlite"], indirect=True)


def selection(
    level: str = "shop",
    series: str | None = None,
    first: str = "2026-03-02",
    last: str = "2026-03-15",
) -> SalesSelection:
    return SalesSelection(
        level=level,  # type: ignore[arg-type]
        series_id=series,
        first_day=date.fromisoformat(first),
        last_day=date.fromisoformat(last),
    )


@pytest.fixture
def stocked(shop: ShopFactory) -> ShopFactory:
    """House > kitchen > cups, and garden; two weeks of sales from Monday 2 March 2026."""
    shop.category("house")
    shop.category("kitchen", parent="house")
    shop.category("cups", parent="kitchen")
    shop.category("garden")
    shop.product("mug", category="cups", name="Enamel mug")
    shop.product("pot", category="kitchen", name="Copper pot", cost=None)
    shop.product("rake", category="garden", name="Garden rake")
    shop.order(day="2026-02-20", product="mug", units=1, price=10.0)
    shop.order(day="2026-03-02", lines=[("mug", 2, 10.0), ("pot", 1, 40.0)])
    shop.order(day="2026-03-04", product="rake", units=1, price=15.0)
    shop.order(day="2026-03-04", product="mug", units=9, price=10.0, status="cancelled")
    shop.order(day="2026-03-10", product="mug", units=3, price=9.0)
    shop.order(day="2026-03-20", product="rake", units=1, price=15.0)
    return shop


def test_days_of_the_shop_without_gaps(stocked: ShopFactory, read: Reader) -> None:
    days = read(sales_by_day(selection(last="2026-03-05")))

    assert days["local_day"].dt.strftime("%d").tolist() == ["02", "03", "04", "05"]
    assert days["units"].tolist() == [3, 0, 1, 0]
    assert days["revenue"].tolist() == [60.0, 0.0, 15.0, 0.0]
    assert days["orders"].tolist() == [1, 0, 1, 0]


def test_a_product_beside_its_own_category(stocked: ShopFactory, read: Reader) -> None:
    stocked.product("cup", category="cups", name="Cup")
    stocked.product("loose", category=None, name="Without a category")
    stocked.order(day="2026-03-02", product="cup", units=5, price=4.0)
    stocked.order(day="2026-03-02", product="loose", units=1, price=4.0)

    days = read(units_in_category(selection("product", "mug")))
    none = read(units_in_category(selection("product", "loose")))

    assert days["local_day"].dt.strftime("%d").tolist() == ["02", "10"]
    assert days["own"].tolist() == [2, 3]
    assert days["whole"].tolist() == [7, 3]
    assert none.empty


def test_a_category_includes_all_below_it_and_nothing_else(
    stocked: ShopFactory, read: Reader
) -> None:
    days = read(sales_by_day(selection("category", "house", last="2026-03-04")))

    assert days["units"].tolist() == [3, 0, 0]
    assert days["revenue"].tolist() == [60.0, 0.0, 0.0]
    assert days["orders"].isna().all()  # one order with both products is not two


def test_days_of_a_product(stocked: ShopFactory, read: Reader) -> None:
    days = read(sales_by_day(selection("product", "mug", last="2026-03-04")))

    assert days["units"].tolist() == [2, 0, 0]
    assert days["orders"].tolist() == [1, 0, 0]


def test_weeks_at_each_level(stocked: ShopFactory, read: Reader) -> None:
    shop = read(sales_by_week(selection()))
    kitchen = read(sales_by_week(selection("category", "kitchen")))
    rake = read(sales_by_week(selection("product", "rake")))

    for weeks in (shop, kitchen, rake):
        assert weeks["local_week"].dt.strftime("%m-%d").tolist() == ["03-02", "03-09"]
        assert weeks["days"].tolist() == [7, 7]
    assert shop["units"].tolist() == [4, 3]
    assert shop["revenue"].tolist() == [75.0, 27.0]
    assert kitchen["revenue"].tolist() == [60.0, 27.0]
    assert rake["units"].tolist() == [1, 0]
    assert rake["orders"].tolist() == [1, 0]


def test_a_week_that_has_not_ended_says_so(stocked: ShopFactory, read: Reader) -> None:
    weeks = read(sales_by_week(selection(first="2026-03-25", last="2026-04-10")))

    assert weeks["days"].tolist() == [7, 2]  # as of Tuesday, 31 March


def test_weeks_of_each_category(stocked: ShopFactory, read: Reader) -> None:
    weeks = read(category_weeks(selection()))

    rows = list(zip(weeks["local_week"].dt.day, weeks["category"], weeks["revenue"], strict=True))
    assert rows == [(2, "Cups", 20.0), (2, "Garden", 15.0), (2, "Kitchen", 40.0), (9, "Cups", 27.0)]


def test_top_products_by_what_is_asked(stocked: ShopFactory, read: Reader) -> None:
    by_revenue = read(top_products(selection()))
    by_units = read(top_products(selection(), order_by="units", limit=1))

    assert by_revenue["product_id"].tolist() == ["mug", "pot", "rake"]
    assert by_revenue["revenue"].tolist() == [47.0, 40.0, 15.0]
    assert by_revenue["price"].tolist() == [9.4, 40.0, 15.0]
    assert by_revenue["orders"].tolist() == [2, 1, 1]
    assert by_revenue["found"].tolist() == [3, 3, 3]
    assert by_units["product"].tolist() == ["Enamel mug"]


def test_pages_of_products_do_not_overlap(stocked: ShopFactory, read: Reader) -> None:
    pages = [read(top_products(selection(), limit=1, offset=n)) for n in range(4)]

    assert [p["product_id"].tolist() for p in pages] == [["mug"], ["pot"], ["rake"], []]


def test_products_that_changed_most_against_the_days_before(
    stocked: ShopFactory, read: Reader
) -> None:
    changed = read(changed_products(selection(first="2026-03-09", last="2026-03-15")))

    assert changed["product_id"].tolist() == ["pot", "rake", "mug"]
    assert changed["change"].tolist() == [-40.0, -15.0, 7.0]
    assert changed["units_before"].tolist() == [1, 1, 2]
    assert changed["revenue"].tolist() == [0.0, 0.0, 27.0]


def test_the_training_panel_holds_weeks_with_something_to_say(
    stocked: ShopFactory, read: Reader
) -> None:
    panel = read(training_panel(date(2026, 3, 2), date(2026, 3, 9)))

    assert list(zip(panel["product_id"], panel["week"].dt.day, panel["units"], strict=True)) == [
        ("mug", 2, 2),
        ("mug", 9, 3),
        ("pot", 2, 1),
        ("rake", 2, 1),
    ]
    assert panel["price"].tolist() == [10.0, 9.0, 40.0, 15.0]
    assert panel["list_price"].tolist() == [10.0, 10.0, 10.0, 10.0]
    assert panel["promo_share"].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_the_panel_of_one_category(stocked: ShopFactory, read: Reader) -> None:
    panel = read(product_weeks(selection("category", "kitchen")))

    assert sorted(set(panel["product_id"])) == ["mug", "pot"]


def test_an_unknown_series_is_an_empty_one(stocked: ShopFactory, read: Reader) -> None:
    assert read(sales_by_day(selection("product", "ghost")))["units"].sum() == 0
    assert read(sales_by_day(selection("category", "ghost")))["units"].sum() == 0
    assert read(top_products(selection("category", "ghost"))).empty


def test_categories_in_a_circle_end(shop: ShopFactory, read: Reader) -> None:
    shop.category("egg", parent=None)
    shop.category("hen", parent="egg")
    shop.product("yolk", category="hen")
    shop.order(day="2026-03-20", product="yolk", units=2)
    from data_access.shop import tables as shop_tables
    from tests.factories.databases import NOW

    shop.change(shop_tables.categories, {"category_id": "egg"}, now=NOW, parent_id="hen")

    days = read(sales_by_day(selection("category", "egg", first="2026-03-20", last="2026-03-20")))

    assert days["units"].tolist() == [2]
