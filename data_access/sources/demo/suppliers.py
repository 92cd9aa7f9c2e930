"""Suppliers and categories: there from the first day, with lead times that vary."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from data_access.shop import tables as shop
from data_access.sources.demo import goods
from data_access.sources.demo.calendar import (
    midnight,
    week_start,
)
from data_access.sources.demo.chance import Floats, Ints, choice_of, uniform_of
from data_access.sources.demo.columns import (
    MONEY,
    Arrow,
    codes,
    joined,
    numbers,
    stamps,
    words,
)
from data_access.sources.demo.sizes import Size


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
