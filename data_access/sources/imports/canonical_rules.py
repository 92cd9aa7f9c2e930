"""What the canonical tables ask of a foreign file beyond types and keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

NEEDED = ("products", "orders", "order_items")
"""Files without which an empty database becomes no shop."""

REFERENCES = (
    ("categories", "parent_id", "categories"),
    ("products", "category_id", "categories"),
    ("products", "supplier_id", "suppliers"),
    ("price_history", "product_id", "products"),
    ("promotions", "product_id", "products"),
    ("promotions", "category_id", "categories"),
    ("competitor_prices", "product_id", "products"),
    ("stock_changes", "product_id", "products"),
    ("purchase_orders", "product_id", "products"),
    ("purchase_orders", "supplier_id", "suppliers"),
    ("orders", "customer_id", "customers"),
    ("order_status_changes", "order_id", "orders"),
    ("order_items", "order_id", "orders"),
    ("order_items", "product_id", "products"),
    ("payments", "order_id", "orders"),
    ("chargebacks", "order_id", "orders"),
    ("refunds", "order_id", "orders"),
    ("refunds", "product_id", "products"),
    ("reviews", "product_id", "products"),
    ("reviews", "order_id", "orders"),
    ("reviews", "customer_id", "customers"),
    ("tickets", "order_id", "orders"),
    ("tickets", "customer_id", "customers"),
    ("shopper_events", "customer_id", "customers"),
    ("shopper_events", "product_id", "products"),
    ("shopper_events", "order_id", "orders"),
    ("campaign_members", "campaign_id", "campaigns"),
    ("campaign_members", "customer_id", "customers"),
)
"""Table, column, table whose key it names; a null names nothing."""

Rule = tuple[Callable[[Any], bool], str]
_COUNTRY = re.compile(r"^[A-Z]{2}$")


def _one_of(*choices: str) -> Rule:
    return choices.__contains__, "is none of " + ", ".join(choices)


_POSITIVE: Rule = (lambda value: value > 0, "is not above 0")
_NOT_NEGATIVE: Rule = (lambda value: value >= 0, "is below 0")
_SHARE: Rule = (lambda value: 0 <= value <= 1, "is not between 0 and 1")
_STARS: Rule = (lambda value: 1 <= value <= 5, "is not between 1 and 5")
_ISO_COUNTRY: Rule = (
    lambda value: _COUNTRY.match(value) is not None,
    "is no ISO 3166-1 alpha-2 code",
)

RULES: dict[tuple[str, str], Rule] = {
    ("order_items", "units"): _POSITIVE,
    ("order_items", "unit_price"): _NOT_NEGATIVE,
    ("order_items", "list_price"): _NOT_NEGATIVE,
    ("orders", "shipping_fee"): _NOT_NEGATIVE,
    ("orders", "discount_total"): _NOT_NEGATIVE,
    ("orders", "billing_country"): _ISO_COUNTRY,
    ("orders", "shipping_country"): _ISO_COUNTRY,
    ("customers", "country"): _ISO_COUNTRY,
    ("customers", "kind"): _one_of("private", "wholesale"),
    ("suppliers", "country"): _ISO_COUNTRY,
    ("products", "price_tier"): _one_of("budget", "standard", "premium"),
    ("products", "pack_size"): _POSITIVE,
    ("products", "unit_cost"): _NOT_NEGATIVE,
    ("price_history", "price"): _NOT_NEGATIVE,
    ("promotions", "discount"): _SHARE,
    ("stock_changes", "kind"): _one_of("opening", "receipt", "sales", "return", "correction"),
    ("order_status_changes", "status"): _one_of("declined", "cancelled", "shipped", "delivered"),
    ("payments", "amount"): _NOT_NEGATIVE,
    ("chargebacks", "amount"): _NOT_NEGATIVE,
    ("refunds", "amount"): _NOT_NEGATIVE,
    ("reviews", "stars"): _STARS,
    ("shopper_events", "kind"): _one_of("view", "search", "cart", "purchase"),
    ("campaigns", "kind"): _one_of("mail", "ab_test"),
}
"""Table and column → what holds, and what is said where it does not."""


def _column(name: str) -> Callable[[pd.DataFrame], tuple[str, pd.Series[Any]]]:
    return lambda frame: (name, frame[name])


AMOUNT: dict[str, Callable[[pd.DataFrame], tuple[str, pd.Series[Any]]]] = {
    "order_items": lambda frame: ("units × unit_price", frame["units"] * frame["unit_price"]),
    "payments": _column("amount"),
    "chargebacks": _column("amount"),
    "refunds": _column("amount"),
}
"""Table → what its money is called and each record's, in ten-thousandths."""
