"""What becomes of each kind of line of Online Retail."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.shop.tables import (
    customers,
    order_items,
    order_status_changes,
    orders,
    price_history,
    products,
    refunds,
)
from data_access.sources.imports import ImportReport, run_import
from tests.data_access.sources.imports.conftest import line, rows, write_csv

Retail = Callable[..., Path]


def parts(report: ImportReport) -> dict[str, tuple[int, int | None]]:
    """Part → lines and amount in ten-thousandths."""
    (ledger,) = report.ledgers
    assert report.reconciles
    return {part.key: (part.lines, part.amount) for part in ledger.parts}


def test_a_sale_becomes_an_order_with_items(retail: Retail, shop: sa.Engine) -> None:
    report = run_import(
        retail(line(units=6, price="2.55"), line(product="71053", units=2, price="3.39")), shop
    )

    assert rows(shop, orders, "order_id", "customer_id", "placed_at", "billing_country") == [
        ("536365", "17850", datetime(2010, 12, 1, 8, 26), "GB")
    ]
    assert rows(shop, order_items, "order_id", "line", "product_id", "units", "unit_price") == [
        ("536365", 1, "85123A", 6, 25_500),
        ("536365", 2, "71053", 2, 33_900),
    ]
    assert rows(shop, customers, "customer_id", "country", "kind") == [("17850", "GB", "private")]
    assert parts(report) == {"sale": (2, 220_800)}


def test_instants_are_british_local_time(retail: Retail, shop: sa.Engine) -> None:
    report = run_import(retail(line(at="2011-06-01 12:00:00")), shop)

    assert rows(shop, orders, "placed_at") == [(datetime(2011, 6, 1, 11, 0),)]
    assert report.settings == {"SHOP_CURRENCY": "GBP", "SHOP_TIME_ZONE": "Europe/London"}
    assert report.last_instant == datetime(2011, 6, 1, 11, 0)


def test_a_cancellation_becomes_a_refund_of_the_latest_earlier_purchase(
    retail: Retail, shop: sa.Engine
) -> None:
    report = run_import(
        retail(
            line("1", units=5, at="2011-01-03 10:00"),
            line("2", units=5, at="2011-01-04 10:00"),
            line("3", units=5, at="2011-01-06 10:00"),
            line("C4", units=-3, at="2011-01-05 10:00"),
        ),
        shop,
    )

    assert rows(shop, refunds, "refund_id", "order_id", "line", "units", "amount", "reason") == [
        ("C4/1", "2", 1, 3, 76_500, "cancelled")
    ]
    assert rows(shop, orders, "order_id") == [("1",), ("2",), ("3",)]
    assert parts(report)["refund"] == (1, -76_500)


def test_no_unit_is_taken_back_twice(retail: Retail, shop: sa.Engine) -> None:
    run_import(
        retail(
            line("1", units=5, at="2011-01-03 10:00"),
            line("2", units=5, at="2011-01-04 10:00"),
            line("C3", units=-4, at="2011-01-05 10:00"),
            line("C4", units=-4, at="2011-01-06 10:00"),
        ),
        shop,
    )

    assert rows(shop, refunds, "refund_id", "order_id") == [("C3/1", "2"), ("C4/1", "1")]


def test_the_same_price_is_preferred_and_a_refund_never_exceeds_the_purchase(
    retail: Retail, shop: sa.Engine
) -> None:
    run_import(
        retail(
            line("1", units=5, price="2", at="2011-01-03 10:00"),
            line("2", units=5, price="1", at="2011-01-04 10:00"),
            line("C3", units=-5, price="2", at="2011-01-05 10:00"),
            line("C4", units=-5, price="9", at="2011-01-06 10:00"),
        ),
        shop,
    )

    assert rows(shop, refunds, "refund_id", "order_id") == [("C3/1", "1"), ("C4/1", "C4")]


@pytest.mark.parametrize(
    "other",
    [
        {"customer": "99999"},
        {"customer": None},
        {"product": "85123a"},
        {"units": -7},
        {"at": "2010-11-30 10:00:00"},
    ],
)
def test_a_cancellation_without_a_purchase_is_a_refund_on_a_cancelled_order(
    retail: Retail, shop: sa.Engine, other: dict[str, object]
) -> None:
    cancelled = {"units": -2, "at": "2010-12-02 10:00:00", **other}
    report = run_import(retail(line(), line("C9", **cancelled)), shop)  # type: ignore[arg-type]

    assert rows(shop, refunds, "refund_id", "order_id", "line") == [("C9/1", "C9", 1)]
    assert rows(shop, order_status_changes, "order_id", "status") == [("C9", "cancelled")]
    assert ("C9", 1) in rows(shop, order_items, "order_id", "line")
    assert parts(report)["lone_refund"][0] == 1


def test_postage_on_an_invoice_with_goods_is_its_shipping_fee(
    retail: Retail, shop: sa.Engine
) -> None:
    report = run_import(
        retail(
            line("1"),
            line("1", product="POST", units=2, price="18"),
            line("1", product="dot", units=1, price="1.5"),
            line("2", product="POST", units=1, price="40"),
            line("C3", product="POST", units=-1, price="18"),
        ),
        shop,
    )

    assert rows(shop, orders, "order_id", "shipping_fee") == [("1", 375_000)]
    assert parts(report)["shipping"] == (2, 375_000)
    assert parts(report)["lone_carriage"] == (2, 220_000)


@pytest.mark.parametrize(
    ("code", "part"),
    [("D", "discount"), ("M", "manual"), ("m", "manual"), ("S", "sample"), ("B", "bad_debt"),
     ("BANK CHARGES", "fee"), ("AMAZONFEE", "fee"), ("CRUK", "fee"), ("PADS", "other_code"),
     ("gift_0001_20", "voucher"), ("ADJUST", "other_code")],
)  # fmt: skip
def test_codes_that_are_no_products_are_set_aside_with_their_sum(
    retail: Retail, shop: sa.Engine, code: str, part: str
) -> None:
    report = run_import(
        retail(line(), line(product=code, units=-1, price="10"), line("C2", product=code)), shop
    )

    assert parts(report)[part] == (2, 53_000)
    assert rows(shop, products, "product_id") == [("85123A",)]


@pytest.mark.parametrize(
    ("line_of_it", "part", "amount"),
    [
        (line(units=-5, price="0"), "stock_correction", 0),
        (line(units=-5, price="1"), "negative_quantity", -50_000),
        (line(units=5, price="0"), "no_price", 0),
        (line(units=5, price="-1"), "negative_price", -50_000),
        (line(units=0, price="1"), "no_quantity", 0),
        (line("C1", units=5, price="1"), "odd_cancellation", 50_000),
    ],
)
def test_what_is_neither_sale_nor_cancellation_is_set_aside(
    retail: Retail, shop: sa.Engine, line_of_it: tuple[object, ...], part: str, amount: int
) -> None:
    report = run_import(retail(line(), line_of_it), shop)

    assert parts(report)[part] == (1, amount)
    assert len(rows(shop, order_items)) == 1


def test_order_numbers_that_begin_with_c_are_sales(retail: Retail, shop: sa.Engine) -> None:
    report = run_import(
        retail(
            line("CA-2018-152156", units=2),
            line("CH1044", units=1),
            line("US-2018-108966", "CHAIR", units=1, customer="9"),
            line("C1005", "CHAIR", units=-1, at="2010-12-02 10:00:00", customer="9"),
        ),
        shop,
    )

    assert parts(report) == {"sale": (3, 102_000), "refund": (1, -25_500)}


def test_where_every_number_begins_with_c_only_less_than_nothing_is_taken_back(
    retail: Retail, shop: sa.Engine
) -> None:
    report = run_import(
        retail(line("C1001"), line("C1002"), line("C1003", units=-6, at="2010-12-02 10:00:00")),
        shop,
    )

    assert parts(report)["sale"][0] == 2


def test_what_is_set_aside_is_told_with_its_share(retail: Retail, shop: sa.Engine) -> None:
    told = run_import(retail(line(units=1, price="3"), line("2", "M", units=1, price="1")), shop)

    (aside,) = [text for text in told.lines() if "set aside" in text]
    assert "25.0% of the amount read" in aside


def test_exact_repetitions_are_set_aside_once_counted(retail: Retail, shop: sa.Engine) -> None:
    report = run_import(retail(line(), line(), line(), line(units=7)), shop)

    assert parts(report) == {"sale": (2, 331_500), "repeated": (2, 306_000)}


def test_lines_without_customer_or_description_are_kept_and_noted(
    retail: Retail, shop: sa.Engine
) -> None:
    report = run_import(
        retail(
            line("1", customer=None, description=None),
            line("2"),
            line("2", product="X1", description=None),
        ),
        shop,
    )

    assert rows(shop, orders, "order_id", "customer_id") == [("1", None), ("2", "17850")]
    assert rows(shop, products, "product_id", "name", "category_id") == [
        ("85123A", "WHITE HANGING HEART", None),
        ("X1", "X1", None),
    ]
    noted = {note.key: note.lines for note in report.notes}
    assert (noted["without_customer"], noted["without_description"]) == (1, 2)


def test_codes_that_differ_only_by_case_are_two_products(retail: Retail, shop: sa.Engine) -> None:
    run_import(retail(line(product="85123a"), line(product="85123A")), shop)

    assert rows(shop, products, "product_id") == [("85123A",), ("85123a",)]


def test_a_country_that_is_no_single_one_is_left_open_and_noted(
    retail: Retail, shop: sa.Engine
) -> None:
    report = run_import(
        retail(line("1", country="EIRE"), line("2", country="Channel Islands")), shop
    )

    assert rows(shop, orders, "order_id", "shipping_country") == [("1", "IE"), ("2", None)]
    assert any("Channel Islands" in note.text for note in report.notes)


def test_the_price_history_holds_the_usual_price_of_a_week_where_it_changes(
    retail: Retail, shop: sa.Engine
) -> None:
    run_import(
        retail(
            line("1", price="2", at="2011-01-04 10:00"),
            line("2", price="2", at="2011-01-05 10:00"),
            line("3", price="1", at="2011-01-06 10:00", units=500),
            line("4", price="2", at="2011-01-11 10:00"),
            line("5", price="3", at="2011-06-15 10:00"),
        ),
        shop,
    )

    assert rows(shop, price_history, "valid_from", "price", "reason") == [
        (datetime(2011, 1, 3), 20_000, "observed"),
        (datetime(2011, 6, 12, 23), 30_000, "observed"),
    ]


def test_csv_parquet_and_the_names_of_the_second_edition_give_the_same_shop(
    retail: Retail, tmp_path: Path
) -> None:
    from data_access.shop.engines import make_engine
    from tests.data_access.sources.imports.conftest import SECOND

    lines = [line(customer=17850.0, price=2.55), line("C2", units=-1, customer=17850.0, price=2.55)]
    files = [
        retail(*lines),
        retail(*lines, name="retail.parquet"),
        write_csv(tmp_path / "second.csv", lines, columns=SECOND),
    ]
    found = []
    for number, file in enumerate(files):
        engine = make_engine(f"sqlite:///{tmp_path / f'{number}.db'}")
        run_import(file, engine)
        found.append([rows(engine, table) for table in (orders, order_items, refunds, customers)])
        engine.dispose()

    assert found[0] == found[1] == found[2]


def test_the_report_is_plain_json_and_readable_lines(retail: Retail, shop: sa.Engine) -> None:
    report = run_import(retail(line(), line("C2", units=-1)), shop)

    plain = json.loads(json.dumps(report.to_json()))

    assert plain["reconciles"] is True
    assert plain["ledgers"][0]["parts"][0]["amount"] == 153_000
    assert "  read                               2                12.75" in report.lines()
    assert "run with SHOP_CURRENCY=GBP" in report.lines()


def test_progress_rises_to_one(retail: Retail, shop: sa.Engine) -> None:
    shares: list[float] = []

    run_import(retail(line()), shop, progress=lambda _step, share: shares.append(share))

    assert shares == sorted(shares)
    assert shares[-1] == 1.0
