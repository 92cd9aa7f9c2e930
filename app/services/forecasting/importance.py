"""What matters to the model of a publication, and its contributions by feature for one week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import stored, words
from app.services.forecasting.reading import publication
from app.services.forecasting.views import Contributions, ForecastQuestion, ForecastView

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.state.tables import Publication
    from ml.forecasting.results import Everything

FILE = "features.parquet"
OVERRIDE = "override"
MOST_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Matters:
    """What matters to a model as a whole: mean size of a contribution to a product's week."""

    label: str  # of the model
    by_feature: bool  # False: by part, since the model adds up parts and nothing finer
    largest: tuple[tuple[str, float], ...]  # words and units, the most first
    products: int  # for which contributions by feature are kept
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureUnits:
    """What one thing that the model looks at adds to a week's forecast."""

    words: str
    part: str
    units: float


def write(folder: Path, found: Everything) -> None:
    """Contributions by feature beside the forecast, where the model has them."""
    if len(found.features):
        stored.write_table(folder / FILE, found.features)


def matters(desk: Desk, publication_id: int) -> Matters | None:
    """What matters to the model; None for a forecast that was stored without it."""
    found = publication(desk, publication_id)
    told = found.summary.get("importance")
    if not told or not told.get("parts"):
        return None
    by_feature = bool(told.get("features"))
    rows = told["features"] if by_feature else told["parts"]
    # What is usual is the larger part of every forecast and no news; scaling looks at nothing.
    rest = [row for row in rows if not row["name"].startswith((*USUAL, *SCALING))]
    largest = tuple((row["name"], float(row["units"])) for row in rest[:MOST_SHOWN])
    label = str(found.summary.get("label", ""))
    return Matters(
        label=label,
        by_feature=by_feature,
        largest=largest,
        products=int(told.get("products", 0)),
        sentence=_sentence(label, largest, told.get("weights") or []),
    )


USUAL = ("usual level", "what is usual, knowing nothing more", "mean of the last 26 weeks, carried")

SCALING = ("correction", "bias taken out, and nothing below zero")


def _sentence(
    label: str, largest: tuple[tuple[str, float], ...], weights: list[dict[str, Any]]
) -> str:
    if not largest:
        return f"{label} knows nothing but the usual level of each product."
    who = "the rule of thumb" if label == "Rule of thumb" else label
    names = [name for name, _ in largest[:3]]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    told = f"Besides the usual level, {who} goes most by {listed}."
    members = [row for row in weights if row["share"] >= 0.005]
    if members:
        from ml.forecasting.candidates import LABELS

        shares = ", ".join(
            f"{LABELS.get(row['name'], row['name'])} {words.share(row['share'])}"
            for row in sorted(members, key=lambda row: -row["share"])
        )
        told += f" Its members: {shares}."
    return told


def features(desk: Desk, question: ForecastQuestion, week: date) -> tuple[FeatureUnits, ...]:
    """Contributions by feature to one product's week, the largest first; () where none is kept.

    They are kept for the best-selling products of models that have them.
    """
    found = publication(desk, question.publication)
    names = (found.summary.get("importance") or {}).get("names") or []
    if question.level != "product" or not names:
        return ()
    source = stored.register(desk, found, _table(found, len(names)), FILE)
    row = desk.analytics.published_frame(
        sa.select(source).where(
            source.c.series_id == question.series_id, source.c.week == pd.Timestamp(week)
        )
    )
    if row.empty:
        return ()
    told = [
        FeatureUnits(words=name["words"], part=name["part"], units=float(row[f"f{i}"].iloc[0]))
        for i, name in enumerate(names)
    ]
    return tuple(sorted(told, key=lambda one: -abs(one.units)))


def _table(found: Publication, count: int) -> sa.Table:
    return sa.Table(
        f"features_{found.publication_id}",
        sa.MetaData(),
        sa.Column("series_id", sa.String()),
        sa.Column("week", sa.DateTime()),
        *(sa.Column(f"f{i}", sa.Float()) for i in range(count)),
    )


def with_override(why: Contributions, found: ForecastView) -> Contributions:
    """The parts with what a person's word changes as one more, so that they sum to what holds."""
    if why.week not in found.future or not found.model_mean:
        return why
    at = found.future.index(why.week)
    change = found.mean[at] - found.model_mean[at]
    if abs(change) < 1e-6:
        return why
    parts = (*why.parts, (OVERRIDE, change))
    total = why.total + change
    return replace(why, total=total, parts=parts, sentence=words.sum_of(total, parts))
