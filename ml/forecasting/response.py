"""How sales answer to price and promotion, per product, learned from the shop's own history.

A price is often changed in answer to demand, so prices and sales move together for reasons that
are not the customers' answer. What a product sold is therefore compared with what its category
sold on the same days, days without stock and the run of special days are left out, the product's
own level may drift, and what little one product tells is weighed against its variants, its
category and the shop (empirical Bayes). No reason of a price change needs to be known.

The model of the orders of a spell (see `spells`) is a log-linear count regression:

    log E[sold] = log usual + level + drift + elasticity × log(price × (1 − discount))
                  + extra × strength(discount) + echo(stretch after a promotion)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting import spells
from ml.forecasting.answers import DISCOUNTS, RANGE, percent
from ml.forecasting.spells import Spells
from ml.forecasting.types import Floats, Ints

LEVEL, TREND, PRICE, EXTRA = range(4)
COLUMNS = 4

ROUNDS = 12
AT_ONCE = 400_000
"""Spells that are fitted at once: about 100 MB."""

TELLING = 8_000
"""Best-selling products by which beliefs about all products are formed first."""

TOO_VAGUE = 0.5
"""Standard error of the shop's mean elasticity from which prices have taught too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is believed of each product before its own sales are looked at."""

    elasticity: Floats  # [n]
    elasticity_spread: Floats  # [n] standard deviation
    extra: Floats
    extra_spread: Floats
    articles: float  # variance of elasticities between articles


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    mean: Floats  # [n, k]
    covariance: Floats  # [n, k, k]
    scatter: float


def learn(frames: Frames, *, as_of: date) -> pd.DataFrame | None:
    """The response of every product with a list price.

    Returns
    -------
    None where list prices are not known or have taught too little; else one row a product:
    product_id · category_id · elasticity, low, high (80 %; −2: 1 % dearer sells about 2 % less),
    elasticity_sd · changes (of the list price with sales around them) · largest (the largest of
    them, share) · promotions (seen) · deepest (largest discount of one, share) · promo_D and
    promo_sd_D for D of `DISCOUNTS` in percent: log of the factor on units while a promotion of
    D % runs, the lower price included, and its standard deviation (NaN: no promotion was seen).
    """
    found = spells.build(frames, as_of=as_of)
    if found is None or not len(found.row):
        return None
    return of_spells(found)


def of_spells(found: Spells) -> pd.DataFrame | None:
    """As `learn`, of spells."""
    strength: Floats = np.ones(len(DISCOUNTS))
    echo: Floats = np.zeros(len(spells.AFTER_DAYS) + 1)
    sold = np.bincount(found.row, found.sold, len(found.catalogue.products))
    telling = found.take(np.sort(np.argsort(-sold, kind="stable")[:TELLING]))
    prior, scatter = _vague(telling), 0.0
    for _ in range(3):
        fit = _fit(telling, prior, strength, echo, scatter)
        prior, scatter = _prior(telling, fit, prior), fit.scatter
        strength, echo = _shape(telling, fit, strength, echo)
    prior = _vague(found)
    for _ in range(2):
        fit = _fit(found, prior, strength, echo, scatter)
        _, variance = _own(fit, PRICE, prior.elasticity, prior.elasticity_spread)
        prior = _prior(found, fit, prior)
    if 1 / np.sqrt((1 / (variance + prior.articles)).sum()) > TOO_VAGUE:
        return None
    return _table(found, _fit(found, prior, strength, echo, scatter), strength)


def _vague(found: Spells) -> Prior:
    n = len(found.catalogue.products)
    return Prior(
        elasticity=np.full(n, -1.5),
        elasticity_spread=np.full(n, 1.5),
        extra=np.full(n, 0.2),
        extra_spread=np.full(n, 0.5),
        articles=0.25,
    )


def _design(found: Spells, strength: Floats) -> Floats:
    """[spells, COLUMNS] of the regression: level, trend, price and promotion."""
    row = found.row
    weight = np.maximum(np.bincount(row, found.usual), 1e-9)
    price = found.price - found.common
    usual_price = np.bincount(row, found.usual * price) / weight
    centre = np.bincount(row, found.usual * found.middle) / weight
    return np.column_stack(
        [
            np.ones(len(row)),
            found.middle - centre[row],
            price - usual_price[row] + np.log1p(-found.discount),
            np.interp(found.discount, (0.0, *DISCOUNTS), (0.0, *strength)),
        ]
    )


def _fit(found: Spells, prior: Prior, strength: Floats, echo: Floats, scatter: float) -> Fit:
    """Posterior mode and covariance of every product.

    `scatter` is the variance of logs that the counts' own chance leaves over: moods, mentions.
    """
    n = len(found.catalogue.products)
    x = _design(found, strength)
    offset = np.log(found.usual) + echo[found.after]
    total = np.bincount(found.row, found.sold, n)
    usual = np.bincount(found.row, np.exp(offset), n)
    centre = np.zeros((n, COLUMNS))
    centre[:, LEVEL] = np.log((total + 0.5) / np.maximum(usual, 1.0))
    centre[:, PRICE], centre[:, EXTRA] = prior.elasticity, prior.extra
    precision = np.empty((n, COLUMNS))
    precision[:, LEVEL], precision[:, TREND] = 1 / 3.0**2, 1 / 0.3**2
    precision[:, PRICE] = 1 / prior.elasticity_spread**2
    precision[:, EXTRA] = 1 / prior.extra_spread**2
    mean, covariance = centre.copy(), np.zeros((n, COLUMNS, COLUMNS))
    covariance[:, range(COLUMNS), range(COLUMNS)] = 1 / precision
    expected = np.zeros(len(found.row))
    edges = np.searchsorted(found.row, np.arange(n + 1))
    low = 0
    while low < n:
        high = max(int(np.searchsorted(edges, edges[low] + AT_ONCE, side="right")) - 1, low + 1)
        rows, at = slice(low, high), slice(edges[low], edges[high])
        if at.stop > at.start:
            mean[rows], covariance[rows], expected[at] = _newton(
                x[at],
                found.sold[at],
                offset[at],
                found.row[at] - low,
                centre[rows],
                precision[rows],
                scatter,
            )
        low = high
    return Fit(mean=mean, covariance=covariance, scatter=_scatter(found.sold, expected))


def _newton(
    x: Floats,
    y: Floats,
    offset: Floats,
    row: Ints,
    centre: Floats,
    precision: Floats,
    scatter: float,
) -> tuple[Floats, Floats, Floats]:
    edges = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    present = row[edges]
    mean = centre.copy()
    hessian = np.zeros((*mean.shape, COLUMNS))
    for _ in range(ROUNDS):
        hessian[:] = 0
        expected = np.exp(np.clip(np.einsum("ij,ij->i", x, mean[row]) + offset, -20, 20))
        weight = expected / (1 + scatter * expected)
        # A giant order pulls no harder than a surprise of four standard deviations.
        limit = 4 / np.sqrt(weight)
        away = np.clip((y - expected) / expected, -limit, limit)
        gradient = precision * (centre - mean)
        gradient[present] += np.add.reduceat(x * (weight * away)[:, None], edges)
        for i in range(COLUMNS):
            hessian[present, i] = np.add.reduceat(x * (weight * x[:, i])[:, None], edges)
        hessian[:, range(COLUMNS), range(COLUMNS)] += precision
        step = np.clip(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], -1.0, 1.0)
        mean = mean + step
        if np.abs(step).max() < 1e-2:
            break
    return mean, np.linalg.inv(hessian), expected


def _scatter(sold: Floats, expected: Floats) -> float:
    """Variance of logs, from how much squared misses exceed the mean as that grows."""
    large = expected > 3
    mean = expected[large]
    misses = np.minimum((sold[large] - mean) ** 2 / np.maximum(mean, 1e-9), 50.0)
    return float(max((mean @ (misses - 1)) / max(mean @ mean, 1e-9), 0.0))


def _own(fit: Fit, column: int, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """What the sales alone say of a coefficient: estimate and variance, the prior taken out."""
    variance = fit.covariance[:, column, column]
    information = np.maximum(1 / variance - 1 / spread**2, 1e-6)
    told = fit.mean[:, column] / variance - mean / spread**2
    return told / information, 1 / information


def _prior(found: Spells, fit: Fit, before: Prior) -> Prior:
    """What all products together let one believe of each."""
    known = found.catalogue
    kind = pd.factorize(known.category * (len(known.tier) + 1) + pd.factorize(known.tier)[0])[0]
    article = pd.factorize(known.group)[0]
    own, variance = _own(fit, PRICE, before.elasticity, before.elasticity_spread)
    elasticity, spread, articles = _shrunk(own, variance, kind, article)
    extra, extra_variance = _own(fit, EXTRA, before.extra, before.extra_spread)
    lift, lift_spread, _ = _shrunk(extra, extra_variance, kind, article)
    return Prior(
        elasticity=np.minimum(elasticity, -0.05),
        elasticity_spread=spread,
        extra=lift,
        extra_spread=lift_spread,
        articles=articles,
    )


def _shrunk(
    own: Floats, variance: Floats, kind: Ints, article: Ints
) -> tuple[Floats, Floats, float]:
    """[n] prior mean and spread of each product, and the variance between articles.

    Three sources of difference are told apart by how estimates scatter beyond their own errors:
    between kinds (category × price tier), between articles of a kind, between variants of an
    article. A product leans on its article's other variants, these on the kind, that on the shop.
    """
    useful = variance < 4.0
    own = np.where(useful, np.clip(own, -12, 12), 0.0)
    between, articles, variants = 0.2**2, 0.3**2, 0.2**2
    centre = np.zeros(len(own))
    for _ in range(25):
        weight = np.where(useful, 1 / (variance + articles + variants), 0.0)
        overall = (weight @ own) / max(weight.sum(), 1e-9)
        heavy = np.bincount(kind, weight) + 1 / between
        by_kind = (np.bincount(kind, weight * own) + overall / between) / heavy
        centre = by_kind[kind]
        light = np.where(useful, 1 / (variance + variants), 0.0)
        told = np.bincount(article, light) + 1 / articles
        by_article = np.bincount(article, light * (own - centre)) / told
        variant = (own - centre - by_article[article]) * variants / (variants + variance)
        if useful.sum() > 3:
            some = told > 1 / articles
            between = float(np.mean((by_kind - overall) ** 2 + 1 / heavy))
            articles = float(np.mean((by_article**2 + 1 / told)[some]))
            narrow = 1 / (1 / variance + 1 / variants)
            variants = float(np.mean((variant**2 + narrow)[useful]))
        between, articles, variants = (max(v, 1e-3) for v in (between, articles, variants))
    light = np.where(useful, 1 / (variance + variants), 0.0)
    others = np.bincount(article, light)[article] - light  # of its article, itself left out
    away = light * (own - centre)
    deviation = np.bincount(article, away)[article] - away
    information = others + 1 / articles
    return centre + deviation / information, np.sqrt(1 / information + variants), articles


def _shape(found: Spells, fit: Fit, strength: Floats, echo: Floats) -> tuple[Floats, Floats]:
    """How the extra grows with the discount, and the echo after, of all products together."""
    x = _design(found, strength)
    log = np.einsum("ij,ij->i", x, fit.mean[found.row]) + np.log(found.usual)
    extra = fit.mean[found.row, EXTRA]
    bare = np.exp(log - x[:, EXTRA] * extra)
    on = found.discount > 0
    usual = float(np.average(extra[on], weights=bare[on])) if on.any() else 0.0
    new = strength.copy()
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(DISCOUNTS)), 1.0]
    for i in range(len(DISCOUNTS)):
        at = (found.discount > edges[i]) & (found.discount <= edges[i + 1])
        if bare[at].sum() > 50 and usual > 0.02:
            new[i] = np.log((found.sold[at].sum() + 1) / (bare[at].sum() + 1)) / usual
        elif i:
            new[i] = new[i - 1]
    new = np.maximum.accumulate(np.clip(new, 0.1, 3.0))
    later = echo.copy()
    for i in range(1, len(echo)):
        at = found.after == i
        later[i] = np.log((found.sold[at].sum() + 20) / (np.exp(log[at]).sum() + 20))
    return new / new[1], later


def _table(found: Spells, fit: Fit, strength: Floats) -> pd.DataFrame:
    known = found.catalogue
    elasticity = np.minimum(fit.mean[:, PRICE], 0.0)  # dearer never sells more
    spread = np.sqrt(fit.covariance[:, PRICE, PRICE])
    deepest = np.zeros(len(elasticity))
    np.maximum.at(deepest, found.row, found.discount)
    data: dict[str, object] = {
        "product_id": known.products,
        "category_id": known.categories[known.category],
        "elasticity": elasticity,
        "elasticity_sd": spread,
        "low": elasticity - RANGE * spread,
        "high": np.minimum(elasticity + RANGE * spread, 0.0),
        "changes": found.changes.astype(np.int32),
        "largest": found.largest,
        "promotions": found.promotions.astype(np.int32),
        "deepest": deepest,
    }
    seen = bool((found.discount > 0).any())
    block = fit.covariance[:, PRICE : EXTRA + 1, PRICE : EXTRA + 1]
    for discount, share in zip(DISCOUNTS, strength, strict=True):
        at = np.array([np.log1p(-discount), share])
        log = elasticity * at[0] + fit.mean[:, EXTRA] * at[1]
        deviation = np.sqrt(np.einsum("i,nij,j->n", at, block, at))
        data[f"promo_{percent(discount)}"] = log if seen else np.nan
        data[f"promo_sd_{percent(discount)}"] = deviation if seen else np.nan
    return pd.DataFrame(data)
