"""Which established products a new one resembles, and why, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting.types import Bools, Floats, Ints, Names

MOST = 3
"""Look-alikes that a new product is forecast by."""

ESTABLISHED = 26
"""Weeks on offer with stock from which a product can be one."""

PROPOSED = 12
"""Proposals that staff choose from."""

VARIANT, CATEGORY, WORDS, PRICE, TIER, BRAND = 3.0, 2.0, 2.0, 1.5, 0.5, 0.5
"""What each trait counts: all alike sums to `ALL`."""

ALL = VARIANT + CATEGORY + WORDS + PRICE + TIER + BRAND

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Traits:
    """What can be compared of products."""

    ids: Names
    names: Names
    words: Any  # [n, words] sparse, 1 where a name holds a word
    count: Floats  # [n] words of a name
    category: Ints  # [n] codes, −1 where unknown; likewise below
    brand: Ints
    tier: Ints
    variant: Ints
    price: Floats  # log; NaN where unknown

    @classmethod
    def of(cls, products: pd.DataFrame, price: pd.Series) -> Traits:
        """Of the frame `products`, and the newest list prices by product."""
        from scipy import sparse

        frame = products.drop_duplicates("product_id").reset_index(drop=True)
        ids = frame["product_id"].astype(object).to_numpy()

        def codes_of(name: str) -> Ints:
            if name not in frame:
                return np.full(len(frame), -1)
            return pd.factorize(frame[name].astype(object))[0]

        names = np.full(len(frame), "", object)
        if "name" in frame:
            names = frame["name"].astype(object).fillna("").to_numpy(object)
        found = [sorted(set(_WORD.findall(str(name).lower()))) for name in names]
        codes, vocabulary = pd.factorize(np.array([w for row in found for w in row], object))
        lengths = np.array([len(row) for row in found], int)
        words = sparse.csr_matrix(
            (np.ones(len(codes), np.float32), codes, np.r_[0, np.cumsum(lengths)]),
            shape=(len(frame), max(len(vocabulary), 1)),
        )
        known = price.reindex(ids).to_numpy(float)
        return cls(
            ids=ids,
            names=names,
            words=words,
            count=lengths.astype(float),
            category=codes_of("category_id"),
            brand=codes_of("brand"),
            tier=codes_of("price_tier"),
            variant=codes_of("variant_group"),
            price=np.log(np.where(known > 0, known, np.nan)),
        )


def similarity(traits: Traits, row: int, others: Ints) -> Floats:
    """[m] how much products resemble one, 0 to 1."""
    shared = np.asarray((traits.words[others] @ traits.words[row].T).todense()).ravel()
    union = traits.count[others] + traits.count[row] - shared
    away = np.abs(traits.price[others] - traits.price[row])
    score = (
        VARIANT * _same(traits.variant, row, others)
        + CATEGORY * _same(traits.category, row, others)
        + WORDS * shared / np.maximum(union, 1)
        + PRICE * np.nan_to_num(np.exp(-away / 0.3))
        + TIER * _same(traits.tier, row, others)
        + BRAND * _same(traits.brand, row, others)
    )
    return np.asarray(score / ALL)


def _same(codes: Ints, row: int, others: Ints) -> Bools:
    return np.asarray((codes[others] == codes[row]) & (codes[row] >= 0))


def nearest(traits: Traits, row: int, candidates: Bools, count: int = MOST) -> Ints:
    """Rows of the products most alike among the candidates, the most alike first.

    Those of its own category, where it has any there.
    """
    allowed = candidates.copy()
    allowed[row] = False
    near = allowed & (traits.category == traits.category[row])
    others = np.flatnonzero(near if near.any() else allowed)
    if not len(others):
        return others
    score = similarity(traits, row, others)
    order = np.lexsort((traits.ids[others].astype(str), -score))
    return others[order[:count]]


def propose(frames: Frames, product_id: str, as_of: date, *, count: int = PROPOSED) -> pd.DataFrame:
    """Products that a new one resembles, the most alike first.

    product_id str · name str · similarity float (0 to 1) · reasons str ("same category; price
    within 8 %"); no row for a product that is not known, or where nothing is established.
    """
    products, price = known(frames, as_of)
    return ranked(products, price, established(frames, products, as_of), product_id, count=count)


def ranked(
    products: pd.DataFrame,
    price: pd.Series[Any],
    candidates: Bools,
    product_id: str,
    *,
    count: int = PROPOSED,
) -> pd.DataFrame:
    """As `propose`, from rows of products with their newest prices; `candidates` may be alike."""
    traits = Traits.of(products, price)
    found = np.flatnonzero(traits.ids == product_id)
    rows = nearest(traits, int(found[0]), candidates, count) if len(found) else np.array([], int)
    return pd.DataFrame(
        {
            "product_id": traits.ids[rows],
            "name": traits.names[rows],
            "similarity": similarity(traits, int(found[0]), rows) if len(rows) else [],
            "reasons": [reasons(traits, int(found[0]), int(other)) for other in rows],
        }
    )


def known(frames: Frames, as_of: date) -> tuple[pd.DataFrame, pd.Series[Any]]:
    """Products that are not over, and their newest price by `as_of`."""
    products = frames["products"]
    ended = pd.to_datetime(products["ended_on"])
    sales = frames["panel"]
    sales = sales[sales["week"] <= pd.Timestamp(as_of)]
    name = "list_price" if "list_price" in sales and sales["list_price"].notna().any() else "price"
    if name not in sales:
        return products[~(ended <= pd.Timestamp(as_of))], pd.Series(dtype=float)
    priced = sales[sales[name] > 0].sort_values("week", kind="stable")
    price = priced.groupby(priced["product_id"].astype(object))[name].last()
    return products[~(ended <= pd.Timestamp(as_of))], price.astype(float)


def established(frames: Frames, products: pd.DataFrame, as_of: date) -> Bools:
    """[n] products on offer for `ESTABLISHED` weeks or more by their launch or first sale."""
    sales = frames["panel"]
    sales = sales[(sales["week"] <= pd.Timestamp(as_of)) & (sales["units"] > 0)]
    first = sales.groupby(sales["product_id"].astype(object))["week"].min()
    since = first.reindex(products["product_id"].astype(object)).to_numpy()
    limit = np.datetime64(as_of, "ns") - np.timedelta64(7 * ESTABLISHED, "D")
    return np.asarray(since.astype("datetime64[ns]") <= limit, bool)


def reasons(traits: Traits, row: int, other: int) -> str:
    """Why two products are alike: "variant of the same article; price within 8 %"."""
    told = []
    if _same(traits.variant, row, np.array([other]))[0]:
        told.append("variant of the same article")
    if _same(traits.category, row, np.array([other]))[0]:
        told.append("same category")
    own = set(_WORD.findall(str(traits.names[row]).lower()))
    both = [w for w in _WORD.findall(str(traits.names[other]).lower()) if w in own and len(w) > 2]
    if both:
        told.append("shares " + ", ".join(dict.fromkeys(both)))
    away = abs(np.expm1(traits.price[other] - traits.price[row]))
    if np.isfinite(away):
        told.append("same price" if away < 0.01 else f"price within {away:.0%}".replace("%", " %"))
    if _same(traits.tier, row, np.array([other]))[0]:
        told.append("same price tier")
    if _same(traits.brand, row, np.array([other]))[0]:
        told.append("same brand")
    return "; ".join(told) or "nothing closer is on offer"
