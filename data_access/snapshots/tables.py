"""What is in a snapshot: the canonical tables without personal data, and the derived tables.

The tables are made from the canonical ones, so that a new canonical column enters by itself and
a column with ``info["personal"] == "drop"`` cannot. Hashed columns keep their name and become
text of 32 hexadecimal digits. Money stays an integer of ten-thousandths; queries divide.

A table with a main instant also carries ``local_day``: the day of that instant in the shop's zone.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Date, Double, Float, Integer, MetaData, String, Table

from data_access.shop import tables as shop

snapshot_metadata = MetaData()

MAIN_INSTANT: dict[str, str] = {
    "customers": "signed_up_at",
    "price_history": "valid_from",
    "competitor_prices": "observed_at",
    "stock_changes": "happened_at",
    "purchase_orders": "ordered_at",
    "orders": "placed_at",
    "order_status_changes": "happened_at",
    "payments": "attempted_at",
    "chargebacks": "happened_at",
    "refunds": "happened_at",
    "reviews": "happened_at",
    "tickets": "opened_at",
    "shopper_events": "happened_at",
    "campaign_members": "assigned_at",
}
"""The instant that dates a row of the table; tables left out here are small reference tables.

``order_items`` are dated by their order's ``placed_at``.
"""

ORDER_STATUSES = ("placed", "shipped", "delivered", "cancelled", "declined")
NO_SALE = ("cancelled", "declined")
"""Last known statuses of orders that do not count as sales."""


def _kept(column: Column[Any]) -> Column[Any]:
    kind = column.type
    if column.info.get("personal") == "hash" or isinstance(kind, String):
        kind = String()  # text of any length; the engine compares byte for byte
    elif isinstance(kind, Float):
        kind = Double()  # the engine's FLOAT has 32 bits
    return Column(
        column.name,
        kind,
        primary_key=column.primary_key,
        autoincrement=False,
        nullable=column.nullable,
    )


def _snapshot_table(source: Table, *derived: Column[Any]) -> Table:
    kept = [_kept(c) for c in source.columns if c.info.get("personal") != "drop"]
    if source.name in MAIN_INSTANT or source.name == "order_items":
        kept.append(Column("local_day", Date(), nullable=True))
    return Table(source.name, snapshot_metadata, *kept, *derived)


customers = _snapshot_table(shop.customers, Column("email_domain", String()))
categories = _snapshot_table(shop.categories)
suppliers = _snapshot_table(shop.suppliers)
products = _snapshot_table(shop.products)
price_history = _snapshot_table(shop.price_history)
promotions = _snapshot_table(shop.promotions)
competitor_prices = _snapshot_table(shop.competitor_prices)
stock_changes = _snapshot_table(shop.stock_changes)
purchase_orders = _snapshot_table(shop.purchase_orders)
orders = _snapshot_table(
    shop.orders,
    Column("local_week", Date(), nullable=False),  # Monday of local_day
    Column("hour", Integer(), nullable=False),  # 0 to 23 in the shop's zone
    Column("ip_country", String(2)),  # null unless the shop tells: no geography of IPs is at hand
    Column("status", String(16), nullable=False),  # last known, one of ORDER_STATUSES
)
order_status_changes = _snapshot_table(shop.order_status_changes)
order_items = _snapshot_table(shop.order_items)
payments = _snapshot_table(shop.payments)
chargebacks = _snapshot_table(shop.chargebacks)
refunds = _snapshot_table(shop.refunds)
reviews = _snapshot_table(shop.reviews)
tickets = _snapshot_table(shop.tickets)
shopper_events = _snapshot_table(shop.shopper_events)
campaigns = _snapshot_table(shop.campaigns)
campaign_members = _snapshot_table(shop.campaign_members)

daily_sales = Table(
    "daily_sales",
    snapshot_metadata,
    Column("product_id", String(), primary_key=True),
    Column("category_id", String()),
    Column("local_day", Date(), primary_key=True),
    Column("local_week", Date(), nullable=False),
    Column("units", BigInteger(), nullable=False),
    Column("revenue", BigInteger(), nullable=False),  # ten-thousandths; coupons not spread
    Column("orders", BigInteger(), nullable=False),  # distinct orders with the product
    Column("cost", BigInteger()),  # units times today's unit cost; null where it is unknown
    comment="One row a product and local day with sales; declined and cancelled orders left "
    "out, refunds not subtracted.",
)

weekly_sales = Table(
    "weekly_sales",
    snapshot_metadata,
    Column("product_id", String(), primary_key=True),
    Column("category_id", String()),
    Column("local_week", Date(), primary_key=True),  # Monday
    Column("units", BigInteger(), nullable=False),
    Column("revenue", BigInteger(), nullable=False),
    Column("orders", BigInteger(), nullable=False),
    Column("price", BigInteger()),  # mean paid per unit; null in a week without sales
    Column("list_price", BigInteger()),  # valid at the week's end
    Column("promo_share", Double(), nullable=False),  # share of the seven days with a promotion
    Column("stockout_days", Integer(), nullable=False),  # days that ended without stock, 0 to 7
    comment="Training panel of forecasts: weeks with sales, a promotion or a stock-out.",
)

stock_outs = Table(
    "stock_outs",
    snapshot_metadata,
    Column("product_id", String(), primary_key=True),
    Column("category_id", String()),
    Column("first_day", Date(), primary_key=True),  # first local day that ended without stock
    Column("last_day", Date()),  # last such day; null while it lasts
)

customer_facts = Table(
    "customer_facts",
    snapshot_metadata,
    Column("customer_id", String(), primary_key=True),
    Column("first_order_day", Date(), nullable=False),
    Column("last_order_day", Date(), nullable=False),
    Column("orders", BigInteger(), nullable=False),
    Column("units", BigInteger(), nullable=False),
    Column("revenue", BigInteger(), nullable=False),
    Column("refunds", BigInteger(), nullable=False),  # refunded amount, ten-thousandths
    comment="One row a customer with at least one order that was not declined or cancelled.",
)

key_figures = Table(
    "key_figures",
    snapshot_metadata,
    Column("local_day", Date(), primary_key=True),
    Column("revenue", BigInteger(), nullable=False),  # of lines, before coupons and refunds
    Column("orders", BigInteger(), nullable=False),  # neither declined nor cancelled
    Column("units", BigInteger(), nullable=False),
    Column("cost", BigInteger(), nullable=False),  # of the units whose cost is known
    Column("revenue_with_cost", BigInteger(), nullable=False),  # of those same units
    Column("discounts", BigInteger(), nullable=False),  # coupons
    Column("shipping", BigInteger(), nullable=False),  # shipping fees paid by customers
    Column("customers", BigInteger(), nullable=False),  # distinct known customers who ordered
    Column("new_customers", BigInteger(), nullable=False),  # whose first order is of this day
    Column("declined", BigInteger(), nullable=False),  # orders, by the day they were placed
    Column("cancelled", BigInteger(), nullable=False),
    Column("refund_amount", BigInteger(), nullable=False),  # by the day of the refund
    Column("refund_count", BigInteger(), nullable=False),
    Column("chargebacks", BigInteger(), nullable=False),  # by the day they happened
    Column("reviews", BigInteger(), nullable=False),
    Column("stars", BigInteger(), nullable=False),  # sum of stars of those reviews
    Column("tickets", BigInteger(), nullable=False),
    Column("visits", BigInteger()),  # sessions; null on a day without any recorded event
    Column("conversions", BigInteger()),  # sessions with a purchase; null likewise
    comment="One row a local day, without gaps, from the first day with orders to the last.",
)

COPIED: tuple[Table, ...] = tuple(snapshot_metadata.tables[t.name] for t in shop.CANONICAL)
"""Snapshot tables that are copies of canonical ones."""

DERIVED: tuple[Table, ...] = (daily_sales, stock_outs, weekly_sales, customer_facts, key_figures)
"""Tables computed from the copies, in the order of computing."""

BY_MONTH: frozenset[str] = frozenset({*MAIN_INSTANT, "order_items", "daily_sales", "weekly_sales"})
"""Tables cut into parts by month (of ``local_day``, or ``local_week``) once they are large; others
are one part."""

SORTED_BY: dict[str, tuple[str, ...]] = {
    "daily_sales": ("product_id", "local_day"),
    "weekly_sales": ("product_id", "local_week"),
    "order_items": ("product_id", "order_id", "line"),
    "orders": ("placed_at", "order_id"),
    "stock_changes": ("product_id", "happened_at", "change_id"),
    "reviews": ("product_id", "happened_at", "review_id"),
    "shopper_events": ("happened_at", "event_id"),
}
"""Order of rows inside a part, so that row-group statistics find them; else the primary key."""


def sort_columns(table: Table) -> tuple[str, ...]:
    """Columns that a part of the table is sorted by."""
    return SORTED_BY.get(table.name) or tuple(c.name for c in table.primary_key.columns)


def month_column(table: Table) -> str | None:
    """The date column by whose month the table may be cut; None: it is always one part."""
    if table.name not in BY_MONTH:
        return None
    return "local_week" if table.name == "weekly_sales" else "local_day"
