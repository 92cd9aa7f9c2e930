"""Olist's orders with what hangs on them: items, statuses, payments, reviews."""

from __future__ import annotations

from typing import Any

import pandas as pd

from data_access.sources.imports.cells import to_utc
from data_access.sources.imports.mapped import exact_sum
from data_access.sources.imports.report import Note

CANCELLED = frozenset({"canceled", "unavailable"})
METHODS = {"credit_card": "card", "debit_card": "debit", "not_defined": "unknown"}
"""Payment types under the shop's names; boleto and voucher keep theirs."""
A_MOMENT = pd.Timedelta(seconds=1)
"""After the last instant that an order bears, where a status has none of its own."""
KEY_OF_ORDER = 24
"""Characters of the order's id in a review's key: unique for certain, and the key fits 64."""

INSTANTS = {
    "order_purchase_timestamp": "placed_at",
    "order_approved_at": "approved_at",
    "order_delivered_carrier_date": "shipped_at",
    "order_delivered_customer_date": "delivered_at",
}


def with_instants(orders: pd.DataFrame, zone: str) -> pd.DataFrame:
    """The orders file with its instants in UTC under our names, and the last of them."""
    result = orders.copy()
    for theirs, ours in INSTANTS.items():
        result[ours] = to_utc(orders[theirs], zone)
    result["last_at"] = result[list(INSTANTS.values())].max(axis=1)
    return result


def orders(orders: pd.DataFrame, items: pd.DataFrame, *, country: str) -> pd.DataFrame:
    """Canonical orders; the freight of the items is the shipping fee."""
    freight = items.groupby("order_id")["freight_value"].sum()
    return pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "customer_id": orders["person"],
            "placed_at": orders["placed_at"],
            "shipping_fee": orders["order_id"].map(freight).fillna(0).astype("int64"),
            "discount_total": 0,
            "billing_country": country,
            "shipping_country": country,
        }
    )


def order_items(items: pd.DataFrame) -> pd.DataFrame:
    """One row a unit, as in the file."""
    return pd.DataFrame(
        {
            "order_id": items["order_id"],
            "line": items["order_item_id"],
            "product_id": items["product_id"],
            "units": 1,
            "unit_price": items["price"],
        }
    )


def status_changes(orders: pd.DataFrame) -> pd.DataFrame:
    """shipped, delivered and cancelled; the rule for missing instants is in `olist`."""
    afterwards = orders["last_at"] + A_MOMENT
    status = orders["order_status"]
    shipped = orders["shipped_at"].fillna(afterwards.where(status == "shipped"))
    delivered = orders["delivered_at"].fillna(afterwards.where(status == "delivered"))
    cancelled = afterwards.where(status.isin(CANCELLED))
    # A parcel that was scanned out after it arrived left at the latest then; the scan told later.
    left = shipped.where(~(shipped > delivered), delivered)
    return pd.concat(
        [
            _changes(orders, "shipped", happened=left, known=shipped),
            _changes(orders, "delivered", happened=delivered, known=delivered),
            _changes(orders, "cancelled", happened=cancelled, known=cancelled),
        ]
    )


def _changes(
    orders: pd.DataFrame, status: str, *, happened: pd.Series[Any], known: pd.Series[Any]
) -> pd.DataFrame:
    there = happened.notna()
    return pd.DataFrame(
        {
            "order_id": orders.loc[there, "order_id"],
            "status": status,
            "happened_at": happened[there].astype("datetime64[us]"),
            "known_at": known[there].astype("datetime64[us]"),
        }
    )


def payments(payments: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One row a payment of an order (a voucher and a card are two)."""
    if payments.empty:
        return pd.DataFrame()
    by_order = orders.set_index("order_id")
    attempted = by_order["approved_at"].fillna(by_order["placed_at"])
    succeeded = by_order[["approved_at", "shipped_at", "delivered_at"]].notna().any(axis=1)
    number = payments["payment_sequential"].astype(str)
    return pd.DataFrame(
        {
            "payment_id": payments["order_id"] + "/" + number,
            "order_id": payments["order_id"],
            "method": payments["payment_type"].replace(METHODS),
            "amount": payments["payment_value"],
            "attempted_at": payments["order_id"].map(attempted),
            "succeeded": payments["order_id"].map(succeeded),
        }
    )


def reviews(
    reviews: pd.DataFrame, orders: pd.DataFrame, items: pd.DataFrame, *, zone: str, language: str
) -> pd.DataFrame:
    """One row a review and order."""
    if reviews.empty:
        return pd.DataFrame()
    products = items.groupby("order_id")["product_id"].agg(["first", "nunique"])
    only = products.loc[products["nunique"] == 1, "first"]
    key = (
        reviews["review_id"].where(reviews["review_id"].notna(), "order")
        + "/"
        + reviews["order_id"].str[:KEY_OF_ORDER]
    )
    again = reviews.groupby(key).cumcount()
    key = key.where(again == 0, key + "/" + (again + 1).astype(str))
    person = orders.set_index("order_id")["person"]
    asked = to_utc(reviews["review_creation_date"], zone)
    answered = to_utc(reviews["review_answer_timestamp"], zone)
    product = reviews["order_id"].map(only)
    return pd.DataFrame(
        {
            "review_id": key,
            "product_id": product,
            "order_id": reviews["order_id"],
            "customer_id": reviews["order_id"].map(person),
            "stars": reviews["review_score"],
            "title": reviews["review_comment_title"],
            "body": reviews["review_comment_message"],
            "language": language,
            "happened_at": asked,
            "known_at": answered.where(answered >= asked, asked),
        }
    )


def notes(orders: pd.DataFrame, items: pd.DataFrame, reviews: pd.DataFrame | None) -> list[Note]:
    """What staff should know about these orders; ``reviews`` as they are in the file."""
    ids = pd.Series(dtype=object) if reviews is None else reviews["review_id"]
    open_status = (
        orders["order_status"].isin(CANCELLED)
        | ((orders["order_status"] == "delivered") & orders["delivered_at"].isna())
        | ((orders["order_status"] == "shipped") & orders["shipped_at"].isna())
    )
    found = [
        (
            "without_items",
            "orders without items, kept: most were cancelled",
            ~orders["order_id"].isin(items["order_id"]),
        ),
        (
            "status_without_instant",
            "orders whose last status has no instant of its own: one second after the last known",
            open_status,
        ),
        (
            "scanned_late",
            "orders scanned as shipped after their delivery; they left at the latest then",
            orders["shipped_at"] > orders["delivered_at"],
        ),
        ("without_customer", "orders whose person is unknown, kept", orders["person"].isna()),
        ("reviews_without_id", "reviews without an id, kept under their order's", ids.isna()),
        (
            "reviews_sharing_id",
            "reviews that share an id with another, kept apart by order",
            ids.notna() & ids.duplicated(keep=False),
        ),
    ]
    return [Note(key=k, text=text, lines=exact_sum(m)) for k, text, m in found if m.any()]
