"""One series of a stored forecast as the page draws it: two reads of a few rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import applied, events, stored, words
from app.services.forecasting.views import (
    Contributions,
    ForecastQuestion,
    ForecastView,
    ModelStory,
    Range,
    Total,
)
from app.services.serving.standing import threshold
from data_access.errors import DataError
from data_access.queries.sales import sales_by_week
from data_access.queries.selection import SalesSelection
from data_access.queries.series import series_label
from data_access.snapshots import tables
from data_access.state.publications import get_publication, newest_publication
from data_access.state.tables import Publication
from ml.forecasting import BOUNDS, COVERAGES, KEY, PARTS, SHOP_SERIES, grains
from ml.forecasting.confidence import of_range

if TYPE_CHECKING:
    from app.context import Desk

YEAR = timedelta(weeks=52)
SURE_WEEKS = 4  # whose sum says how sure a forecast is


def newest(desk: Desk) -> Publication | None:
    """The stored forecast that pages show; None before the first."""
    with desk.state.read() as session:
        return newest_publication(session, KEY)


def publication(desk: Desk, publication_id: int) -> Publication:
    with desk.state.read() as session:
        found = get_publication(session, publication_id)
    if found is None:
        raise DataError(words.NOT_PUBLISHED, remedy="Reload the page to see the newest forecast.")
    return found


def forecast(desk: Desk, question: ForecastQuestion) -> ForecastView:
    """History, forecast with its ranges, events, totals and the model's story."""
    found = publication(desk, question.publication)
    rows = stored.read(desk, found, ("week", "ahead", "mean", *BOUNDS), *of_series(question))
    rows = applied.over(rows, applied.changes(desk, found, question))
    history = _history(desk, question, found)
    shown = rows[rows["ahead"] <= question.horizon_weeks]
    weeks = history["local_week"].dt.date
    start = weeks.iloc[-question.history_weeks] if len(weeks) > question.history_weeks else None
    recent = history if start is None else history[weeks >= start]
    shown_weeks = tuple(recent["local_week"].dt.date)
    story = story_of(found, question.level)
    totals = _totals(desk, found, question, rows, history)
    return ForecastView(
        question=question,
        label=_label(desk, question),
        weeks=shown_weeks,
        sold=tuple(float(units) for units in recent["units"]),
        short=_short(desk, question, shown_weeks),
        future=tuple(shown["week"].dt.date),
        ahead=tuple(int(ahead) for ahead in shown["ahead"]),
        mean=_numbers(shown["mean"]),
        model_mean=_numbers(shown["model"]),
        ranges=_ranges(found, question.level, shown),
        events=events.of(desk, question, shown_weeks, tuple(shown["week"].dt.date)),
        totals=totals,
        model=story,
        warnings=_warnings(rows),
        confidence=_confidence(totals),
        bound=threshold(desk, KEY),
    )


def why(desk: Desk, question: ForecastQuestion, week: date) -> Contributions:
    """The parts of one week's forecast, in units, in the order in which they are told."""
    found = publication(desk, question.publication)
    columns = ("week", "mean", *(stored.column_of(part) for part in PARTS))
    rows = stored.read(
        desk, found, columns, *of_series(question), lambda t: t.c.week == pd.Timestamp(week)
    )
    if rows.empty:
        raise DataError(
            f"There is no forecast for the week of {week:%d %B %Y}.",
            remedy="Choose a week that the forecast covers.",
        )
    row = rows.iloc[0]
    parts = [(part, float(row[stored.column_of(part)])) for part in PARTS]
    total = float(row["mean"])
    told = [(name, units) for name, units in parts if name == PARTS[0] or abs(units) > 1e-6]
    return Contributions(
        week=week, total=total, parts=tuple(told), sentence=words.sum_of(total, told)
    )


def _confidence(totals: tuple[Total, ...]) -> float | None:
    """How sure the next weeks together are; a single week's range is wide for any product."""
    if not totals:
        return None
    one = totals[min(SURE_WEEKS, len(totals)) - 1]
    low, high = np.array([one.low]), np.array([one.high])
    return float(of_range(np.array([one.mean]), low, high)[0])


def of_series(question: ForecastQuestion) -> tuple[Any, ...]:
    """Conditions for `stored.read` that rows belong to the series asked for."""
    series = question.series_id or SHOP_SERIES
    return (
        lambda t: t.c.level == question.level,
        lambda t: t.c.series_id == series,
    )


def selection(question: ForecastQuestion, first: date, last: date) -> SalesSelection:
    return SalesSelection(
        level=question.level, series_id=question.series_id, first_day=first, last_day=last
    )


def _history(desk: Desk, question: ForecastQuestion, found: Publication) -> pd.DataFrame:
    """Complete weeks, also those that only the totals need."""
    last = found.as_of
    first = last - timedelta(weeks=max(question.history_weeks, 80) + 1)
    weeks = desk.analytics.frame(question.snapshot, sales_by_week(selection(question, first, last)))
    complete = (weeks["days"] == 7) & (
        weeks["local_week"] + timedelta(days=6) <= pd.Timestamp(last)
    )
    return weeks[complete].reset_index(drop=True)


def _label(desk: Desk, question: ForecastQuestion) -> str:
    if question.level == "shop" or question.series_id is None:
        return "Whole shop"
    named = desk.analytics.frame(
        question.snapshot, series_label(question.level, question.series_id)
    )
    return str(named["label"].iloc[0]) if len(named) else question.series_id


def _short(desk: Desk, question: ForecastQuestion, weeks: tuple[date, ...]) -> tuple[bool, ...]:
    """Weeks with a day without stock; a category or shop always has some product out."""
    if question.level != "product" or not weeks:
        return tuple(False for _ in weeks)
    panel = tables.weekly_sales
    rows = desk.analytics.frame(
        question.snapshot,
        sa.select(panel.c.local_week).where(
            panel.c.product_id == question.series_id, panel.c.stockout_days > 0
        ),
    )
    out = set(rows["local_week"].dt.date)
    return tuple(week in out for week in weeks)


def _ranges(found: Publication, level: str, rows: pd.DataFrame) -> tuple[Range, ...]:
    measured = _by_level(found, level)
    return tuple(
        Range(
            level=share,
            low=_numbers(rows[f"lo{share}"]),
            high=_numbers(rows[f"hi{share}"]),
            held=measured.get(f"coverage_{share}"),
        )
        for share in sorted(COVERAGES, reverse=True)
    )


def _totals(
    desk: Desk,
    found: Publication,
    question: ForecastQuestion,
    rows: pd.DataFrame,
    history: pd.DataFrame,
) -> tuple[Total, ...]:
    """Sums of the next 1, 2, 3 … weeks.

    Ranges of sums were measured for some numbers of weeks; in between, how far weeks err together
    is read from those.
    """
    if rows.empty:
        return ()
    mean, bounds = rows["mean"].to_numpy(float), rows[list(BOUNDS)].to_numpy(float)
    model = np.cumsum(rows["model"].to_numpy(float))
    measured = {
        int(row["weeks"]): (
            mean[: int(row["weeks"])].sum(),
            applied.scaled(
                np.array([[row[name] for name in BOUNDS]]),
                model[int(row["weeks"]) - 1 : int(row["weeks"])],
                mean[: int(row["weeks"])].sum(keepdims=True),
            )[0],
        )
        for row in stored.read_totals(
            desk, found, question.level, question.series_id or SHOP_SERIES
        ).to_dict("records")
        if int(row["weeks"]) <= len(mean)
    }
    alike = grains.together(mean, bounds, measured)
    sold = dict(zip(history["local_week"].dt.date, history["units"].astype(float), strict=True))
    last = history["units"].to_numpy(float)[::-1]
    low, high = BOUNDS.index("lo80"), BOUNDS.index("hi80")
    totals = []
    for count in range(1, len(mean) + 1):
        weights = (np.arange(len(mean)) < count).astype(float)
        around = (
            measured[count][1]
            if count in measured
            else grains.sum_bounds(mean, bounds, weights, alike)
        )
        year_ago = [sold.get(week - YEAR) for week in rows["week"].dt.date[:count]]
        known = [units for units in year_ago if units is not None]
        totals.append(
            Total(
                weeks=count,
                mean=float(mean[:count].sum()),
                low=float(around[low]),
                high=float(around[high]),
                last_year=float(sum(known)) if len(known) == count else None,
                before=float(last[:count].sum()),
            )
        )
    return tuple(totals)


def story_of(found: Publication, level: str) -> ModelStory:
    """The model of a publication, and how good it has been at that level."""
    summary = found.summary
    measured = _by_level(found, level)
    own = measured.get("wape", summary["metrics"]["wape"])
    simple = measured.get("baseline_wape", summary["baseline_metrics"]["wape"])
    held = measured.get("coverage_80")
    return ModelStory(
        label=words.model_name(found.model_version, summary["label"]),
        version=found.model_version,
        trained_as_of=date.fromisoformat(summary["trained_as_of"]),
        as_of=found.as_of,
        made_at=found.created_at,
        error=float(own),
        rule_error=float(simple),
        error_ahead=ahead(found, level, "wape"),
        held_ahead=ahead(found, level, "coverage_80"),
        accuracy=words.accuracy(own, simple, summary["baseline_label"], level),
        coverage=words.held(80, held) if held is not None else "80 % range; not yet measured",
        verdict=summary["verdict"],
        warnings=tuple(summary.get("warnings", ())),
    )


def ahead(found: Publication, level: str, measure: str) -> tuple[float, ...]:
    """A measure of the backtest by groups of weeks ahead, the nearest first."""
    rows = found.summary.get("tables", {}).get("by_horizon", [])
    return tuple(float(row[measure]) for row in rows if row["level"] == level)


def _by_level(found: Publication, level: str) -> dict[str, Any]:
    rows = found.summary.get("tables", {}).get("by_level", [])
    return next((dict(row) for row in rows if row["level"] == level), {})


def _warnings(rows: pd.DataFrame) -> tuple[str, ...]:
    if len(rows):
        return ()
    return (
        "There is no forecast for this series: it was not on offer when the forecast was made.",
    )


def _numbers(values: pd.Series) -> tuple[float, ...]:
    return tuple(float(v) for v in np.asarray(values, dtype=np.float64))
