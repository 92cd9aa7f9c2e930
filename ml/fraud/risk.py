"""Levels, and the risk of an order, a customer and a payment: score, level, factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ml.fraud import explanation
from ml.fraud.explanation import Factor
from ml.fraud.kept import FraudModel
from ml.fraud.schema import BY_NAME

Level = Literal["low", "review", "block"]

REVIEW = 0.15
BLOCK = 0.8
"""Where nobody has set thresholds."""

HALF_LIFE_DAYS = 60.0
"""Days after which an old order counts half for its customer's risk."""

PAYMENT = (
    "method",
    "avs",
    "cvv",
    "secure",
    "attempts_failed",
    "card_is_billing",
    "card_orders_hour",
    "card_accounts_hour",
    "card_orders_day",
    "card_accounts_day",
    "card_orders_month",
    "card_accounts_month",
    "device_cards_day",
    "device_cards_month",
    "customer_cards_day",
    "customer_cards_month",
    "card_chargeback_share",
)
"""Features that speak of the payment: its checks, its card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Of an order, a customer or a payment."""

    score: float  # probability, 0 to 1
    level: Level
    factors: tuple[Factor, ...]  # strongest first


def level(score: float, review: float = REVIEW, block: float = BLOCK) -> Level:
    """low below `review`, block from `block` on."""
    if score >= block:
        return "block"
    return "review" if score >= review else "low"


def levels(score: Sequence[float] | pd.Series, review: float, block: float) -> list[Level]:
    return [level(float(one), review, block) for one in score]


def of_order(
    model: FraudModel, features: pd.DataFrame, review: float = REVIEW, block: float = BLOCK
) -> list[Risk]:
    """Risk of each order of a features frame."""
    return [
        Risk(score=told.score, level=level(told.score, review, block), factors=told.factors)
        for told in explanation.factors(model, features)
    ]


def of_customer(orders: pd.DataFrame, review: float = REVIEW, block: float = BLOCK) -> Risk:
    """Risk of a customer by the scores of all their orders, devices and cards.

    The chance that at least one of the orders is fraud, each counting less the older it is: one
    bad order is enough, and many good ones do not wash it away.

    Parameters
    ----------
    orders : order_id, placed_at, score; of the customer, and of others on the same devices and
        cards with `own` False, which count half.
    """
    if orders.empty:
        return Risk(score=0.0, level="low", factors=())
    newest = orders["placed_at"].max()
    age = (newest - orders["placed_at"]).dt.total_seconds().to_numpy(np.float64) / 86400
    counts = 0.5 ** (age / HALF_LIFE_DAYS)
    own = np.ones(len(orders), bool)
    if "own" in orders:
        own = orders["own"].to_numpy(bool)
    counts = counts * np.where(own, 1.0, 0.5)
    chance = np.clip(orders["score"].to_numpy(np.float64), 0.0, 0.999999) * counts
    safe = np.log1p(-chance)
    score = float(1 - np.exp(safe.sum()))
    total = float(safe.sum())
    strongest = np.argsort(safe, kind="stable")[:5]
    told = tuple(
        Factor(
            feature="order",
            label="Order",
            value=float(orders["score"].iloc[row]),
            usual=None,
            contribution=score * float(safe[row]) / total if total else 0.0,
            sentence=f"Order {orders['order_id'].iloc[row]} of {age[row]:.0f} days earlier "
            f"{'' if own[row] else '(another account, same device or card) '}"
            f"has {float(orders['score'].iloc[row]) * 100:.0f} %",
        )
        for row in strongest
        if safe[row] < 0
    )
    return Risk(score=score, level=level(score, review, block), factors=told)


def of_payment(
    model: FraudModel, features: pd.DataFrame, review: float = REVIEW, block: float = BLOCK
) -> list[Risk]:
    """Risk of each order's payment: what its checks and its card alone add to the usual order.

    Everything that does not speak of the payment is left at where every order starts.
    """
    x = model.matrix(features)
    parts = model.learner.contributions(x)
    mine = np.array([name in PAYMENT for name in model.columns], bool)
    base = parts[:, -1]
    margin = base + parts[:, :-1][:, mine].sum(axis=1)
    scores = model.calibration.probability(margin)
    start = model.calibration.probability(base)
    found = []
    for row in range(len(x)):
        way = float(margin[row] - base[row])
        rate = float(scores[row] - start[row]) / way if abs(way) > 1e-9 else 0.0
        told = []
        for place in np.flatnonzero(mine):
            part = float(parts[row, place]) * rate
            if abs(part) < 1e-9:
                continue
            name = model.columns[place]
            value = float(x[row, place])
            known = None if np.isnan(value) else value
            told.append(
                Factor(
                    feature=name,
                    label=BY_NAME[name].label,
                    value=known,
                    usual=model.usual.get(name),
                    contribution=part,
                    sentence=explanation.sentence(BY_NAME[name], known, model.usual.get(name)),
                )
            )
        told.sort(key=lambda one: -abs(one.contribution))
        score = float(scores[row])
        found.append(Risk(score=score, level=level(score, review, block), factors=tuple(told)))
    return found
