"""Importing again doubles nothing; overlapping files merge by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine, read_mark
from data_access.shop.tables import (
    CANONICAL,
    customers,
    order_items,
    order_status_changes,
    orders,
    products,
    refunds,
)
from data_access.sources.imports import ImportRefused, run_import
from tests.data_access.sources.imports.conftest import line, rows
from tests.factories.postgres import fresh_database

Retail = Callable[..., Path]


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Each test here runs on both engines."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
        yield engine
        engine.dispose()
        return
    with fresh_database("imp") as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def everything(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: rows(engine, table, *table.columns.keys()) for table in CANONICAL}


def test_the_same_file_again_is_said_to_be_there_and_changes_nothing(
    retail: Retail, shop: sa.Engine, tmp_path: Path
) -> None:
    path = retail(line(), line("C2", units=-1))
    run_import(path, shop)
    before = everything(shop)

    again = run_import(path.rename(tmp_path / "other_name.csv"), shop)

    assert again.already_there
    assert "already" in again.lines()[0]
    assert everything(shop) == before


def test_an_overlapping_file_adds_what_is_new_and_leaves_the_rest_untouched(
    retail: Retail, shop: sa.Engine
) -> None:
    run_import(retail(line("1"), line("2")), shop, now=datetime(2026, 1, 1))

    report = run_import(
        retail(line("2"), line("3", product="NEW"), name="b.csv"), shop, now=datetime(2026, 1, 2)
    )

    changes = {change.table: change for change in report.tables}
    assert (changes["orders"].added, changes["orders"].unchanged) == (1, 1)
    assert (changes["products"].added, changes["products"].unchanged) == (1, 1)
    assert rows(shop, orders, "order_id", "updated_at") == [
        ("1", datetime(2026, 1, 1)),
        ("2", datetime(2026, 1, 1)),
        ("3", datetime(2026, 1, 2)),
    ]


def test_a_corrected_invoice_replaces_the_former_one(retail: Retail, shop: sa.Engine) -> None:
    run_import(retail(line("1", units=6), line("1", product="X"), line("1", product="Y")), shop)

    report = run_import(retail(line("1", units=4), line("1", product="Y"), name="b.csv"), shop)

    assert rows(shop, order_items, "order_id", "line", "product_id", "units") == [
        ("1", 1, "85123A", 4),
        ("1", 2, "Y", 6),
    ]
    changes = {change.table: change for change in report.tables}
    assert (changes["order_items"].changed, changes["order_items"].removed) == (2, 1)


def test_a_cancellation_finds_the_purchase_of_an_earlier_file(
    retail: Retail, shop: sa.Engine
) -> None:
    run_import(retail(line("1", units=5), line("C2", units=-3, at="2010-12-02 10:00:00")), shop)

    run_import(
        retail(
            line("C3", units=-2, at="2010-12-03 10:00:00"),
            line("C4", units=-1, at="2010-12-04 10:00:00"),
            name="b.csv",
        ),
        shop,
    )

    assert rows(shop, refunds, "refund_id", "order_id") == [
        ("C2/1", "1"),
        ("C3/1", "1"),
        ("C4/1", "C4"),
    ]


def test_a_lone_refund_finds_home_when_a_later_file_brings_its_purchase(
    retail: Retail, shop: sa.Engine
) -> None:
    cancelled = line("C2", units=-3, at="2010-12-02 10:00:00")
    run_import(retail(line("9", customer="1"), cancelled), shop)
    assert rows(shop, refunds, "order_id") == [("C2",)]

    run_import(retail(line("1"), cancelled, name="b.csv"), shop)

    assert rows(shop, refunds, "refund_id", "order_id") == [("C2/1", "1")]
    assert rows(shop, orders, "order_id") == [("1",), ("9",)]
    assert rows(shop, order_status_changes) == []


def test_what_a_later_file_leaves_open_does_not_wipe_out_what_is_known(
    retail: Retail, shop: sa.Engine
) -> None:
    run_import(retail(line("1")), shop)

    run_import(retail(line("2", description=None, country="Unspecified"), name="b.csv"), shop)

    assert rows(shop, products, "name") == [("WHITE HANGING HEART",)]
    assert rows(shop, customers, "country") == [("GB",)]


def test_the_mark_remembers_files_currency_and_zone(retail: Retail, shop: sa.Engine) -> None:
    run_import(retail(line("1")), shop)
    run_import(retail(line("2"), name="b.csv"), shop)

    mark = read_mark(shop)

    assert mark is not None
    assert mark.made_by == "import"
    assert (mark.details["currency"], mark.details["time_zone"]) == ("GBP", "Europe/London")
    assert [file["name"] for file in mark.details["files"]] == ["retail.csv", "b.csv"]


def test_two_currencies_do_not_meet_in_one_shop(retail: Retail, shop: sa.Engine) -> None:
    run_import(retail(line("1")), shop)
    before = everything(shop)

    with pytest.raises(ImportRefused, match="GBP") as refused:
        run_import(retail(line("2"), name="b.csv"), shop, currency="EUR")

    assert "SHOPSIGHT_HOME" in refused.value.remedy
    assert everything(shop) == before


def test_of_two_imports_at_once_one_is_told_to_come_again(retail: Retail, shop: sa.Engine) -> None:
    first, second = retail(line("1")), retail(line("2"), name="b.csv")

    def another_comes_between(step: str, _share: float) -> None:
        if step.startswith("Reading cells"):
            run_import(second, shop)

    with pytest.raises(ImportRefused, match="Another import"):
        run_import(first, shop, progress=another_comes_between)

    assert rows(shop, orders, "order_id") == [("2",)]
    run_import(first, shop)
    assert rows(shop, orders, "order_id") == [("1",), ("2",)]


def test_a_refused_file_leaves_the_imported_shop_as_it_was(retail: Retail, shop: sa.Engine) -> None:
    run_import(retail(line("1")), shop)
    before = everything(shop)

    with pytest.raises(ImportRefused):
        run_import(retail(line("2"), line("3", units="many"), name="b.csv"), shop)

    assert everything(shop) == before
