"""Bulk writing is all or nothing, and what was written reads back as it went in."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from data_access.shop.engines import make_engine
from data_access.shop.loading import append, rebuild, update, upsert
from data_access.shop.tables import orders, payments, products, promotions

AT = datetime(2026, 3, 1, 12, 30, 5)


def product_rows(*codes: str, cost: int | None = 12_300) -> pa.Table:
    return pa.table(
        {
            "product_id": list(codes),
            "name": [f'"Kettle", {code}' for code in codes],
            "description": [None for _ in codes],
            "unit_cost": pa.array([cost for _ in codes], pa.int64()),
            "launched_on": pa.array([date(2024, 2, 29) for _ in codes]),
            "updated_at": pa.array([AT for _ in codes], pa.timestamp("us")),
        }
    )


def payment_rows() -> pa.Table:
    return pa.table(
        {
            "payment_id": ["y1"],
            "order_id": ["o1"],
            "method": pa.array(["card"]).dictionary_encode(),
            "amount": [10_000],
            "attempted_at": pa.array([AT], pa.timestamp("us")),
            "succeeded": [True],
            "updated_at": pa.array([AT], pa.timestamp("us")),
        }
    )


def test_rows_read_back_as_they_went_in(empty_shop: sa.Engine) -> None:
    with rebuild(empty_shop, [products, payments]) as writer:
        writer.append(products, product_rows("b", "B"))
        writer.append(payments, payment_rows())

    with empty_shop.connect() as connection:
        found = connection.execute(sa.select(products).order_by(products.c.product_id)).all()
        payment = connection.execute(sa.select(payments)).one()

    assert [row.product_id for row in found] == ["B", "b"]
    assert found[0].name == '"Kettle", B'
    assert found[0].description is None
    assert found[0].launched_on == date(2024, 2, 29)
    assert found[0].updated_at == AT
    assert (payment.succeeded, payment.method, payment.attempted_at) == (True, "card", AT)


def test_indexes_stand_after_a_rebuild(empty_shop: sa.Engine) -> None:
    with rebuild(empty_shop, [orders]):
        pass

    names = {index["name"] for index in sa.inspect(empty_shop).get_indexes("orders")}

    assert {"ix_orders_customer_id", "ix_orders_placed_at", "ix_orders_updated_at"} <= names


def test_a_rebuild_that_breaks_off_leaves_the_former_shop(empty_shop: sa.Engine) -> None:
    with rebuild(empty_shop, [products]) as writer:
        writer.append(products, product_rows("old"))

    def broken_off() -> None:
        with rebuild(empty_shop, [products]) as writer:
            writer.append(products, product_rows("new"))
            raise RuntimeError("plug pulled")

    with pytest.raises(RuntimeError, match="pulled"):
        broken_off()

    with empty_shop.connect() as connection:
        assert connection.execute(sa.select(products.c.product_id)).scalars().all() == ["old"]


def test_a_wrong_row_is_reported_and_nothing_is_left_behind(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")

    with pytest.raises(Exception, match="UNIQUE"), rebuild(engine, [products]) as writer:
        writer.append(products, product_rows("a", "a"))

    engine.dispose()
    left = {path.name for path in tmp_path.iterdir()} - {"shop.db", "shop.db-wal", "shop.db-shm"}
    assert left == set()
    assert sa.inspect(engine).get_table_names() == []


def test_a_rebuild_replaces_what_was_there(empty_shop: sa.Engine) -> None:
    for code in ("first", "second"):
        with rebuild(empty_shop, [products]) as writer:
            writer.append(products, product_rows(code))

    with empty_shop.connect() as connection:
        assert connection.execute(sa.select(products.c.product_id)).scalars().all() == ["second"]


def test_later_rows_are_added_replaced_and_changed_in_one_transaction(
    empty_shop: sa.Engine,
) -> None:
    with rebuild(empty_shop, [products, promotions]) as writer:
        writer.append(products, product_rows("a", "b"))

    with empty_shop.connect().execution_options(writing=True) as connection, connection.begin():
        append(connection, products, product_rows("c"))
        upsert(connection, products, product_rows("b", cost=99))
        changed = {
            "product_id": ["a"],
            "unit_cost": pa.array([77], pa.int64()),
            "ended_on": pa.array([None], pa.date32()),
        }
        update(connection, products, pa.table(changed))

    with empty_shop.connect() as connection:
        found = connection.execute(
            sa.select(products.c.product_id, products.c.unit_cost).order_by(products.c.product_id)
        ).all()
    assert [tuple(row) for row in found] == [("a", 77), ("b", 99), ("c", 12_300)]
