"""Rows of the catalogue: products with names and descriptions, and their truth."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pyarrow as pa

from data_access.sources.demo import goods
from data_access.sources.demo.catalogue import NEVER, Products, product_codes
from data_access.sources.demo.chance import Ints, choice_of, uniform_of
from data_access.sources.demo.columns import (
    NONE,
    Arrow,
    codes,
    dates,
    joined,
    numbers,
    stamps,
    words,
)


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
