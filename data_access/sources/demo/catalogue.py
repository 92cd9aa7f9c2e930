"""The catalogue: products in cohorts of launches, each a function of (seed, week of launch)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from data_access.sources.demo import goods
from data_access.sources.demo.calendar import week_start
from data_access.sources.demo.chance import Floats, Ints, generator, pick
from data_access.sources.demo.columns import (
    MONEY,
    Arrow,
    codes,
)
from data_access.sources.demo.sizes import WEEKS, Size

INITIAL_SHARE = 0.78
"""Share of the three years' products that are there on the first day; the others are launches."""

NEVER = 1_000_000
"""Day number later than every day of any shop."""

_CHARM = np.array([9_500, 9_900, 4_900, 9_000])
"""Ends of prices, ten-thousandths: .95, .99, .49, .90."""


@dataclass(slots=True)
class Products:
    """What never changes about each product, one array a property."""

    group: Ints  # variants of one article share it
    noun: Ints
    material: Ints
    size: Ints
    colour: Ints
    series: Ints
    tier: Ints
    brand: Ints
    supplier: Ints
    price: Ints  # first list price, ten-thousandths
    cost: Ints  # first unit cost, ten-thousandths
    pack: Ints
    launch: Ints  # day number
    end: Ints  # day number of the last day, or NEVER
    ramp: Floats  # days after launch until two thirds of the level
    level: Floats  # weight among the products of its category
    trend: Floats  # log growth a year
    elasticity: Floats
    promotion_lift: Floats  # logs beyond what the lower price itself brings
    partner: Ints  # product that is bought with it, or -1
    partner_share: Floats  # share of its lines that bring the partner along
    fault: Floats  # share of units that are faulty
    misfit: Floats  # share of units that come back because of size or looks

    def __len__(self) -> int:
        return len(self.noun)

    @property
    def leaf(self) -> Ints:
        return goods.NOUN_LEAF[self.noun]

    def grown(self, more: Products) -> Products:
        return Products(
            **{
                field.name: np.concatenate([getattr(self, field.name), getattr(more, field.name)])
                for field in fields(self)
            }
        )


def count_until(size: Size, weeks_since_start: int) -> int:
    """Products known by the end of that week; -1 is the state before the first week."""
    initial = round(size.products * INITIAL_SHARE)
    launches = size.products * (1 - INITIAL_SHARE) * (weeks_since_start + 1) / WEEKS
    return initial + int(launches)


def cohort(seed: int, size: Size, start_week: int, week: int, before: Products | None) -> Products:
    """Products that appear in a week; with ``before=None`` the catalogue of the first day."""
    since = -1 if before is None else week - start_week
    first = 0 if before is None else len(before)
    n = count_until(size, since) - first
    rng = generator(seed, "catalogue", week if before is not None else 0)
    # Articles have one to four variants; those of a cohort follow each other.
    fresh = rng.random(n) < 0.55
    if n:
        fresh[0] = True
    article = np.cumsum(fresh) - 1
    n_articles = int(article[-1]) + 1 if n else 0
    variant = np.arange(n) - np.maximum.accumulate(np.where(fresh, np.arange(n), 0))
    noun = rng.integers(0, len(goods.NOUNS), n_articles)
    if before is None:
        # Every article of the range is there on the first day, as far as the shop is large enough.
        noun[: len(goods.NOUNS)] = rng.permutation(len(goods.NOUNS))[: len(noun)]
    tier = pick(rng, np.array([0.32, 0.46, 0.22]), n_articles)
    sizes_of = np.array([len(one.sizes) for one in goods.NOUNS])
    materials_of = np.array([len(one.materials) for one in goods.NOUNS])
    material = (rng.random(n_articles) * materials_of[noun]).astype(np.int64)
    by_size = (rng.random(n_articles) < 0.45) & (sizes_of[noun] > 1)
    first_size = (rng.random(n_articles) * sizes_of[noun]).astype(np.int64)
    first_colour = rng.integers(0, len(goods.COLOURS), n_articles)
    brands_of = np.array([len(names) for names in goods.BRANDS])
    brand = (rng.random(n_articles) * brands_of[tier]).astype(np.int64)
    series = rng.integers(0, len(goods.SERIES), n_articles)
    supplier = rng.integers(0, size.suppliers, n_articles)
    steady_price = (
        goods.NOUN_PRICE[noun] * goods.TIER_PRICE[tier] * rng.lognormal(0, 0.13, n_articles)
    )
    margin = rng.uniform(0.34, 0.63, n_articles)
    level = rng.normal(0, size.level_spread, n_articles)
    elasticity = np.clip(
        rng.normal(-1.85, 0.62, n_articles) + np.array([-0.25, 0.0, 0.35])[tier], -3.5, -0.6
    )
    lift = rng.uniform(0.05, 0.5, n_articles)
    fault = 0.004 + rng.gamma(1.1, 0.011, n_articles)
    misfit = 0.006 + rng.gamma(1.0, 0.012, n_articles)

    noun_, tier_ = noun[article], tier[article]
    size_ = np.where(
        by_size[article], (first_size[article] + variant) % sizes_of[noun_], first_size[article]
    )
    colour = (first_colour[article] + np.where(by_size[article], 0, variant)) % len(goods.COLOURS)
    scale = 0.78 + 0.55 * size_ / np.maximum(sizes_of[noun_] - 1, 1)
    price = charming(steady_price[article] * scale * MONEY, rng.integers(0, 4, n_articles)[article])
    if before is None:
        launch = week_start(start_week) - rng.integers(20, 1_600, n)
    else:
        launch = week_start(week) + rng.integers(1, 7, n)
    ends = rng.random(n) < 0.5
    life = rng.exponential(3_600, n).astype(np.int64) + 240
    begin = np.maximum(launch, week_start(start_week))
    group_first = 0 if before is None else int(before.group[-1]) + 1
    noun_all = noun_ if before is None else np.concatenate([before.noun, noun_])
    return Products(
        group=group_first + article,
        noun=noun_,
        material=material[article],
        size=size_,
        colour=colour,
        series=series[article],
        tier=tier_,
        brand=brand[article],
        supplier=supplier[article],
        price=price,
        cost=np.rint(price * (1 - margin[article]) / 100).astype(np.int64) * 100 + 10 * variant,
        pack=np.array([1, 4, 6, 10, 12, 20])[rng.integers(0, 6, n_articles)][article],
        launch=launch,
        end=np.where(ends, begin + life, NEVER),
        ramp=rng.uniform(6, 60, n),
        level=np.exp(level[article] + rng.normal(0, 0.45, n)) / (price / MONEY) ** 0.35,
        trend=rng.normal(0.0, 0.16, n_articles)[article],
        elasticity=elasticity[article],
        promotion_lift=lift[article],
        partner=_partners(rng, noun_, noun_all),
        partner_share=rng.uniform(0.10, 0.30, n),
        fault=np.minimum(fault[article], 0.09),
        misfit=np.minimum(misfit[article], 0.09),
    )


def _partners(rng: np.random.Generator, noun: Ints, noun_all: Ints) -> Ints:
    wanted = np.where(rng.random(len(noun)) < 0.6, goods.NOUN_PAIR[noun], -1)
    order = np.argsort(noun_all, kind="stable")
    bounds = np.searchsorted(noun_all[order], np.arange(len(goods.NOUNS) + 1))
    count = np.diff(bounds)
    draw = rng.random(len(noun))
    place = bounds[wanted] + (draw * count[wanted]).astype(np.int64)
    found = (wanted >= 0) & (count[wanted] > 0)
    return np.where(found, order[np.where(found, place, 0)], -1)


def charming(price: Floats, ending: Ints) -> Ints:
    """Ten-thousandths rounded to a price that a shop would print, never below 1.49."""
    whole = np.floor(np.maximum(price, 1.49 * MONEY) / MONEY).astype(np.int64)
    large = whole >= 150
    whole = np.where(large, np.rint(whole / 5).astype(np.int64) * 5 - 1, whole)
    return whole * MONEY + np.where(large, 0, _CHARM[ending])


def product_codes(index: Ints) -> Arrow:
    return codes("P", index, 6)
