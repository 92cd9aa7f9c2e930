"""What a training takes, measured on two cores, and what is trained where nobody chose."""

from __future__ import annotations

DEFAULTS = ("lightgbm", "isolation_forest")
"""Beside the plain rules, which are measured with every candidate: the first where chargebacks are
known, the second where none are."""

FEATURES_S = 45e-6
"""Seconds an order for the features of its whole history."""

EACH_S: dict[str, float] = {
    "rules": 5e-6,
    "lightgbm": 60e-6,
    "logistic": 60e-6,
    "random_forest": 150e-6,
    "isolation_forest": 40e-6,
    "attention": 600e-6,
    "ensemble": 250e-6,
}
"""Seconds an order learned from, for evaluation and fit together."""

MOST_LEARNED = 300_000


def seconds(candidate: str, orders: int) -> float:
    """About how long evaluate, fit and one prediction take, for a history of so many orders."""
    return 3.0 + orders * FEATURES_S + min(orders, MOST_LEARNED) * EACH_S.get(candidate, 1e-4)


def prediction_seconds(orders: int) -> float:
    """Of the orders of the last 30 days, in a history of so many."""
    return 1.0 + orders * FEATURES_S / 4
