"""Demand: how many order lines each product would have on each day, were there stock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.sources.demo import goods, promotions, truth
from data_access.sources.demo.calendar import (
    WEEKDAY,
    by_leaf,
    holiday_share,
    midnight,
    occasions,
    season,
    weather,
    week_start,
)
from data_access.sources.demo.catalogue import product_codes
from data_access.sources.demo.chance import Floats, Ints, generator
from data_access.sources.demo.columns import dates, pa_floats
from data_access.sources.demo.incidents import Incident
from data_access.sources.demo.ledger import Ledger
from data_access.sources.demo.names import COUNTRIES, COUNTRY_SHARE
from data_access.sources.demo.sizes import WEEKS, Size
from data_access.sources.demo.world import World

LINES_PER_ORDER = 1.92
"""Lines that a visitor came for; partners come on top."""
CALIBRATION = 0.905
"""Brings the three years to the size's orders: promotions lift and stock-outs lose some."""
INFLATION = 0.024
"""A year: what customers hold to be a fair price rises with costs."""
RIVALS = 0.35
"""Cross elasticity with regard to watched competitors."""
_MOST_EFFECT = np.log(9.0)
_TRUTH_PRODUCTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One week by day (rows) and product (columns)."""

    lines: Ints
    price: Ints  # list price, ten-thousandths
    discount: Floats


def index_of(days: Ints, start_week: int) -> Floats:
    """Price level of each day, 1 on the first."""
    level: Floats = np.exp(INFLATION * (days - week_start(start_week)) / 365.25)
    return level


def growth(size: Size, days: Ints, start_week: int) -> Floats:
    """Order lines a day before seasons: a shop that grows, with a soft patch in the second year."""
    past = (days - week_start(start_week)) / (WEEKS * 7)
    curve = 0.80 + 0.40 * past - 0.07 * np.exp(-0.5 * ((past - 0.48) / 0.07) ** 2)
    level: Floats = size.orders * LINES_PER_ORDER / (WEEKS * 7) * curve * CALIBRATION
    return level


def draw(
    world: World, ledger: Ledger, days: Ints, price: Ints, incidents: list[Incident]
) -> Demand:
    """Draw the week's lines and keep what they were drawn from."""
    products, state = world.products, world.state
    discount, effect = promotions.effects(world, days)
    fair = products.price * index_of(days, world.start_week)[:, None]
    relative = np.log(price * (1 - discount) / fair)
    price_effect = np.minimum(
        products.elasticity * relative + RIVALS * state.rival * (state.rival != 0), _MOST_EFFECT
    )
    years = (days - week_start(world.start_week))[:, None] / 365.25
    age = days[:, None] - products.launch
    sold = (age >= 0) & (days[:, None] <= products.end)
    ramp = (1 - np.exp(-(np.maximum(age, 0) + 1) / products.ramp)) * (
        1 + 0.5 * np.exp(-np.maximum(age, 0) / 25.0)
    )
    level = np.where(sold, products.level * np.exp(products.trend * years) * ramp, 0.0)
    leaf = products.leaf
    whole = np.zeros((len(days), len(goods.LEAVES)))
    for row in range(len(days)):
        whole[row] = np.bincount(leaf, level[row], len(goods.LEAVES))
    by_day = (
        growth(world.size, days, world.start_week)
        * WEEKDAY[(days - 4) % 7]
        * np.exp(occasions(days) + 0.15 * holiday_share(days, COUNTRIES, COUNTRY_SHARE))
    )
    by_category = (
        goods.LEAF_SHARE
        * np.exp(season(days) + by_leaf(weather(world.seed, days)))
        / np.maximum(whole, 1e-9)
    )
    mean = level * by_category[:, leaf] * by_day[:, None] * np.exp(price_effect + effect)
    for incident in incidents:
        if incident.kind == "mention":
            which = products.group == products.group[incident.product(world)]
            for row, day in enumerate(days):
                if incident.first <= day <= incident.last:
                    fading = np.exp(-(day - incident.first) / 2.0)
                    mean[row, which] = mean[row, which] * (1 + incident.effect * fading)
    # A day has more scatter than a Poisson draw: shared moods of the day and of the product.
    rng = generator(world.seed, "demand", world.week)
    mood = rng.gamma(60.0, 1 / 60.0, (len(days), 1))
    lines = rng.poisson(mean * mood)
    _keep_truth(ledger, int(days[0]), mean, price_effect, effect)
    return Demand(lines=lines, price=price, discount=discount)


def _keep_truth(
    ledger: Ledger, monday: int, mean: Floats, price_effect: Floats, effect: Floats
) -> None:
    n = min(_TRUTH_PRODUCTS, mean.shape[1])
    ledger.add(
        truth.demand,
        {
            "week": dates(np.full(n, monday)),
            "product_id": product_codes(np.arange(n)),
            "expected_lines": pa_floats(mean[:, :n].sum(axis=0)),
            "price_effect": pa_floats(price_effect[:, :n].mean(axis=0)),
            "promotion_effect": pa_floats(effect[:, :n].mean(axis=0)),
        },
        np.full(n, midnight(monday + 7)),
    )
