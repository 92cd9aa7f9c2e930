"""A shop of another shape, connected by views: read whole, or refused with the column's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop import tables as shop_tables
from data_access.shop.engines import make_engine
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.reconcile import reconcile
from data_access.snapshots.store import SnapshotStore
from tests.factories.databases import NOW, Taker
from tests.factories.postgres import fresh_database
from tests.factories.shop import ShopFactory

LOOSE = {"units": sa.Numeric(10, 3), "unit_price": sa.Numeric(12, 4), "pack_size": sa.Float()}
"""Columns that many a shop keeps with decimals."""


@pytest.fixture(params=["sqlite", "postgresql"])
def shop_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database, without any table."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'shop.db'}")
        yield engine
        engine.dispose()
        return
    with fresh_database("views") as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def made(engine: sa.Engine, **types: sa.types.TypeEngine) -> ShopFactory:  # type: ignore[type-arg]
    """A shop with one order whose columns have these types instead of the canonical ones."""
    loose = sa.MetaData()
    for table in shop_tables.CANONICAL:
        columns = [
            sa.Column(c.name, types.get(f"{table.name}__{c.name}", types.get(c.name, c.type)))
            for c in table.columns
        ]
        sa.Table(table.name, loose, *columns)
    loose.create_all(engine)
    factory = ShopFactory(engine)
    factory.order(day="2026-03-20", product="mug", order_id="1", units=2, price=9.99)
    return factory


def test_a_database_without_any_of_the_tables_holds_no_shop(
    shop_engine: sa.Engine, take: Taker
) -> None:
    with pytest.raises(DataError, match="There is no shop in") as refused:
        take()

    assert "demo" in refused.value.remedy


@pytest.mark.parametrize("lacks", ["customers", "order_status_changes"])
def test_a_missing_table_is_named(shop_engine: sa.Engine, take: Taker, lacks: str) -> None:
    made(shop_engine)
    with shop_engine.begin() as connection:
        shop_tables.metadata.tables[lacks].drop(connection)

    with pytest.raises(DataError, match=f"has no table {lacks}") as refused:
        take()

    assert "view" in refused.value.remedy


def test_a_missing_column_is_named(shop_engine: sa.Engine, take: Taker) -> None:
    made(shop_engine)
    with shop_engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE orders DROP COLUMN ip"))

    with pytest.raises(DataError, match=r"lacks the column orders\.ip"):
        take()


@pytest.mark.parametrize(
    ("column", "value"),
    [("units", 2.5), ("units", 0.5), ("unit_price", 9.99), ("pack_size", 1.5)],
)
def test_what_a_whole_number_cannot_hold_is_refused_and_not_cut(
    shop_engine: sa.Engine, take: Taker, column: str, value: float
) -> None:
    shop = made(shop_engine, **LOOSE)
    table = shop_tables.products if column == "pack_size" else shop_tables.order_items
    with shop.engine.begin() as connection:
        loose = sa.table(table.name, sa.column(column, LOOSE[column]))
        connection.execute(sa.update(loose).values({column: value}))

    with pytest.raises(DataError, match=rf"{table.name}\.{column}: ") as refused:
        take()

    assert "ten-thousandths" in refused.value.remedy


def test_whole_numbers_are_read_whatever_the_column_may_hold(
    shop_engine: sa.Engine, take: Taker, analytics: Analytics
) -> None:
    made(shop_engine, **LOOSE)

    manifest = take()

    line = analytics.frame(manifest.number, sa.select(tables.order_items)).iloc[0]
    assert (line["units"], line["unit_price"]) == (2, 99_900)
    assert all(t.difference == 0 for t in reconcile(shop_engine, manifest, analytics))


@pytest.mark.parametrize("shop_engine", ["postgresql"], indirect=True)
def test_a_number_as_order_number_is_refused_with_the_cast(
    shop_engine: sa.Engine, take: Taker
) -> None:
    """SQLite has no columns that only hold numbers: it gives the text."""
    made(shop_engine)
    with shop_engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE orders ALTER order_id TYPE bigint USING 1"))

    with pytest.raises(DataError, match=r"a number in orders\.order_id") as refused:
        take()

    assert "cast(… as text) as order_id" in refused.value.remedy


@pytest.mark.parametrize("shop_engine", ["postgresql"], indirect=True)
def test_instants_with_a_zone_are_read_as_utc_by_every_reader(
    shop_engine: sa.Engine, take: Taker, analytics: Analytics
) -> None:
    made(shop_engine, placed_at=sa.DateTime(timezone=True), updated_at=sa.DateTime(timezone=True))
    placed = shop_tables.orders.c.placed_at
    with shop_engine.begin() as connection:
        connection.execute(sa.text("SET timezone = 'America/New_York'"))
        connection.execute(sa.text("UPDATE orders SET placed_at = '2026-03-20 23:30-04'"))
        assert connection.scalar(sa.select(placed)) == datetime(2026, 3, 21, 3, 30)

    found = analytics.frame(take().number, sa.select(tables.orders.c.placed_at))

    assert found["placed_at"][0].to_pydatetime() == datetime(2026, 3, 21, 3, 30)


def test_a_moment_where_a_whole_day_belongs_is_refused(
    shop_engine: sa.Engine, take: Taker, store: SnapshotStore
) -> None:
    """Of a zone's midnight the day in UTC is the day before."""
    shop = made(shop_engine, launched_on=sa.DateTime(), ended_on=sa.DateTime())
    products = sa.table("products", sa.column("launched_on", sa.DateTime()))
    with shop.engine.begin() as connection:
        connection.execute(sa.update(products).values(launched_on=datetime(2026, 3, 1)))
    take()
    with shop.engine.begin() as connection:
        connection.execute(sa.update(products).values(launched_on=datetime(2026, 2, 28, 23)))

    with pytest.raises(DataError, match=r"products\.launched_on: 2026-02-28 23:00:00"):
        take(full=True)

    assert store.newest_number() == 1


@pytest.mark.parametrize("shop_engine", ["postgresql"], indirect=True)
def test_a_view_that_does_not_answer_is_told_without_the_statement(
    shop_engine: sa.Engine, take: Taker
) -> None:
    made(shop_engine)
    with shop_engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE reviews RENAME TO said"))
        connection.execute(sa.text("CREATE VIEW reviews AS SELECT *, 1 / 0 AS broken FROM said"))
        connection.execute(sa.text("ALTER VIEW reviews RENAME stars TO points"))
        connection.execute(sa.text("ALTER VIEW reviews RENAME broken TO stars"))

    with pytest.raises(DataError, match="does not let reviews be read") as refused:
        take(now=NOW)

    assert "SELECT" not in str(refused.value)
    assert "sqlalche" not in str(refused.value)
