"""What an order tells by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.fraud.making import HOUR, Making
from ml.fraud.schema import BY_NAME
from ml.fraud.windows import Floats, Ints, instants

NIGHT_ENDS = 5  # o'clock: from midnight on, few good orders are placed


def alone(made: Making) -> None:
    """What an order tells by itself."""
    amount = made.number("amount")
    made.give("amount", amount)
    for name in ("lines", "units", "dearest", "hour", "attempts_failed"):
        if made.has(name):
            made.give(name, made.number(name))
    if made.has("hour"):
        hour = made.number("hour")
        made.give("night", np.where(np.isnan(hour), np.nan, hour < NIGHT_ENDS))
    if made.has("discount"):
        discount = made.number("discount")
        full = amount + discount
        made.give("discount_share", np.divide(discount, full, where=full > 0, out=full * np.nan))
    for name in ("method", "channel", "avs", "cvv", "secure"):
        if made.has(name):
            codes, words = made.codes(name)
            known = pd.Index(BY_NAME[name].codes).get_indexer(words.astype(object))
            made.give(name, np.append(known.astype(np.float64), np.nan)[codes])
            made.forget(name)
    for name, one, other in (
        ("billing_is_shipping", "billing_country", "shipping_country"),
        ("card_is_billing", "card_country", "billing_country"),
        ("ip_is_billing", "ip_country", "billing_country"),
    ):
        if made.has(one, other):
            made.give(name, _equal(made.codes(one), made.codes(other)))
    for name in ("billing_country", "shipping_country", "card_country", "ip_country"):
        made.forget(name)
    if made.has("signed_up_at"):
        signed = made.orders["signed_up_at"]
        hours = (made.course.at - instants(signed)[made.course.rows]) / HOUR
        # Who signed up after the order bought it as a guest: then the account was not there.
        unknown = signed.isna().to_numpy()[made.course.rows] | (hours < 0)
        made.give("account_hours", np.where(unknown, np.nan, hours))


def _equal(one: tuple[Ints, pd.Index], other: tuple[Ints, pd.Index]) -> Floats:
    """1 where both hold the same word, 0 where they hold two, NaN where either holds none."""
    shared = np.append(other[1].get_indexer(pd.Index(one[1])), -1)[one[0]]
    unknown = (one[0] < 0) | (other[0] < 0)
    return np.where(unknown, np.nan, shared == other[0])
