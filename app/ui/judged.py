"""How a capability's models are judged, in words: which figures stand in a table, and who acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import metrics
from app.access import Permission, Role
from app.access.roles import PERMISSIONS
from app.services.models import Comparison
from app.ui import tables, words

if TYPE_CHECKING:
    from ml.contract import Measure

MOST = 6  # measures beside the primary one: more do not fit into a table at 1280 px


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A measure as a column of the leaderboard."""

    slug: str
    label: str
    about: str
    width: int


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "forecasting": (
        Column(slug="bias", label="Bias", about="Above zero: too high in all", width=56),
        Column(
            slug="mase",
            label="MASE",
            about="Misses over those of repeating the last week",
            width=50,
        ),
        Column(
            slug="coverage_80",
            label="80 % held",
            about="How often the 80 % range held; it should be 80 %",
            width=68,
        ),
    ),
    "fraud": (
        Column(
            slug="auc",
            label="AUC",
            about="How often a fraud has a higher score than a good order; 50 % is chance",
            width=52,
        ),
        Column(
            slug="precision_1",
            label="Prec. 1 %",
            about="Share of fraud among the riskiest hundredth of all orders",
            width=66,
        ),
        Column(
            slug="money_caught",
            label="Money 1 %",
            about="Share of all money lost to fraud within the riskiest hundredth",
            width=72,
        ),
    ),
}
"""Which measures stand in the leaderboard; of any other capability the first ones."""

PRIMARY: Mapping[str, str] = {"forecasting": "Error", "fraud": "Avg prec."}
"""Short names of the primary measure."""

WITH_SCOPES = ("forecasting",)
"""Capabilities that can be trained for a category or a product alone."""


def primary(comparison: Comparison) -> str:
    """The primary measure's name at the head of a column."""
    return PRIMARY.get(comparison.champion.capability.split("/")[0], comparison.measure)


def columns(comparison: Comparison) -> tuple[Column, ...]:
    """The measures beside the primary one, in the order to show."""
    known = COLUMNS.get(comparison.champion.capability.split("/")[0])
    if known is not None:
        return known
    others = [one for one in comparison.measures if one.slug != comparison.primary.slug]
    return tuple(
        Column(
            slug=one.slug,
            label=one.label,
            about=one.about,
            width=max(48, min(11 + 7 * len(one.label), 130)),
        )
        for one in others[:MOST]
    )


def model_width(comparison: Comparison) -> int:
    """Of the model's name: what the measures leave at 1280 px."""
    return 170 if sum(one.width for one in columns(comparison)) < 200 else 136


def drawn(column: Column) -> Any:
    return tables.text_column(column.label, about=column.about, width=column.width)


def figure(measure: Measure | None, value: float | None) -> str:
    """A measured value as staff read it: a share as per cent, a signed one with its sign."""
    if value is None or value != value:
        return "–"
    if measure is None or measure.unit != "share":
        return f"{value:.2f}"
    signed = measure.slug == "bias"
    return metrics.share(round(value, 3) if signed else value, signed=signed)


def against(comparison: Comparison, own: float | None, rule: float | None) -> str:
    """A figure beside the rule of thumb's: as a change, or "3.2 times" where more is better."""
    if own is None or not rule:
        return "–"
    if comparison.primary.better == "higher":
        return f"{own / rule:.1f} times" if own / rule < 99.95 else f"{own / rule:,.0f} times"
    return metrics.share(own / rule - 1, signed=True)


def against_about(comparison: Comparison) -> str:
    if comparison.primary.better == "higher":
        return (
            f"{comparison.measure} over that of the rule of thumb on the same cases; the place "
            "goes by it"
        )
    return (
        "Less (−) or more (+) error than the rule of thumb on the same cases; the place goes by "
        "it, since expensive models are measured on fewer products"
    )


def who_may(permission: Permission) -> str:
    """Roles that may, as the beginning of a sentence: "Merchandisers and admins"."""
    names = [f"{role.label}s" for role in Role if permission in PERMISSIONS[role]]
    return words.sentence(" and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names))
