"""What the doors accept and refuse, and that the rows fit each other."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa

from data_access.errors import DataError
from data_access.shop import tables as shop
from data_access.shop.engines import make_engine, read_mark
from data_access.sources.demo import make_demo
from data_access.sources.demo.making import default_start
from data_access.sources.demo.truth import TRUTH
from tests.data_access.sources.demo.conftest import UNTIL, Ask, Make

PARENTS = {
    shop.products: {"category_id": shop.categories, "supplier_id": shop.suppliers},
    shop.price_history: {"product_id": shop.products},
    shop.promotions: {"product_id": shop.products, "category_id": shop.categories},
    shop.competitor_prices: {"product_id": shop.products},
    shop.stock_changes: {"product_id": shop.products},
    shop.purchase_orders: {"product_id": shop.products, "supplier_id": shop.suppliers},
    shop.orders: {"customer_id": shop.customers},
    shop.order_status_changes: {"order_id": shop.orders},
    shop.order_items: {"order_id": shop.orders, "product_id": shop.products},
    shop.payments: {"order_id": shop.orders},
    shop.chargebacks: {"order_id": shop.orders},
    shop.refunds: {"order_id": shop.orders, "product_id": shop.products},
    shop.reviews: {
        "order_id": shop.orders,
        "product_id": shop.products,
        "customer_id": shop.customers,
    },
    shop.tickets: {"order_id": shop.orders, "customer_id": shop.customers},
    shop.shopper_events: {
        "order_id": shop.orders,
        "product_id": shop.products,
        "customer_id": shop.customers,
    },
    shop.campaign_members: {"campaign_id": shop.campaigns, "customer_id": shop.customers},
}


@pytest.mark.parametrize("table", PARENTS, ids=lambda table: table.name)
def test_every_row_has_its_parents(ask: Ask, table: sa.Table) -> None:
    for column, parent in PARENTS[table].items():
        key = next(iter(parent.primary_key))
        orphans = sa.select(sa.func.count()).where(
            table.c[column].is_not(None), table.c[column].not_in(sa.select(key))
        )
        assert ask(orphans).iloc[0, 0] == 0, column


@pytest.mark.parametrize("table", shop.CANONICAL, ids=lambda table: table.name)
def test_nothing_is_known_before_its_time(ask: Ask, table: sa.Table) -> None:
    instants = {
        "known_at", "updated_at", "happened_at", "placed_at", "opened_at", "closed_at",
        "first_answer_at", "received_at", "ordered_at", "observed_at", "announced_at",
        "signed_up_at", "valid_from", "attempted_at", "starts_at", "assigned_at",
    } & set(table.c.keys())  # fmt: skip
    if table.name == "price_history":
        instants.discard("valid_from")  # a product may be listed before its launch
    newest = ask(sa.select(*(sa.func.max(table.c[name]).label(name) for name in sorted(instants))))
    for name in instants:
        assert str(newest[name].iloc[0]) <= f"{UNTIL}.000000", name


@pytest.mark.parametrize("table", [*shop.CANONICAL, *TRUTH], ids=lambda table: table.name)
def test_no_table_stays_empty(ask: Ask, table: sa.Table) -> None:
    assert ask(sa.select(sa.func.count()).select_from(table)).iloc[0, 0] > 0


def test_happened_is_never_after_known(ask: Ask) -> None:
    for table in shop.CANONICAL:
        if "known_at" in table.c:
            late = sa.select(sa.func.count()).where(table.c.happened_at > table.c.known_at)
            assert ask(late).iloc[0, 0] == 0, table.name


def test_money_is_whole_ten_thousandths(ask: Ask) -> None:
    for table in shop.CANONICAL:
        for column in table.c:
            if isinstance(column.type, sa.BigInteger):
                odd = sa.select(sa.func.count()).where(
                    sa.func.typeof(column) != "integer", column.is_not(None)
                )
                assert ask(odd).iloc[0, 0] == 0, f"{table.name}.{column.name}"


def test_what_is_paid_is_lines_less_coupon_plus_shipping(ask: Ask) -> None:
    lines = (
        sa.select(
            shop.order_items.c.order_id,
            sa.func.sum(shop.order_items.c.units * shop.order_items.c.unit_price).label("total"),
        )
        .group_by(shop.order_items.c.order_id)
        .subquery()
    )
    wrong = (
        sa.select(sa.func.count())
        .select_from(shop.payments)
        .join(shop.orders, shop.orders.c.order_id == shop.payments.c.order_id)
        .join(lines, lines.c.order_id == shop.orders.c.order_id)
        .where(
            shop.payments.c.amount
            != lines.c.total - shop.orders.c.discount_total + shop.orders.c.shipping_fee
        )
    )

    assert ask(wrong).iloc[0, 0] == 0


def test_list_prices_of_lines_are_those_of_the_price_history(ask: Ask) -> None:
    items = ask(
        sa.select(shop.order_items.c.product_id, shop.order_items.c.list_price,
                  shop.orders.c.placed_at)
        .join(shop.orders, shop.orders.c.order_id == shop.order_items.c.order_id)
        .order_by(shop.orders.c.placed_at)
    )  # fmt: skip
    prices = ask(
        sa.select(shop.price_history.c["product_id", "valid_from", "price"]).order_by("valid_from")
    )
    import pandas as pd

    joined = pd.merge_asof(
        items, prices, left_on="placed_at", right_on="valid_from", by="product_id"
    )

    assert (joined.list_price == joined.price).all()


def test_stock_levels_follow_from_the_changes_and_never_fall_below_zero(ask: Ask) -> None:
    changes = ask(
        sa.select(shop.stock_changes).order_by(
            shop.stock_changes.c.product_id,
            shop.stock_changes.c.happened_at,
            shop.stock_changes.c.change_id,
        )
    )

    assert (changes.groupby("product_id").units.cumsum() == changes.level_after).all()
    assert (changes.level_after >= 0).all()


def test_the_mark_tells_what_made_the_shop(small_shop: sa.Engine) -> None:
    mark = read_mark(small_shop)

    assert mark is not None
    assert mark.made_by == "demo"
    assert mark.details["size"] == "small"
    assert mark.details["start"] == default_start(UNTIL).isoformat() == "2023-11-20"
    assert "sessions are recorded" in mark.details["events"]


def test_an_unknown_size_and_a_start_that_is_no_monday_are_refused(make_tiny: Make) -> None:
    engine = make_engine("sqlite://")
    with pytest.raises(DataError, match="huge"):
        make_demo(engine, size="huge", seed=1, until=UNTIL)
    with pytest.raises(DataError, match="cannot begin"):
        make_tiny(datetime(2026, 5, 1), start=date(2026, 3, 3))


def test_a_shop_of_ones_own_is_never_written_to(make_tiny: Make, tmp_path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'own.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE orders (id INTEGER)"))

    with pytest.raises(DataError, match="not empty"):
        make_tiny(datetime(2026, 5, 1), engine=engine)

    assert sa.inspect(engine).get_table_names() == ["orders"]


def test_breaking_off_leaves_no_half_shop(make_tiny: Make, tmp_path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'half.db'}")

    def stop(step: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(
            engine, size="tiny", seed=1, until=datetime(2026, 5, 1), start=date(2026, 3, 2),
            progress=stop,
        )  # fmt: skip

    assert sa.inspect(engine).get_table_names() == []
    assert not list(tmp_path.glob(".*making*"))
