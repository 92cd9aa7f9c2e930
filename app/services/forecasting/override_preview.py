"""What an override would do: before and after, by week and by product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.services import series as series_service
from app.services.forecasting import inputs, reading
from app.services.forecasting.override_checks import (
    REASONS,
    OverrideError,
    Wanted,
    check_size,
    check_weeks,
    checked_value,
    said,
    short,
    span_words,
)
from app.services.forecasting.overrides import (
    categories_of,
    chains,
    forecast_rows,
    series_of,
    snapshot_of,
)
from app.services.forecasting.spreading import Spoken, Word, spread, weeks_of
from data_access.state.forecast_tables import ForecastOverride
from data_access.state.overrides import holding
from data_access.state.tables import Publication
from ml.forecasting import MAX_HORIZON, monday

if TYPE_CHECKING:
    from app.context import Desk

LATER = 2**62  # number of the override that is not kept yet: later than all that are

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewWeek:
    """One week, in units of the series."""

    week: date
    model: float
    now: float  # with the overrides that hold
    after: float  # with this one


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridePreview:
    """What an override would do, before it is saved."""

    wanted: Wanted
    value: float
    label: str
    said: str  # "60 units a week", "+20 %"
    weeks: tuple[PreviewWeek, ...]
    products: pd.DataFrame  # product_id · product · before · after (units of all weeks)
    replaces: tuple[str, ...]  # sentences about earlier overrides of the same series
    notes: tuple[str, ...]  # what else to know
    seen: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the person looked at; where it changed meanwhile, nothing is saved."""

    publication: int
    overrides: tuple[tuple[int, int], ...]  # number and version of those that concern the series


def open_weeks(desk: Desk, publication: Publication) -> tuple[date, ...]:
    """Mondays that can be overridden: after the week that runs, as far as the forecast reaches."""
    newest = desk.store.newest()
    last = max(inputs.as_of(desk, newest), publication.as_of) if newest else publication.as_of
    running = monday(last + timedelta(days=1))
    horizon = int(publication.summary.get("horizon_weeks", MAX_HORIZON))
    first = monday(publication.as_of + timedelta(days=1))
    end = first + timedelta(weeks=horizon - 1)
    return weeks_of(running + timedelta(weeks=1), end)


def preview(desk: Desk, wanted: Wanted) -> OverridePreview:
    """Before and after, by week and by product.

    Raises
    ------
    OverrideError : it cannot be said so.
    """
    publication = newest_forecast(desk)
    label = label_of(desk, wanted)
    value = checked_value(wanted)
    check_weeks(wanted, open_weeks(desk, publication))
    with desk.state.read() as session:
        held = overlapping(holding(session), wanted)
    snapshot, above = snapshot_of(desk, publication), chains(desk, publication)
    word = _word(wanted, value)
    rows = forecast_rows(desk, publication, [*held, word])
    rows = rows[_within(rows["week"], wanted)].reset_index(drop=True)
    mine = _members(rows, wanted, above)
    if not mine.any():
        raise OverrideError(
            f"There is no forecast for {label}: it is not on offer.",
            remedy="Choose a product or a category that the forecast covers.",
        )
    now, then = spread(rows, held, above), spread(rows, [*held, word], above)
    whole = _weeks_of(rows, mine, now, then)
    check_size(wanted, value, [week.model for week in whole])
    effect = then[then["override_id"] == LATER]
    if effect.empty:
        raise _nothing_to_share(label, rows, mine, now)
    concern = related(desk, snapshot, held, wanted, above)
    return OverridePreview(
        wanted=wanted,
        value=value,
        label=label,
        said=said(wanted.kind, value),
        weeks=whole,
        products=_products(desk, snapshot, rows, mine, now, then),
        replaces=tuple(
            f"{one.by}'s {said(one.kind, one.value)} for "
            f"{_overlap_words(one, wanted)} ({REASONS.get(one.reason, one.reason).lower()}) "
            "is replaced in these weeks."
            for one in concern
            if (one.level, one.series_id) == (wanted.level, wanted.series_id)
        ),
        notes=_notes(wanted, value, whole, then, mine, rows, concern),
        seen=Seen(
            publication=publication.publication_id,
            overrides=tuple((one.override_id, one.version) for one in concern),
        ),
    )


def newest_forecast(desk: Desk) -> Publication:
    found = reading.newest(desk)
    if found is None:
        raise OverrideError(
            "There is no forecast to override yet.",
            remedy="Wait until the first forecast is computed, about a minute after the first "
            "snapshot.",
        )
    return found


def label_of(desk: Desk, wanted: Wanted) -> str:
    newest = desk.store.newest_number()
    label = None
    if newest is not None and wanted.level in ("product", "category"):
        level: Any = wanted.level
        label = series_service.label(desk, newest, level, str(wanted.series_id))
    if label is None:
        raise OverrideError(
            f"There is no {wanted.level} {short(wanted.series_id)}.",
            remedy="Choose a product or a category of this shop.",
        )
    return label


def overlapping(held: Sequence[ForecastOverride], wanted: Wanted) -> list[ForecastOverride]:
    return [
        one
        for one in held
        if one.first_week <= wanted.last_week and one.last_week >= wanted.first_week
    ]


def related(
    desk: Desk,
    snapshot: int,
    held: Sequence[ForecastOverride],
    wanted: Wanted,
    above: dict[str, tuple[str, ...]],
) -> list[ForecastOverride]:
    """Those that reach products of the series: its own, those above it and those below."""
    products = series_of(held, "product")
    if wanted.level == "product":
        products.add(wanted.series_id)
    category_of = categories_of(desk, snapshot, products)

    def chain(level: str, series_id: str) -> tuple[str, ...]:
        category = series_id if level == "category" else category_of.get(series_id, "")
        own = () if level == "category" else (f"product:{series_id}",)
        return (*own, *above.get(category, (category,)))

    def key(level: str, series_id: str) -> str:
        return series_id if level == "category" else f"product:{series_id}"

    mine = chain(wanted.level, wanted.series_id)
    return [
        one
        for one in held
        if key(one.level, one.series_id) in mine
        or key(wanted.level, wanted.series_id) in chain(one.level, one.series_id)
    ]


def _word(wanted: Wanted, value: float) -> Spoken:
    return Word(
        override_id=LATER,
        level=wanted.level,
        series_id=wanted.series_id,
        first_week=wanted.first_week,
        last_week=wanted.last_week,
        kind=wanted.kind,
        value=value,
    )


def _within(week: pd.Series, wanted: Wanted) -> pd.Series:
    """Held overrides may reach beyond the weeks that are asked for."""
    return (week >= pd.Timestamp(wanted.first_week)) & (week <= pd.Timestamp(wanted.last_week))


def _members(rows: pd.DataFrame, wanted: Wanted, above: dict[str, tuple[str, ...]]) -> Mask:
    """Rows of the series' products."""
    if wanted.level == "product":
        return (rows["product_id"] == wanted.series_id).to_numpy(bool)
    below = {name for name, chain in above.items() if wanted.series_id in chain}
    return rows["category_id"].isin(below).to_numpy(bool)


def _weeks_of(
    rows: pd.DataFrame,
    mine: Mask,
    now: pd.DataFrame,
    then: pd.DataFrame,
) -> tuple[PreviewWeek, ...]:
    own = rows[mine]
    model = own.groupby("week")["before"].sum()
    products = set(own["product_id"])

    def change(spreading: pd.DataFrame) -> pd.Series:
        reached = spreading[spreading["product_id"].isin(products)]
        by_week = (reached["after"] - reached["before"]).groupby(reached["week"]).sum()
        return by_week.reindex(model.index).fillna(0.0)

    changed, wanted = change(now).to_numpy(), change(then).to_numpy()
    units = model.to_numpy(float)
    return tuple(
        PreviewWeek(week=week.date(), model=float(one), now=float(held), after=float(after))
        for week, one, held, after in zip(
            pd.DatetimeIndex(model.index),
            units,
            np.maximum(units + changed, 0.0),
            np.maximum(units + wanted, 0.0),
            strict=True,
        )
    )


def _products(
    desk: Desk,
    snapshot: int,
    rows: pd.DataFrame,
    mine: Mask,
    now: pd.DataFrame,
    then: pd.DataFrame,
    most: int = 8,
) -> pd.DataFrame:
    """Products that change most, in units of all weeks together."""
    own = rows[mine].set_index(["product_id", "week"])["before"]
    told = pd.DataFrame({"before": own, "after": own})
    for name, spreading in (("before", now), ("after", then)):
        units = spreading.set_index(["product_id", "week"])["after"]
        told[name] = units.reindex(own.index).fillna(own)
    sums = told.groupby(level="product_id").sum()
    order = (sums["after"] - sums["before"]).abs().sort_values(ascending=False, kind="stable")
    sums = sums.loc[order.index[:most]].reset_index()
    names = series_service.labels(desk, snapshot, "product", list(sums["product_id"]))
    sums.insert(1, "product", [names.get(one, one) for one in sums["product_id"]])
    return sums


def _notes(
    wanted: Wanted,
    value: float,
    weeks: Sequence[PreviewWeek],
    then: pd.DataFrame,
    mine: Mask,
    rows: pd.DataFrame,
    related: Sequence[ForecastOverride],
) -> tuple[str, ...]:
    notes = []
    products = set(rows["product_id"][mine])
    inside = then[then["product_id"].isin(products)]
    nearer = inside[inside["override_id"] != LATER]["product_id"].nunique()
    if nearer:
        one = "1 product keeps" if nearer == 1 else f"{nearer:,} products keep"
        rest = "; the others share the rest" if wanted.kind == "units" else ""
        notes.append(f"{one} an override of its own{rest}." if nearer == 1 else
                     f"{one} overrides of their own{rest}.")  # fmt: skip
    missed = [week for week in weeks if abs(week.after - value) > max(0.5, value * 1e-6)]
    if wanted.kind == "units" and wanted.level == "category" and missed:
        notes.append(
            f"{value:,.0f} units cannot be reached in {len(missed)} of {len(weeks)} weeks: the "
            "products' own overrides exceed it, or the model expects nothing there to share by."
        )
    above = [
        one
        for one in related
        if one.level == "category" and one.kind == "units" and one.series_id != wanted.series_id
    ]
    if above and wanted.level == "product":
        notes.append(
            f"Its category is set to {said('units', above[-1].value)}, which stays: the other "
            "products share what is left."
        )
    return tuple(notes)


def _nothing_to_share(
    label: str,
    rows: pd.DataFrame,
    mine: Mask,
    now: pd.DataFrame,
) -> OverrideError:
    own = set(rows["product_id"][mine])
    if len(now) and own <= set(now["product_id"]):
        return OverrideError(
            f"Every product of {label} has an override of its own in these weeks.",
            remedy="Take those back first, or change them one by one.",
        )
    return OverrideError(
        f"The model expects nothing of {label} in these weeks, so there is no proportion by "
        "which units could be shared.",
        remedy="Override its products one by one.",
    )


def _overlap_words(one: ForecastOverride, wanted: Wanted) -> str:
    first, last = max(one.first_week, wanted.first_week), min(one.last_week, wanted.last_week)
    return span_words(first, last)
