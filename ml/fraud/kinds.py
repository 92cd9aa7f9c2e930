"""Which kind of fraud a suspicious order looks like, in the words that analysts use.

A chargeback does not say how it was done, so kinds are told by their marks, not learned. The marks
speak of orders that are suspicious already: many good orders bear some of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.fraud.types import Bools, Floats

KINDS: dict[str, str] = {
    "card_testing": "Card testing",
    "coupon_abuse": "Coupon abuse",
    "reshipping_ring": "Reshipping ring",
    "stolen_card": "Stolen card",
    "account_takeover": "Account takeover",
}
"""In the order in which their marks are looked for: the first kind that fits is named."""

SUSPICIOUS = 0.05
"""Score below which no kind is named: of twenty such orders at least nineteen are good."""

SMALL = 30.0  # currency; a card is tried with little
YOUNG_HOURS = 30 * 24.0
OLD_HOURS = 60 * 24.0


def likely(
    features: pd.DataFrame, score: Floats | None = None
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """[rows] key of `KINDS`, or None where no kind's marks are there or the score is low.

    score : of the rows; None: all are taken as suspicious.
    """

    values = {
        str(name): column
        for name, column in zip(features.columns, features.to_numpy(np.float64).T, strict=True)
    }
    unknown = np.full(len(features), np.nan)

    def of(name: str) -> Floats:
        return np.asarray(values.get(name, unknown))

    def least(name: str, value: float) -> Bools:
        return np.asarray(of(name) >= value)

    def most(name: str, value: float) -> Bools:
        return np.asarray(of(name) <= value)

    crowd = least("device_accounts_month", 2) | least("address_accounts_month", 2)
    strained = least("attempts_failed", 2) | least("device_cards_day", 3)
    foreign = most("card_is_billing", 0) | most("ip_is_billing", 0)
    unchecked = least("avs", 1) | least("cvv", 1) | least("secure", 1)
    dear = least("amount_to_category", 1.5) | least("amount_to_customer", 2.0)
    new = least("device_is_new", 1) | least("address_is_new", 1)
    marks = {
        "card_testing": most("amount", SMALL) & (strained | least("device_orders_hour", 1)),
        "coupon_abuse": least("discount_share", 0.02) & crowd,
        "reshipping_ring": (most("billing_is_shipping", 0) & most("account_hours", 24 * 365))
        | (least("address_accounts_month", 2) & unchecked),
        "stolen_card": most("account_hours", YOUNG_HOURS) & (foreign | unchecked | dear),
        "account_takeover": least("account_hours", OLD_HOURS) & (new | dear | foreign),
    }
    found = np.full(len(features), None, object)
    for kind in reversed(KINDS):
        found[marks[kind]] = kind
    if score is not None:
        found[score < SUSPICIOUS] = None
    return found
