"""What a category does together: its weeks, and the moves that its prices make in common.

Weeks of products are sums; a category's own pattern is what a product's sales are held against.
"""

from __future__ import annotations

import numpy as np

from ml.forecasting.types import Floats, Ints


def factors(sold: Floats, days: Floats, category: Ints, count: int) -> Floats:
    """[categories, weeks] how much more a category sold in a week than it usually does.

    Levels of products and factors of weeks are found in turns (a two-way Poisson fit), from days
    without promotion and with stock. A week that a promotion of the whole category fills is read
    off the weeks around it, relative to the shop.
    """
    strength = 30.0  # sales for which a category's own week counts as much as the shop's
    weeks = sold.shape[1]
    level = sold.sum(1) / np.maximum(days.sum(1), 1.0)
    own = _by_category(sold, category, count)
    factor = np.ones((count, weeks))
    for _ in range(5):
        wanted = _by_category(level[:, None] * days, category, count)
        shop = own.sum(0) / np.maximum(wanted.sum(0), 1e-9)
        relative = (own + strength * shop) / np.maximum((wanted + strength) * shop, 1e-9)
        enough = wanted > 0.1 * np.median(wanted, axis=1, keepdims=True)
        for i in range(count):
            if enough[i].any() and not enough[i].all():
                at = np.flatnonzero(enough[i])
                relative[i] = np.interp(np.arange(weeks), at, relative[i, at])
        factor = relative * shop
        level = sold.sum(1) / np.maximum((days * factor[category]).sum(1), 1e-9)
    return factor


def over_spells(by_day: Floats, category: Ints, start: Ints, stop: Ints) -> Floats:
    """[spells] sums over their days of what is known by category and day."""
    total = np.concatenate([np.zeros((len(by_day), 1)), np.cumsum(by_day, 1)], 1)
    return np.asarray(total[category, stop] - total[category, start])


def common_price(sold: Floats, days: Floats, price: Floats, category: Ints, count: int) -> Floats:
    """[categories, weeks] mean log by which prices lay above their products' usual ones.

    What a category sells holds the answer to what its prices did together. Only what a product's
    price did beyond that shows in its sales against the category's.
    """
    level = (sold.sum(1) / np.maximum(days.sum(1), 1.0))[:, None]
    weight = _by_category(level * days, category, count)
    moved = _by_category(level * price, category, count) / np.maximum(weight, 1e-9)
    for i in range(count):
        at = np.flatnonzero(weight[i] > 0.1 * np.median(weight[i]))
        if len(at):
            moved[i] = np.interp(np.arange(moved.shape[1]), at, moved[i, at])
    return moved


def _by_category(values: Floats, category: Ints, count: int) -> Floats:
    return np.stack([values[category == i].sum(0, dtype=np.float64) for i in range(count)])
