"""What becomes of the Olist folder's files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data_access.shop.tables import (
    categories,
    customers,
    order_items,
    order_status_changes,
    orders,
    payments,
    products,
    reviews,
    suppliers,
)
from data_access.sources.imports import ImportRefused, recognise, run_import
from tests.data_access.sources.imports.conftest import rows, write_csv

ORDERS = (
    "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
    "order_delivered_carrier_date", "order_delivered_customer_date",
    "order_estimated_delivery_date",
)  # fmt: skip
ITEMS = (
    "order_id", "order_item_id", "product_id", "seller_id", "shipping_limit_date", "price",
    "freight_value",
)  # fmt: skip
PAYMENTS = (
    "order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value",
)  # fmt: skip
REVIEWS = (
    "review_id", "order_id", "review_score", "review_comment_title", "review_comment_message",
    "review_creation_date", "review_answer_timestamp",
)  # fmt: skip
CUSTOMERS = (
    "customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city",
    "customer_state",
)  # fmt: skip
PRODUCTS = ("product_id", "product_category_name", "product_weight_g")
SELLERS = ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state")

NOON = "2018-03-01 12:00:00"  # 15:00 UTC
LATER = "2018-03-02 12:00:00"
LAST = "2018-03-09 12:00:00"
AT_NOON = datetime(2018, 3, 1, 15)

Olist = Callable[..., Path]


@pytest.fixture
def olist(tmp_path: Path) -> Any:
    """Write an Olist folder of one delivered order; a keyword replaces a file's records."""

    def write(**files: list[tuple[object, ...]] | None) -> Path:
        whole: dict[str, tuple[str, tuple[str, ...], list[tuple[object, ...]] | None]] = {
            "orders": ("olist_orders_dataset", ORDERS,
                       [("o1", "c1", "delivered", NOON, NOON, LATER, LAST, LAST)]),
            "items": ("olist_order_items_dataset", ITEMS,
                      [("o1", 1, "p1", "s1", LATER, "99.90", "10.05"),
                       ("o1", 2, "p1", "s1", LATER, "99.90", "10.05")]),
            "payments": ("olist_order_payments_dataset", PAYMENTS,
                         [("o1", 1, "credit_card", 3, "200.00"), ("o1", 2, "voucher", 1, "19.90")]),
            "reviews": ("olist_order_reviews_dataset", REVIEWS,
                        [("r1", "o1", 5, None, "Ótimo", LATER, LAST)]),
            "customers": ("olist_customers_dataset", CUSTOMERS,
                          [("c1", "u1", "35182", "timoteo", "MG")]),
            "products": ("olist_products_dataset", PRODUCTS, [("p1", "cama_mesa", 100)]),
            "sellers": ("olist_sellers_dataset", SELLERS, [("s1", "13023", "campinas", "SP")]),
        }  # fmt: skip
        folder = tmp_path / "olist"
        for key, (name, columns, records) in whole.items():
            records = files.get(key, records)
            if records is not None:
                write_csv(folder / f"{name}.csv", records, columns=columns)
        return folder

    return write


def test_the_whole_folder_becomes_a_shop(olist: Olist, shop: sa.Engine) -> None:
    folder = olist()
    assert recognise(folder).kind == "olist"

    report = run_import(folder, shop)

    assert report.reconciles
    assert (report.currency, report.zone) == ("BRL", "America/Sao_Paulo")
    assert rows(shop, customers, "customer_id", "city", "country") == [("u1", "timoteo", "BR")]
    assert rows(shop, categories, "category_id", "name") == [("cama_mesa", "cama mesa")]
    assert rows(shop, suppliers, "supplier_id", "name") == [("s1", "Campinas s1")]
    assert rows(shop, products, "product_id", "name", "category_id", "supplier_id") == [
        ("p1", "cama mesa p1", "cama_mesa", "s1")
    ]
    assert rows(shop, orders, "order_id", "customer_id", "placed_at", "shipping_fee") == [
        ("o1", "u1", AT_NOON, 201_000)
    ]
    assert rows(shop, order_items, "order_id", "line", "units", "unit_price") == [
        ("o1", 1, 1, 999_000),
        ("o1", 2, 1, 999_000),
    ]
    assert rows(shop, payments, "payment_id", "method", "amount", "succeeded") == [
        ("o1/1", "card", 2_000_000, True),
        ("o1/2", "voucher", 199_000, True),
    ]
    assert rows(shop, order_status_changes, "status", "happened_at", "known_at") == [
        ("delivered", datetime(2018, 3, 9, 15), datetime(2018, 3, 9, 15)),
        ("shipped", datetime(2018, 3, 2, 15), datetime(2018, 3, 2, 15)),
    ]
    assert rows(shop, reviews, "review_id", "product_id", "stars", "language", "known_at") == [
        ("r1/o1", "p1", 5, "pt", datetime(2018, 3, 9, 15))
    ]


@pytest.mark.parametrize("status", ["canceled", "unavailable"])
def test_a_cancelled_order_without_items_is_kept_and_cancelled_after_its_last_instant(
    olist: Olist, shop: sa.Engine, status: str
) -> None:
    report = run_import(
        olist(
            orders=[
                ("o1", "c1", "delivered", NOON, NOON, LATER, LAST, LAST),
                ("o2", "c1", status, NOON, LATER, None, None, LAST),
            ]
        ),
        shop,
    )

    assert ("o2", "cancelled", datetime(2018, 3, 2, 15, 0, 1)) in rows(
        shop, order_status_changes, "order_id", "status", "happened_at"
    )
    assert {note.key: note.lines for note in report.notes}["without_items"] == 1


def test_a_parcel_scanned_after_its_delivery_ends_as_delivered(
    olist: Olist, shop: sa.Engine
) -> None:
    run_import(olist(orders=[("o1", "c1", "delivered", NOON, NOON, LAST, LATER, LAST)]), shop)

    assert rows(shop, order_status_changes, "status", "happened_at", "known_at") == [
        ("delivered", datetime(2018, 3, 2, 15), datetime(2018, 3, 2, 15)),
        ("shipped", datetime(2018, 3, 2, 15), datetime(2018, 3, 9, 15)),
    ]


def test_payments_of_an_order_that_was_never_approved_did_not_succeed(
    olist: Olist, shop: sa.Engine
) -> None:
    run_import(olist(orders=[("o1", "c1", "canceled", NOON, None, None, None, LAST)]), shop)

    assert rows(shop, payments, "succeeded", "attempted_at") == [(False, AT_NOON)] * 2


def test_reviews_with_missing_and_shared_ids_are_all_kept(olist: Olist, shop: sa.Engine) -> None:
    order = ("c1", "delivered", NOON, NOON, LATER, LAST, LAST)
    report = run_import(
        olist(
            orders=[("o1", *order), ("o2", *order)],
            reviews=[
                ("r1", "o1", 5, None, None, LATER, LAST),
                ("r1", "o2", 5, None, None, LATER, LAST),
                (None, "o1", 4, None, None, LATER, LAST),
                (None, "o1", 3, None, None, LATER, LAST),
                (None, "o1", 3, None, None, LATER, LAST),
            ],
        ),
        shop,
    )

    assert rows(shop, reviews, "review_id", "stars") == [
        ("order/o1", 4),
        ("order/o1/2", 3),
        ("r1/o1", 5),
        ("r1/o2", 5),
    ]
    (ledger,) = [ledger for ledger in report.ledgers if "reviews" in ledger.file]
    assert {part.key: part.lines for part in ledger.parts} == {"reviews": 4, "repeated": 1}


def test_records_of_unknown_orders_are_set_aside_with_their_sum(
    olist: Olist, shop: sa.Engine
) -> None:
    report = run_import(
        olist(
            items=[
                ("o1", 1, "p1", "s1", LATER, "1.00", "0.50"),
                ("gone", 1, "p1", "s1", LATER, "2.00", "0.25"),
            ],
            payments=[("gone", 1, "boleto", 1, "2.25")],
        ),
        shop,
    )

    found = {
        (ledger.name, part.key): part.amount for ledger in report.ledgers for part in ledger.parts
    }
    assert found["price", "orphan"] == 20_000
    assert found["freight_value", "orphan"] == 2_500
    assert found["payment_value", "orphan"] == 22_500
    assert report.reconciles


def test_missing_files_are_named_and_the_rest_is_imported(olist: Olist, shop: sa.Engine) -> None:
    report = run_import(
        olist(payments=None, reviews=None, customers=None, products=None, sellers=None), shop
    )

    assert any("olist_order_payments" in note.text for note in report.notes)
    assert rows(shop, orders, "order_id", "customer_id") == [("o1", None)]
    assert rows(shop, products, "product_id", "name") == [("p1", "product p1")]
    assert rows(shop, suppliers, "supplier_id") == [("s1",)]


def test_without_items_it_is_no_shop(olist: Olist, shop: sa.Engine) -> None:
    with pytest.raises(ImportRefused, match="olist_order_items"):
        run_import(olist(items=None), shop)


def test_one_key_with_two_contents_is_refused(olist: Olist, shop: sa.Engine) -> None:
    with pytest.raises(ImportRefused, match=r"row 3, order_id: “o1” is there twice"):
        run_import(
            olist(
                orders=[
                    ("o1", "c1", "delivered", NOON, NOON, LATER, LAST, LAST),
                    ("o1", "c1", "canceled", NOON, NOON, LATER, LAST, LAST),
                ]
            ),
            shop,
        )


def test_a_score_beyond_five_is_refused(olist: Olist, shop: sa.Engine) -> None:
    with pytest.raises(ImportRefused, match=r"row 2, review_score: “6” is above 5"):
        run_import(olist(reviews=[("r1", "o1", 6, None, None, LATER, LAST)]), shop)


def test_a_file_of_olist_that_lacks_columns_is_refused_by_name(
    olist: Olist, shop: sa.Engine
) -> None:
    folder = olist()
    write_csv(folder / "olist_order_payments_dataset.csv", [("o1", 1)], columns=PAYMENTS[:2])

    with pytest.raises(ImportRefused, match="payment_type, payment_value"):
        run_import(folder, shop)


def test_a_second_folder_merges_by_key(olist: Olist, shop: sa.Engine) -> None:
    run_import(olist(), shop)
    order = ("c1", "delivered", NOON, NOON, LATER, LAST, LAST)

    report = run_import(olist(orders=[("o1", *order), ("o2", *order)]), shop)

    changes = {change.table: (change.added, change.unchanged) for change in report.tables}
    assert changes["orders"] == (1, 1)
    assert changes["payments"] == (0, 2)
