"""Where versions err: by level, by weeks ahead, by class of product, and product by product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from data_access.models import ModelVersion

if TYPE_CHECKING:
    from app.context import Desk
    from ml.contract import Measure

PRODUCTS_SHOWN = 200
"""Of those where two versions differ most: more than anybody reads."""

TABLES = {"level": "by_level", "horizon": "by_horizon", "class": "by_class"}
"""Tables of an evaluation by what they divide the cases."""

LEVELS = {"product": "Products", "category": "Categories", "shop": "Whole shop"}


OTHERS = (
    ("by_kind", "Kind", "kind", "recall", "recall_1", "frauds"),
    ("by_week", "Week", "week", "money_caught", "money_caught", "frauds"),
)
"""Tables by which other capabilities divide their cases: name · label · column of the group · of
the figure · slug of the measure that it is · column that says how many cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """The cases of an evaluation by group: a figure of one or two versions beside the rule's."""

    label: str  # of the group
    measure: Measure | None  # which figure it is; None: the capability's error
    frame: pd.DataFrame  # group str · cases int · first, second (of two versions) float


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Errors of one or two versions beside the rule of thumb's, shares of sales.

    Each frame: group str · cases int · first, second (of two versions), rule float (WAPE).
    """

    by_level: pd.DataFrame
    by_horizon: pd.DataFrame  # of products
    by_class: pd.DataFrame  # empty where it was not measured
    products: pd.DataFrame  # product_id · sold · first, second float (units missed) · difference
    alike: bool  # both were measured on the same cases
    others: Mapping[str, Division] = field(default_factory=dict)  # of other capabilities


def of_one(desk: Desk, capability: str, number: int) -> Errors:
    """A version beside the rule of thumb.

    Raises
    ------
    DataError : there is no such version.
    """
    version = desk.models.version(capability, number)
    return Errors(
        by_level=_by_level(version, None),
        by_horizon=_of_products(version, None, "horizon"),
        by_class=_of_products(version, None, "class"),
        products=_worst(version),
        alike=True,
        others=_others(version, None),
    )


def side_by_side(desk: Desk, capability: str, first: int, second: int) -> Errors:
    """Two versions; products where they differ most first, in units missed."""
    one, other = (desk.models.version(capability, number) for number in (first, second))
    return Errors(
        by_level=_by_level(one, other),
        by_horizon=_of_products(one, other, "horizon"),
        by_class=_of_products(one, other, "class"),
        products=_products(one, other),
        alike=all(
            one.summary.get(name) == other.summary.get(name)
            for name in ("first_day", "last_day", "cases")
        ),
        others=_others(one, other),
    )


def table(version: ModelVersion, name: str) -> pd.DataFrame:
    """A table of the version's evaluation; empty where it has none of that name."""
    return pd.DataFrame(version.summary.get("tables", {}).get(name, []))


def _others(one: ModelVersion, other: ModelVersion | None) -> dict[str, Division]:
    """What a capability other than forecasting divides its cases by."""
    from ml.contract import capability  # loads what declares the measures

    if one.capability == "forecasting":
        return {}
    declared = {measure.slug: measure for measure in capability(one.capability).measures}
    found: dict[str, Division] = {}
    for name, label, group, figure, slug, cases in OTHERS:
        frame = _figure(table(one, name), group, figure, cases)
        if frame.empty:
            continue
        frame = frame.rename(columns={"figure": "first"})
        if other is not None:
            theirs = _figure(table(other, name), group, figure, cases)
            second = theirs.rename(columns={"figure": "second"})[["group", "second"]]
            frame = frame.merge(second, on="group", how="left")
        found[name] = Division(label=label, measure=declared.get(slug), frame=frame)
    return found


def _figure(rows: pd.DataFrame, group: str, figure: str, cases: str) -> pd.DataFrame:
    if not {group, figure, cases} <= set(rows.columns):
        return pd.DataFrame({"group": [], "cases": [], "figure": []})
    named = rows[[group, cases, figure]].set_axis(["group", "cases", "figure"], axis=1)
    return named.assign(group=[_words(str(one)) for one in named["group"]])


def _words(group: str) -> str:
    """ "card_testing" as "Card testing"; a day stays as it is."""
    return group if group[:1].isdigit() else group.replace("_", " ").capitalize()


def _by_level(one: ModelVersion, other: ModelVersion | None) -> pd.DataFrame:
    merged = _merged(one, other, "level")
    return merged.assign(group=merged["group"].map(lambda name: LEVELS.get(name, name)))


def _of_products(one: ModelVersion, other: ModelVersion | None, by: str) -> pd.DataFrame:
    return _merged(one, other, by)


def _merged(one: ModelVersion, other: ModelVersion | None, by: str) -> pd.DataFrame:
    empty = pd.DataFrame(columns=["group", "cases", "first", "rule"])
    left = _errors(one, by)
    if left.empty:
        return empty
    left = left.rename(columns={"wape": "first", "baseline_wape": "rule"})
    if other is None:
        return left
    right = _errors(other, by)
    if right.empty:
        return left.assign(second=None)
    right = right[["group", "wape"]].rename(columns={"wape": "second"})
    return left.merge(right, on="group", how="left")


def _errors(version: ModelVersion, by: str) -> pd.DataFrame:
    """group · cases · wape · baseline_wape; of products, where the table has several levels."""
    found = table(version, TABLES[by])
    if found.empty or "wape" not in found:
        return pd.DataFrame()
    if by != "level" and "level" in found:
        found = found[found["level"] == "product"]
    name = "class" if by == "class" else "label"
    return found.rename(columns={name: "group"})[["group", "cases", "wape", "baseline_wape"]]


def _worst(version: ModelVersion) -> pd.DataFrame:
    """Products by the units missed beyond the rule of thumb's, the worst first."""
    found = table(version, "by_product")
    if found.empty:
        return found
    found = found.assign(first=found["error"], second=found["baseline_error"], sold=found["actual"])
    found["difference"] = found["first"] - found["second"]
    return _largest(found)


def _products(one: ModelVersion, other: ModelVersion) -> pd.DataFrame:
    left, right = table(one, "by_product"), table(other, "by_product")
    if left.empty or right.empty:
        return pd.DataFrame(columns=["product_id", "sold", "first", "second", "difference"])
    found = left.merge(right[["product_id", "error"]], on="product_id", suffixes=("", "_other"))
    found = found.assign(first=found["error"], second=found["error_other"], sold=found["actual"])
    found["difference"] = found["second"] - found["first"]
    return _largest(found)


def _largest(found: pd.DataFrame) -> pd.DataFrame:
    order = found["difference"].abs().sort_values(ascending=False, kind="stable").index
    kept = found.loc[order, ["product_id", "sold", "first", "second", "difference"]]
    return kept.head(PRODUCTS_SHOWN).reset_index(drop=True)
