"""A folder in the canonical layout is imported as it is, or refused with the rows."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.shop.tables import (
    CANONICAL,
    customers,
    order_items,
    orders,
    products,
    promotions,
)
from data_access.sources.imports import ImportRefused, recognise, run_import, write_template
from tests.data_access.sources.imports.conftest import rows, write_csv

Canonical = Callable[..., Path]
HERE: dict[str, Any] = {"currency": "EUR", "zone": "Europe/Berlin"}


@pytest.fixture
def canonical(tmp_path: Path) -> Any:
    """Write a small shop in the layout; a keyword replaces a table's (columns, records)."""

    def write(**tables: tuple[tuple[str, ...], list[tuple[object, ...]]] | None) -> Path:
        whole: dict[str, Any] = {
            "products": (("product_id", "name", "unit_cost"), [("mug", "Mug, blue", "4.25")]),
            "customers": (("customer_id", "country"), [("ada", "DE")]),
            "orders": (
                ("order_id", "customer_id", "placed_at"),
                [("1", "ada", "2026-03-01T10:00:00+01:00"), ("2", None, "2026-03-02 10:00:00")],
            ),
            "order_items": (
                ("order_id", "line", "product_id", "units", "unit_price"),
                [("1", 1, "mug", 2, "12.95"), ("2", 1, "mug", 1, "12.9999")],
            ),
            **tables,
        }
        folder = tmp_path / "shop"
        for name, content in whole.items():
            if content is not None:
                write_csv(folder / f"{name}.csv", content[1], columns=content[0])
        return folder

    return write


def test_the_folder_becomes_a_shop(canonical: Canonical, shop: sa.Engine) -> None:
    folder = canonical()
    assert recognise(folder).kind == "canonical"

    report = run_import(folder, shop, now=datetime(2026, 4, 1), **HERE)

    assert rows(shop, orders, "order_id", "customer_id", "placed_at", "shipping_fee") == [
        ("1", "ada", datetime(2026, 3, 1, 9), 0),
        ("2", None, datetime(2026, 3, 2, 10), 0),
    ]
    assert rows(shop, order_items, "order_id", "units", "unit_price", "updated_at") == [
        ("1", 2, 129_500, datetime(2026, 4, 1)),
        ("2", 1, 129_999, datetime(2026, 4, 1)),
    ]
    assert rows(shop, products, "name", "unit_cost") == [("Mug, blue", 42_500)]
    assert rows(shop, customers, "kind") == [("private",)]
    ledgers = {ledger.file: ledger.amount_read for ledger in report.ledgers}
    assert ledgers["order_items.csv"] == 2 * 129_500 + 129_999
    assert report.reconciles


def test_parquet_and_csv_may_be_mixed(canonical: Canonical, shop: sa.Engine) -> None:
    folder = canonical(promotions=None)
    pd.DataFrame(
        {
            "promotion_id": ["spring"],
            "name": ["Spring"],
            "discount": [0.15],
            "starts_on": pd.to_datetime(["2026-03-01"]),
            "ends_on": pd.to_datetime(["2026-03-07"]),
            "announced_at": pd.to_datetime(["2026-02-20 09:00"]),
        }
    ).to_parquet(folder / "promotions.parquet")

    run_import(folder, shop, **HERE)

    assert rows(shop, promotions, "promotion_id", "discount") == [("spring", 0.15)]


def test_currency_and_zone_must_be_said(canonical: Canonical, shop: sa.Engine) -> None:
    with pytest.raises(ImportRefused, match="currency and time zone"):
        run_import(canonical(), shop)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"products": (("product_id", "title"), [("mug", "Mug")])}, "lacks name and has unknown"),
        ({"orders": (("order_id", "placed_at"), [("1", "soon")])}, "row 2, placed_at: “soon”"),
        (
            {"order_items": (("order_id", "line", "product_id", "units", "unit_price"),
                             [("1", 1, "mug", 0, "1")])},
            "row 2, units: “0” is not above 0",
        ),
        (
            {"order_items": (("order_id", "line", "product_id", "units", "unit_price"),
                             [("1", 1, "mug", 1, "1"), ("7", 1, "mug", 1, "1")])},
            "row 3, order_id: “7” is not in orders",
        ),
        (
            {"products": (("product_id", "name"), [("mug", "Mug"), ("mug", "Cup")])},
            "row 3, product_id: “mug” is there twice",
        ),
        ({"customers": (("customer_id", "country"), [("ada", "Germany")])}, "longer than 2"),
        ({"customers": (("customer_id", "country"), [("ada", "de")])}, "ISO 3166-1"),
        ({"customers": (("customer_id", "name"), [("x" * 65, "Ada")])}, "longer than 64"),
        ({"order_items": None}, "lacks the file order_items"),
        ({"invoices": (("a",), [("1",)])}, "invoices.csv: not the name of a table"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_rows(
    canonical: Canonical, shop: sa.Engine, tables: dict[str, Any], said: str
) -> None:
    with pytest.raises(ImportRefused, match=said) as refused:
        run_import(canonical(**tables), shop, **HERE)

    assert refused.value.remedy
    assert sa.inspect(shop).get_table_names() == []


def test_exact_repetitions_are_set_aside_and_counted(canonical: Canonical, shop: sa.Engine) -> None:
    report = run_import(
        canonical(products=(("product_id", "name"), [("mug", "Mug"), ("mug", "Mug")])),
        shop,
        **HERE,
    )

    (ledger,) = [ledger for ledger in report.ledgers if ledger.file == "products.csv"]
    assert {part.key: part.lines for part in ledger.parts} == {"rows": 1, "repeated": 1}


def test_a_link_out_of_the_folder_is_refused(
    canonical: Canonical, shop: sa.Engine, tmp_path: Path
) -> None:
    folder = canonical(customers=None)
    outside = write_csv(tmp_path / "secret.csv", [("ada",)], columns=("customer_id",))
    (folder / "customers.csv").symlink_to(outside)

    with pytest.raises(ImportRefused, match="link out of the folder"):
        run_import(folder, shop, **HERE)


def test_a_later_folder_changes_rows_by_key_and_may_lack_what_is_there(
    canonical: Canonical, shop: sa.Engine, tmp_path: Path
) -> None:
    run_import(canonical(), shop, **HERE)
    later = tmp_path / "later"
    write_csv(later / "products.csv", [("mug", "Mug, red"), ("cup", "Cup")],
              columns=("product_id", "name"))  # fmt: skip

    report = run_import(later, shop, **HERE)

    assert rows(shop, products, "product_id", "name", "unit_cost") == [
        ("cup", "Cup", None),
        ("mug", "Mug, red", 42_500),
    ]
    (change,) = report.tables
    assert (change.added, change.changed) == (1, 1)


def test_the_template_is_a_folder_that_can_be_filled_and_imported(
    tmp_path: Path, shop: sa.Engine
) -> None:
    folder = tmp_path / "template"
    written = write_template(folder)

    assert len(written) == len(CANONICAL) + 1
    guide = (folder / "README.md").read_text()
    assert all(f"## {table.name}\n" in guide for table in CANONICAL)
    fill = {
        "products": {"product_id": "mug", "name": "Mug"},
        "orders": {"order_id": "1", "placed_at": "2026-03-01"},
        "order_items": {
            "order_id": "1", "line": 1, "product_id": "mug", "units": 1, "unit_price": "3",
        },
    }  # fmt: skip
    for name, record in fill.items():
        path = folder / f"{name}.csv"
        with path.open(newline="") as file:
            columns = next(csv.reader(file))
        write_csv(path, [[record.get(column) for column in columns]], columns=columns)

    report = run_import(folder, shop, **HERE)

    assert {change.table: change.added for change in report.tables} == {
        "products": 1,
        "orders": 1,
        "order_items": 1,
    }
    with pytest.raises(ImportRefused, match="is not empty"):
        write_template(folder)


def test_units_that_may_be_thousands_are_refused_with_both_readings(
    canonical: Canonical, shop: sa.Engine
) -> None:
    names = ("order_id", "line", "product_id", "units", "unit_price")
    folder = canonical(order_items=(names, [("1", 1, "mug", "1.000", 10), ("2", 1, "mug", 9, 10)]))

    with pytest.raises(ImportRefused, match=r"row 2, units: “1\.000” may be 1000 or 1"):
        run_import(folder, shop, **HERE)
