"""Overrides spread down to products: what each product's forecast becomes, week by week.

The nearest word counts: a product's own override stands above its category's, a category's above
those of the categories over it; of two for the same series and week the later one. A category's
units are a total: products with a word of their own keep it, the others share the rest in
proportion to their forecast. A category's change in per cent is applied to the others alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.forecasting.types import Floats

OverrideLevel = Literal["product", "category"]
OverrideKind = Literal["units", "share"]

NONE = 1e-9
"""Units a week that are no forecast: nothing can be shared in proportion to them."""


class Spoken(Protocol):
    """What spreading needs of an override; the stored rows have it."""

    @property
    def override_id(self) -> int: ...
    @property
    def level(self) -> str: ...
    @property
    def series_id(self) -> str: ...
    @property
    def first_week(self) -> date: ...
    @property
    def last_week(self) -> date: ...
    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An override that is not kept yet."""

    override_id: int  # larger than those that are kept, so that it is the later one
    level: str
    series_id: str
    first_week: date
    last_week: date
    kind: str
    value: float


def nothing() -> pd.DataFrame:
    """The answer where nothing is overridden."""
    return pd.DataFrame(
        {
            "product_id": pd.Series(dtype=object),
            "week": pd.Series(dtype="datetime64[ns]"),
            "factor": pd.Series(dtype=float),
            "before": pd.Series(dtype=float),
            "after": pd.Series(dtype=float),
            "override_id": pd.Series(dtype="int64"),
        }
    )


def resolved(overrides: Iterable[Spoken]) -> dict[tuple[str, str], dict[date, Spoken]]:
    """By level and series, the override that holds in each week: the latest one."""
    held: dict[tuple[str, str], dict[date, Spoken]] = {}
    for one in sorted(overrides, key=lambda each: each.override_id):
        weeks = held.setdefault((one.level, one.series_id), {})
        for week in weeks_of(one.first_week, one.last_week):
            weeks[week] = one
    return held


def chains_of(categories: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Category → itself and every category above it, the nearest first; a cycle ends the chain.

    categories : category_id · parent_id (none at the top).
    """
    parent_of = {
        str(child): str(parent)
        for child, parent in zip(categories["category_id"], categories["parent_id"], strict=True)
        if pd.notna(parent)
    }
    chains = {}
    for category in categories["category_id"].astype(str):
        chain = [category]
        while (above := parent_of.get(chain[-1])) is not None and above not in chain:
            chain.append(above)
        chains[category] = tuple(chain)
    return chains


def weeks_of(first: date, last: date) -> tuple[date, ...]:
    """Mondays from the first to the last, both included."""
    count = (last - first).days // 7 + 1
    return tuple(first + timedelta(weeks=i) for i in range(max(count, 0)))


def spread(
    rows: pd.DataFrame,
    overrides: Iterable[Spoken],
    chains: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """What the overrides make of the products' forecasts.

    Parameters
    ----------
    rows : product_id · category_id · week · before (units, ≥ 0), one row a product and week; all
        products of each category that is overridden.
    chains : category → itself and every category above it, the nearest first.

    Returns
    -------
    product_id · week · factor (after / before; 1 where before is none) · before · after (units)
    · override_id, a row for each product and week that an override reaches.
    """
    held = resolved(overrides)
    if not held or rows.empty:
        return nothing()
    week = rows["week"].to_numpy().astype("datetime64[D]")
    before = np.maximum(rows["before"].to_numpy(np.float64), 0.0)
    after, by = before.copy(), np.zeros(len(rows), np.int64)
    _own(rows["product_id"], week, held, after, by)
    codes, names = pd.factorize(rows["category_id"].astype(object), use_na_sentinel=True)
    categories = [series for level, series in held if level == "category"]
    for category in sorted(categories, key=lambda name: (-len(chains.get(name, (name,))), name)):
        below = np.array([category in chains.get(str(name), (str(name),)) for name in names], bool)
        inside = np.flatnonzero(np.append(below, False)[codes])
        for monday, one in held[("category", category)].items():
            here = inside[week[inside] == np.datetime64(monday, "D")]
            _share_out(here, one, before, after, by)
    said = by != 0
    factor = np.ones(len(rows))
    np.divide(after, before, out=factor, where=before > NONE)
    found = pd.DataFrame(
        {
            "product_id": rows["product_id"].astype(object).to_numpy()[said],
            "week": rows["week"].to_numpy()[said].astype("datetime64[ns]"),
            "factor": factor[said],
            "before": before[said],
            "after": after[said],
            "override_id": by[said],
        }
    )
    return found.reset_index(drop=True)


def _own(
    products: pd.Series,
    week: NDArray[np.datetime64],
    held: Mapping[tuple[str, str], Mapping[date, Spoken]],
    after: Floats,
    by: NDArray[np.int64],
) -> None:
    """Overrides of products themselves."""
    said = [
        (series, monday, one)
        for (level, series), weeks in held.items()
        if level == "product"
        for monday, one in weeks.items()
    ]
    if not said:
        return
    places = pd.MultiIndex.from_arrays([products.astype(object).to_numpy(), week])
    wanted = pd.MultiIndex.from_arrays(
        [
            np.array([series for series, _, _ in said], object),
            np.array([monday for _, monday, _ in said], "datetime64[D]").astype(week.dtype),
        ]
    )
    for at, (_, _, one) in zip(places.get_indexer(wanted), said, strict=True):
        if at >= 0:
            after[at] = one.value if one.kind == "units" else after[at] * (1 + one.value)
            by[at] = one.override_id


def _share_out(
    here: NDArray[np.int64],
    one: Spoken,
    before: Floats,
    after: Floats,
    by: NDArray[np.int64],
) -> None:
    """One category in one week: to the products that no nearer word has reached."""
    free = here[by[here] == 0]
    if one.kind == "units":
        kept = after[here[by[here] != 0]].sum()
        whole = before[free].sum()
        if whole <= NONE:  # nothing to share in proportion to
            return
        after[free] = before[free] * (max(one.value - kept, 0.0) / whole)
    else:
        after[free] = before[free] * (1 + one.value)
    by[free] = one.override_id
