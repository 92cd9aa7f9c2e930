"""The real files: every known figure of them is in the report, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from data_access.shop.tables import customers, order_items, order_status_changes, orders, refunds
from data_access.sources.imports import ImportReport, run_import

FOUR = Decimal(10_000)


@pytest.fixture(scope="module")
def online_retail(
    sample_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ImportReport, sa.Engine]:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('retail') / 'shop.db'}")
    report = run_import(sample_data / "online_retail" / "online_retail.parquet", engine)
    return report, engine


def test_online_retail_reconciles_with_its_known_figures(
    online_retail: tuple[ImportReport, sa.Engine],
) -> None:
    report, _ = online_retail
    (ledger,) = report.ledgers
    parts = {part.key: part for part in ledger.parts}
    notes = {note.key: note for note in report.notes}

    assert ledger.lines_read == sum(part.lines for part in ledger.parts) == 541_909
    assert Decimal(ledger.amount_read or 0) / FOUR == Decimal("9747747.934")
    assert Decimal(sum(p.amount or 0 for p in ledger.parts)) / FOUR == Decimal("9747747.934")
    assert parts["repeated"].lines == 5_268
    assert notes["without_customer"].lines == 135_080
    assert notes["without_description"].lines == 1_454
    assert "112 of which" in notes["case"].text


def test_online_retail_in_the_database_holds_what_the_report_says(
    online_retail: tuple[ImportReport, sa.Engine],
) -> None:
    report, engine = online_retail
    parts = {part.key: part for part in report.ledgers[0].parts}
    sold = sa.select(
        sa.func.count(), sa.func.sum(order_items.c.units * order_items.c.unit_price)
    ).where(
        order_items.c.order_id.not_in(
            sa.select(order_status_changes.c.order_id).where(
                order_status_changes.c.status == "cancelled"
            )
        )
    )
    with engine.connect() as connection:
        assert connection.execute(sold).one() == (parts["sale"].lines, parts["sale"].amount)
        fees = connection.execute(sa.select(sa.func.sum(orders.c.shipping_fee))).scalar_one()
        back = connection.execute(sa.select(sa.func.sum(refunds.c.amount))).scalar_one()
        people = connection.execute(sa.select(sa.func.count()).select_from(customers)).scalar_one()
    assert fees == parts["shipping"].amount
    assert -back == (parts["refund"].amount or 0) + (parts["lone_refund"].amount or 0)
    assert people == 4_372


def test_olist_reconciles_with_its_files(sample_data: Path, shop: sa.Engine) -> None:
    folder = sample_data / "olist"
    report = run_import(folder, shop)
    duck = duckdb.connect()

    def total(file: str, column: str) -> Decimal:
        source = str(folder / f"olist_{file}_dataset.csv")
        relation = duck.read_csv(source, all_varchar=True)
        return relation.aggregate(f"sum({column}::decimal(18, 4))").fetchall()[0][0]

    assert report.reconciles
    found = {(ledger.file, ledger.name): ledger for ledger in report.ledgers}
    for file, column in [
        ("order_items", "price"),
        ("order_items", "freight_value"),
        ("order_payments", "payment_value"),
    ]:
        ledger = found[f"olist_{file}_dataset.csv", column]
        assert Decimal(ledger.amount_read or 0) / FOUR == total(file, column)
    lines = {ledger.file: ledger.lines_read for ledger in report.ledgers}
    assert lines["olist_orders_dataset.csv"] == 12_751
    assert lines["olist_order_items_dataset.csv"] == 13_575
    assert lines["olist_order_payments_dataset.csv"] == 13_720
    assert lines["olist_order_reviews_dataset.csv"] == 12_832
    assert lines["olist_products_dataset.csv"] == 32_951
    notes = {note.key: note.lines for note in report.notes}
    assert notes["reviews_without_id"] == 4_607
    with shop.connect() as connection:
        people = connection.execute(sa.select(sa.func.count()).select_from(customers)).scalar_one()
    assert people == 12_595
