"""What can be selected, and what explains a series."""

from __future__ import annotations

from datetime import date

import pytest

from data_access.queries.events import (
    price_changes_in,
    promotions_in,
    stockouts_by_week,
    stockouts_in,
)
from data_access.queries.selection import SalesSelection
from data_access.queries.series import category_tree, series_label, series_options
from data_access.queries.shop import key_figures, shop_facts
from tests.factories.databases import Reader
from tests.factories.shop import ShopFactory

MARCH = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}
SHOP = SalesSelection(level="shop", **MARCH)
KITCHEN = SalesSelection(level="category", series_id="kitchen", **MARCH)
MUG = SalesSelection(level="product", series_id="mug", **MARCH)

# Queries read the snapshot: which engine the shop has is the business of tests/…/snapshots.
pytestmark = pytest.mark.parametrize("shop_engine", ["sqlite"], indirect=True)


@pytest.fixture
def stocked(shop: ShopFactory) -> ShopFactory:
    shop.category("house")
    shop.category("kitchen", parent="house")
    shop.category("cups", parent="kitchen")
    shop.category("garden")
    shop.product("mug", category="cups", name="Enamel mug 50% larger", price=10.0)
    shop.product("mug2", category="cups", name="Mug_two")
    shop.product("rake", category="garden", name="Garden rake")
    shop.order(day="2026-03-20", lines=[("mug", 1, 10.0), ("rake", 1, 90.0)], customer="ada")
    return shop


def test_products_that_sell_come_first_and_an_exact_code_before_all(
    stocked: ShopFactory, read: Reader
) -> None:
    found = read(series_options("product"))
    exact = read(series_options("product", search="mug2"))

    assert found["series_id"].tolist() == ["rake", "mug", "mug2"]
    assert found["recent_revenue"].tolist() == [90.0, 10.0, 0.0]
    assert found["category"].tolist() == ["Garden", "Cups", "Cups"]
    assert exact["series_id"].tolist() == ["mug2"]


def test_searching_takes_every_letter_as_it_is(stocked: ShopFactory, read: Reader) -> None:
    expected = {
        "ENAMEL": ["mug"],
        "mug enamel": ["mug"],
        "50%": ["mug"],
        "%": ["mug"],
        "_": ["mug2"],
        "g_r": [],
        "'; --": [],
    }

    found = {w: read(series_options("product", search=w))["series_id"].tolist() for w in expected}

    assert found == expected


def test_options_come_in_pages_with_their_number(stocked: ShopFactory, read: Reader) -> None:
    page = read(series_options("product", limit=1, offset=1))

    assert page["series_id"].tolist() == ["mug"]
    assert page["found"].tolist() == [3]


def test_a_category_is_offered_by_what_all_below_it_sells(
    stocked: ShopFactory, read: Reader
) -> None:
    found = read(series_options("category")).set_index("series_id")

    assert found["recent_revenue"].to_dict() == {
        "garden": 90.0,
        "cups": 10.0,
        "house": 10.0,
        "kitchen": 10.0,
    }
    assert found.loc["cups", "category"] == "Kitchen"


def test_the_tree_of_categories(stocked: ShopFactory, read: Reader) -> None:
    tree = read(category_tree())

    assert tree["path"].tolist() == [
        "Garden",
        "House",
        "House / Kitchen",
        "House / Kitchen / Cups",
    ]
    assert tree["depth"].tolist() == [0, 0, 1, 2]
    assert tree["products"].tolist() == [1, 0, 0, 2]


def test_a_series_has_a_name_or_is_not_there(stocked: ShopFactory, read: Reader) -> None:
    assert read(series_label("product", "rake"))["label"].tolist() == ["Garden rake"]
    assert read(series_label("category", "rake")).empty
    assert read(series_options("shop"))["label"].tolist() == ["Shop"]


def test_promotions_reach_a_product_from_every_level_above_it(
    stocked: ShopFactory, read: Reader
) -> None:
    stocked.promotion(name="own", first="2026-03-02", last="2026-03-03", product="mug")
    stocked.promotion(name="branch", first="2026-03-03", last="2026-03-04", category="house")
    stocked.promotion(name="shop", first="2026-03-04", last="2026-04-09")
    stocked.promotion(name="other", first="2026-03-05", last="2026-03-06", category="garden")
    stocked.promotion(name="past", first="2026-02-01", last="2026-02-28", product="mug")

    assert read(promotions_in(MUG))["name"].tolist() == ["own", "branch", "shop"]
    assert read(promotions_in(KITCHEN))["name"].tolist() == ["branch", "shop"]
    assert read(promotions_in(SHOP))["name"].tolist() == ["branch", "shop", "other"]
    assert read(promotions_in(MUG))["level"].tolist() == ["product", "category", "shop"]


def test_planned_promotions_are_seen_before_they_begin(stocked: ShopFactory, read: Reader) -> None:
    stocked.promotion(name="plan", first="2026-05-01", last="2026-05-03", announced="2026-03-01")
    may = SalesSelection(level="shop", first_day=date(2026, 5, 1), last_day=date(2026, 5, 31))

    assert read(promotions_in(may))["name"].tolist() == ["plan"]


def test_price_changes_of_a_product(stocked: ShopFactory, read: Reader) -> None:
    stocked.price("mug", 12.0, since="2026-03-05", reason="cost")
    stocked.price("mug", 12.0, since="2026-03-08")
    stocked.price("mug", 9.0, since="2026-03-10", reason="test")

    changes = read(price_changes_in(MUG))

    assert changes["price"].tolist() == [12.0, 9.0]
    assert changes["price_before"].tolist() == [10.0, 12.0]
    assert changes["change"].tolist() == pytest.approx([0.2, -0.25])
    assert changes["reason"].tolist() == ["cost", "test"]
    assert read(price_changes_in(SHOP)).empty


def test_spells_without_stock(stocked: ShopFactory, read: Reader) -> None:
    stocked.stock("mug", day="2026-02-26", units=-1, level=0)
    stocked.stock("mug", day="2026-03-03", units=5, level=5)
    stocked.stock("mug2", day="2026-03-28", units=-1, level=0)

    assert read(stockouts_in(MUG))["first_day"].dt.day.tolist() == [26]
    assert read(stockouts_in(MUG))["last_day"].dt.day.tolist() == [2]
    assert read(stockouts_in(KITCHEN))["product_id"].tolist() == ["mug", "mug2"]


def test_stock_outs_by_week(stocked: ShopFactory, read: Reader) -> None:
    stocked.order(day="2026-02-20", product="mug")
    stocked.stock("mug", day="2026-03-03", units=-1, level=0)
    stocked.stock("mug2", day="2026-03-05", units=-1, level=0)
    stocked.stock("mug", day="2026-03-06", units=5, level=5)
    stocked.stock("mug2", day="2026-03-10", units=5, level=5)

    weeks = read(stockouts_by_week(KITCHEN))

    assert weeks["local_week"].dt.day.tolist() == [2, 9]
    assert weeks["products"].tolist() == [2, 1]
    assert weeks["days"].tolist() == [3 + 4, 1]


def test_key_figures_are_money_in_currency(stocked: ShopFactory, read: Reader) -> None:
    days = read(key_figures(date(2026, 3, 20), date(2026, 3, 21)))

    assert days["revenue"].tolist() == [100.0, 0.0]
    assert days["cost"].tolist() == [8.0, 0.0]
    assert days["new_customers"].tolist() == [1, 0]
    assert days["visits"].isna().all()


def test_facts_of_the_shop(stocked: ShopFactory, read: Reader) -> None:
    facts = read(shop_facts()).iloc[0]

    assert facts["first_day"].date() == date(2026, 3, 20)
    assert facts["last_day"].date() == date(2026, 3, 31)
    assert facts["last_order_day"].date() == date(2026, 3, 20)
    assert (facts["orders"], facts["units"], facts["revenue"]) == (1, 2, 100.0)
    assert (facts["products"], facts["categories"], facts["customers"]) == (3, 4, 1)
