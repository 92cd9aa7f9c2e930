"""Every feature once more, in plain Python, one order after the other: slow and easy to read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from ml.fraud.schema import BY_NAME, LINKS, NAMES, RECENT_DAYS

Row = dict[str, Any]
SPANS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=RECENT_DAYS),
}


def features(orders: list[Row], chargebacks: list[Row]) -> pd.DataFrame:
    """As `ml.fraud.features.compute` of all orders."""
    rows = [_features(order, orders, chargebacks) for order in orders]
    index = pd.Index([order["order_id"] for order in orders], name="order_id")
    frame = pd.DataFrame(rows, index=index, columns=list(NAMES))
    return frame.astype("float64")


def earlier(order: Row, orders: list[Row]) -> list[Row]:
    """Orders placed before an order, in time."""
    mine = (order["placed_at"], order["order_id"])
    found = [one for one in orders if (one["placed_at"], one["order_id"]) < mine]
    return sorted(found, key=lambda one: (one["placed_at"], one["order_id"]))


def _features(order: Row, orders: list[Row], chargebacks: list[Row]) -> dict[str, float | None]:
    before = earlier(order, orders)
    made: dict[str, float | None] = {name: order[name] for name in ("amount", "lines", "units")}
    made |= {name: order[name] for name in ("dearest", "hour", "attempts_failed")}
    made["night"] = None if order["hour"] is None else float(order["hour"] < 5)
    full = order["amount"] + order["discount"]
    made["discount_share"] = order["discount"] / full if full > 0 else None
    for name in ("method", "channel", "avs", "cvv", "secure"):
        codes = BY_NAME[name].codes
        word = order[name]
        made[name] = None if word is None else codes.index(word) if word in codes else -1
    made["billing_is_shipping"] = _equal(order["billing_country"], order["shipping_country"])
    made["card_is_billing"] = _equal(order["card_country"], order["billing_country"])
    made["ip_is_billing"] = _equal(order["ip_country"], order["billing_country"])
    if order["signed_up_at"] is not None and order["signed_up_at"] <= order["placed_at"]:
        made["account_hours"] = (order["placed_at"] - order["signed_up_at"]).total_seconds() / 3600
    most = 0
    for link in LINKS:
        if order[link] is None:
            continue
        same = [one for one in before if one[link] == order[link]]
        for window, span in SPANS.items():
            recent = [one for one in same if one["placed_at"] >= order["placed_at"] - span]
            made[f"{link}_orders_{window}"] = len(recent)
            if link != "customer":
                made[f"{link}_accounts_{window}"] = _distinct([*recent, order], "customer")
            if link in ("device", "customer") and window != "hour":
                made[f"{link}_cards_{window}"] = _distinct([*recent, order], "card")
        told = _charged_back(order, link, orders, chargebacks)
        made[f"{link}_chargeback_share"] = min(told / max(len(same), 1), 1.0)
        most = max(most, told)
    made["linked_chargebacks"] = most
    if order["customer"] is not None:
        made |= _of_customer(order, [o for o in before if o["customer"] == order["customer"]])
    if order["coupon"] is not None:
        since = order["placed_at"] - SPANS["day"]
        same = [one for one in before if one["coupon"] == order["coupon"]]
        made["coupon_orders_day"] = sum(one["placed_at"] >= since for one in same)
    until = usual_until(order)
    old = [one for one in before if one["placed_at"] < until]
    if order["category"] is not None:
        alike = [one["amount"] for one in old if one["category"] == order["category"]]
        if sum(alike) > 0:
            made["amount_to_category"] = _money(order["amount"]) * len(alike) / _sum(alike)
    if order["email_domain"] is not None and old:
        made["email_domain_share"] = sum(
            one["email_domain"] == order["email_domain"] for one in old
        ) / len(old)
    return made


def usual_until(order: Row) -> datetime:
    day: datetime = order["placed_at"].replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=RECENT_DAYS)


def _of_customer(order: Row, same: list[Row]) -> dict[str, float | None]:
    since = order["placed_at"] - SPANS["month"]
    recent = [one for one in same if one["placed_at"] >= since]
    made: dict[str, float | None] = {"customer_orders": len(same), "first_order": not same}
    if same:
        gone = order["placed_at"] - same[-1]["placed_at"]
        made["days_since_order"] = gone.total_seconds() / 86_400
        spent = _sum([one["amount"] for one in same])
        if spent > 0:
            made["amount_to_customer"] = _money(order["amount"]) / (spent / len(same))
    made["customer_devices_month"] = _distinct([*recent, order], "device")
    for column in ("device", "address"):
        if recent and order[column] is not None:
            made[f"{column}_is_new"] = all(one[column] != order[column] for one in recent)
    return made


def _charged_back(order: Row, link: str, orders: list[Row], chargebacks: list[Row]) -> int:
    links = {one["order_id"]: one[link] for one in orders}
    known = {
        one["order_id"]
        for one in chargebacks
        if one["known_at"] <= order["placed_at"] and one["order_id"] != order["order_id"]
    }
    return sum(links.get(one) == order[link] for one in known)


def _distinct(orders: list[Row], column: str) -> int:
    return len({one[column] for one in orders} - {None})


def _equal(one: str | None, other: str | None) -> float | None:
    return None if one is None or other is None else float(one == other)


def _money(amount: float) -> int:
    return round(amount * 10_000)


def _sum(amounts: list[float]) -> int:
    return sum(_money(amount) for amount in amounts)
