"""The catalogue: products in cohorts of launches, each a function of (seed, week of launch)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from data_access.shop import tables as shop
from data_access.sources.demo import goods
from data_access.sources.demo.calendar import midnight, week_start
from data_access.sources.demo.chance import Floats, Ints, choice_of, generator, pick, uniform_of
from data_access.sources.demo.columns import (
    MONEY,
    NONE,
    Arrow,
    codes,
    dates,
    joined,
    numbers,
    stamps,
    words,
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


# --- rows --------------------------------------------------------------------------------------


def product_codes(index: Ints) -> Arrow:
    return codes("P", index, 6)


def product_rows(seed: int, products: Products, first: int, visible: int) -> dict[str, Arrow]:
    """Rows of ``products`` from number ``first`` on, as they were when they appeared."""
    index = np.arange(first, len(products))
    part = {field.name: getattr(products, field.name)[first:] for field in fields(products)}
    name, body = _texts(seed, index, part)
    brands = [brand for names in goods.BRANDS for brand in names]
    starts = np.cumsum([0, *(len(names) for names in goods.BRANDS)])[:-1]
    return {
        "product_id": product_codes(index),
        "name": name,
        "description": body,
        "category_id": words(
            [f"cat-{leaf.key}" for leaf in goods.LEAVES], goods.NOUN_LEAF[part["noun"]]
        ),
        "supplier_id": codes("S", part["supplier"], 3),
        "brand": words(brands, starts[part["tier"]] + part["brand"]),
        "price_tier": words(goods.TIERS, part["tier"]),
        "variant_group": codes("G", part["group"], 6),
        "unit_cost": numbers(part["cost"]),
        "pack_size": numbers(part["pack"]),
        "launched_on": dates(part["launch"]),
        "ended_on": dates(np.full(len(index), NONE)),
        "updated_at": stamps(np.full(len(index), visible)),
    }


def _texts(seed: int, index: Ints, part: dict[str, Ints]) -> tuple[Arrow, Arrow]:
    noun = part["noun"]
    flat_sizes = [text for one in goods.NOUNS for text in one.sizes]
    size_at = np.cumsum([0, *(len(one.sizes) for one in goods.NOUNS)])[:-1]
    flat_materials = [text for one in goods.NOUNS for text in one.materials]
    material_at = np.cumsum([0, *(len(one.materials) for one in goods.NOUNS)])[:-1]
    material = words(flat_materials, material_at[noun] + part["material"])
    size = words(flat_sizes, size_at[noun] + part["size"])
    colour = words(goods.COLOURS, part["colour"])
    series = words(goods.SERIES, part["series"])
    nouns = words([one.name for one in goods.NOUNS], noun)
    name = joined(material, " ", nouns, " ", series, " ", size, ", ", colour)
    manner = words(goods.MANNERS, choice_of(seed, "manner", part["group"], len(goods.MANNERS)))
    care = words(goods.CARE, choice_of(seed, "care", part["group"], len(goods.CARE)))
    purpose = words([one.purpose for one in goods.NOUNS], noun)
    wanted = uniform_of(seed, "also-called", part["group"]) < 0.5
    also = words(
        [f"Also known as {one.synonyms[0]}. " for one in goods.NOUNS] + [""],
        np.where(wanted, noun, len(goods.NOUNS)),
    )
    body = joined(
        material, " ", nouns, " of the ", series, " series in ", colour, ", ", manner,
        ". Made for ", purpose, ". Size: ", size, ". ", also, care,
    )  # fmt: skip
    return name, body


def truth_rows(products: Products, first: int) -> dict[str, Arrow]:
    index = np.arange(first, len(products))
    return {
        "product_id": product_codes(index),
        "level": pa.array(products.level[first:]),
        "trend_per_year": pa.array(products.trend[first:]),
        "elasticity": pa.array(products.elasticity[first:]),
        "promotion_lift": pa.array(products.promotion_lift[first:]),
        "launch_ramp_days": pa.array(products.ramp[first:]),
        "partner_id": product_codes(products.partner[first:]),
        "partner_share": pa.array(products.partner_share[first:]),
        "fault_share": pa.array(products.fault[first:]),
        "misfit_share": pa.array(products.misfit[first:]),
        "ends_on": dates(np.where(products.end[first:] < NEVER, products.end[first:], NONE)),
    }


def fixed_rows(seed: int, size: Size, start_week: int) -> dict[sa.Table, dict[str, Arrow]]:
    """Categories and suppliers: there from the first day."""
    visible = midnight(week_start(start_week))
    tops = [f"cat-{place}" for place in range(len(goods.DEPARTMENTS))]
    leaves = [f"cat-{leaf.key}" for leaf in goods.LEAVES]
    parents = [None] * len(tops) + [tops[leaf.department] for leaf in goods.LEAVES]
    names = [*goods.DEPARTMENTS, *(leaf.name for leaf in goods.LEAVES)]
    n = len(names)
    s = np.arange(size.suppliers)
    lead, spread = lead_times(seed, s)
    first = words(
        goods.SUPPLIER_NAMES, choice_of(seed, "supplier-name", s, len(goods.SUPPLIER_NAMES))
    )
    trade = words(
        goods.SUPPLIER_TRADES, choice_of(seed, "supplier-trade", s, len(goods.SUPPLIER_TRADES))
    )
    country = words(
        goods.SUPPLIER_COUNTRIES, choice_of(seed, "supplier-at", s, len(goods.SUPPLIER_COUNTRIES))
    )
    return {
        shop.categories: {
            "category_id": pa.array([*tops, *leaves]),
            "name": pa.array(names),
            "parent_id": pa.array(parents, pa.string()),
            "updated_at": stamps(np.full(n, visible)),
        },
        shop.suppliers: {
            "supplier_id": codes("S", s, 3),
            "name": joined(first, " ", trade),
            "country": country,
            "lead_time_days": pa.array(lead),
            "lead_time_sd_days": pa.array(spread),
            "minimum_order": numbers(
                (100 + 25 * choice_of(seed, "supplier-minimum", s, 17)) * MONEY
            ),
            "updated_at": stamps(np.full(len(s), visible)),
        },
    }


def lead_times(seed: int, supplier: Ints) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the days that suppliers take, as promised."""
    far = uniform_of(seed, "supplier-far", supplier)
    lead = np.rint(5 + 40 * far**2)
    return lead, np.round(0.8 + lead * (0.08 + 0.25 * uniform_of(seed, "supplier-sd", supplier)), 1)
