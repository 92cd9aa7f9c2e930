"""One series by day, week or month: what sold, what will, and what sold a year before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from app.services.forecasting import applied, days, reading, stored
from app.services.forecasting.days import DayPlan
from app.services.forecasting.views import ForecastView, Range
from data_access.queries.sales import sales_by_day, sales_by_week
from data_access.queries.selection import ancestors
from data_access.snapshots import tables
from data_access.state.tables import Publication
from ml.forecasting import BOUNDS, COVERAGES, SHOP_SERIES, grains
from ml.forecasting.grains import WEEK, Grain
from ml.forecasting.types import Floats

if TYPE_CHECKING:
    from app.context import Desk

SHOWN_DAYS = 91  # a quarter: more days than that are a hedge, not a line
SHOWN_MONTHS = 36
A_YEAR = timedelta(weeks=52)  # keeps the weekday


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A series at one grain; each point is named by its first day."""

    grain: Grain
    points: tuple[date, ...]  # past, oldest first
    sold: tuple[float, ...]  # units
    future: tuple[date, ...]
    mean: tuple[float, ...]  # with the overrides that hold
    model_mean: tuple[float, ...]  # without them
    ranges: tuple[Range, ...]  # widest first
    year_ago: tuple[float | None, ...] = ()  # of past and future points; empty if not asked
    sold_already: float = 0.0  # units of the first future point that are sold (a month begun)

    def within(self, weeks: int) -> Course:
        """The same, so many weeks ahead; of months as many as these weeks make."""
        counts = {"day": weeks * WEEK, "week": weeks, "month": max(round(weeks * 12 / 52), 1)}
        count = min(counts[self.grain], len(self.future))
        return replace(
            self,
            future=self.future[:count],
            mean=self.mean[:count],
            model_mean=self.model_mean[:count],
            ranges=tuple(
                replace(one, low=one.low[:count], high=one.high[:count]) for one in self.ranges
            ),
            year_ago=self.year_ago[: len(self.points) + count],
        )


def course(desk: Desk, view: ForecastView, grain: Grain, *, compare: bool = False) -> Course:
    """The series of the view at a grain; `compare` adds what sold a year before.

    Raises
    ------
    DataError : the forecast was stored before there were days.
    """
    if grain == "week":
        return _weeks(desk, view, compare)
    found = reading.publication(desk, view.question.publication)
    plan = days.plan_of(desk.settings.artifacts / found.folder)
    sold = _daily(desk, view)
    model, mean, bounds = _by_day(desk, found, plan, view)
    if grain == "day":
        return _days(view, plan, sold, model, mean, bounds, compare)
    return _months(view, plan, sold, model, mean, compare)


def _weeks(desk: Desk, view: ForecastView, compare: bool) -> Course:
    ago: tuple[float | None, ...] = ()
    shown = (*view.weeks, *view.future)
    if compare and shown:
        asked = reading.selection(view.question, shown[0] - A_YEAR, shown[-1])
        rows = desk.analytics.frame(view.question.snapshot, sales_by_week(asked))
        whole = rows[rows["days"] == WEEK]
        known = dict(zip(whole["local_week"].dt.date, whole["units"].astype(float), strict=True))
        ago = tuple(known.get(week - A_YEAR) for week in shown)
    return Course(
        grain="week",
        points=view.weeks,
        sold=view.sold,
        future=view.future,
        mean=view.mean,
        model_mean=view.model_mean,
        ranges=view.ranges,
        year_ago=ago,
    )


def _daily(desk: Desk, view: ForecastView) -> dict[date, float]:
    last = view.model.as_of
    first = last - timedelta(days=SHOWN_MONTHS * 31 + 400)
    rows = desk.analytics.frame(
        view.question.snapshot, sales_by_day(reading.selection(view.question, first, last))
    )
    return dict(zip(rows["local_day"].dt.date, rows["units"].astype(float), strict=True))


def _by_day(
    desk: Desk, found: Publication, plan: DayPlan, view: ForecastView
) -> tuple[Floats, Floats, Floats]:
    """[W, 7] of the model, [W, 7] with overrides, [W, 7, 6] bounds."""
    asked, weeks = view.question, view.future
    if asked.level == "product":
        above = chain(desk, asked.snapshot, asked.series_id or "")
        by = plan.shares(asked.series_id, above[0] if above else "", above, weeks)
        mean = np.asarray(view.mean)
        bounds = plan.shapes.bounds("product", mean, _bounds(view), by)
        return grains.split(np.asarray(view.model_mean), by), grains.split(mean, by), bounds
    table = stored.days_table(found.publication_id)
    source = stored.register(desk, found, table, days.FILE)
    rows = desk.analytics.published_frame(
        sa.select(source)
        .where(
            source.c.level == asked.level, source.c.series_id == (asked.series_id or SHOP_SERIES)
        )
        .order_by(source.c.day)
    ).head(len(weeks) * WEEK)
    shape = (len(rows) // WEEK, WEEK)
    model = rows["mean"].to_numpy(float).reshape(shape)
    mean = model + _added(desk, found, plan, view)[: len(model)]
    around = rows[list(BOUNDS)].to_numpy(float)
    moved = applied.scaled(around, model.ravel(), mean.ravel())
    return model, mean, moved.reshape(*shape, len(BOUNDS))


def _added(desk: Desk, found: Publication, plan: DayPlan, view: ForecastView) -> Floats:
    """[W, 7] what overrides of products add to the days of a category or the shop."""
    weeks = view.future
    total = np.zeros((len(weeks), WEEK))
    rows = applied.changes(desk, found, view.question)
    if rows.empty:
        return total
    place = {week: i for i, week in enumerate(weeks)}
    leaves = _categories(desk, view.question.snapshot)
    chains: dict[str, list[str]] = {}
    plain: dict[str, Floats] = {}
    own = {span.product for span in plan.promotions if span.product}
    for product, part in rows.groupby("product_id"):
        leaf = leaves.get(str(product), "")
        if leaf not in chains:
            chains[leaf] = chain_of(desk, view.question.snapshot, leaf)
            plain[leaf] = plan.shares(None, leaf, chains[leaf], weeks)
        by = plan.shares(str(product), leaf, chains[leaf], weeks) if product in own else plain[leaf]
        for week, units in zip(part["week"].dt.date, part["change"], strict=True):
            if week in place:
                total[place[week]] += units * by[place[week]]
    return total


def _categories(desk: Desk, snapshot: int) -> dict[str, str]:
    products = tables.products
    rows = desk.analytics.frame(
        snapshot,
        sa.select(products.c.product_id, products.c.category_id).where(
            products.c.category_id.is_not(None)
        ),
    )
    return dict(zip(rows["product_id"], rows["category_id"], strict=True))


def chain(desk: Desk, snapshot: int, product_id: str) -> list[str]:
    """The category of a product and those above it, the nearest first; none: no category."""
    products = tables.products
    rows = desk.analytics.frame(
        snapshot,
        sa.select(products.c.category_id).where(
            products.c.product_id == product_id, products.c.category_id.is_not(None)
        ),
    )
    return chain_of(desk, snapshot, str(rows["category_id"].iloc[0])) if len(rows) else []


def chain_of(desk: Desk, snapshot: int, category_id: str) -> list[str]:
    """The category and those above it; the nearest first."""
    if not category_id:
        return []
    above = ancestors(sa.literal(category_id))
    rows = desk.analytics.frame(snapshot, sa.select(above.c.category_id))
    rest = [str(one) for one in rows["category_id"] if str(one) != category_id]
    return [category_id, *rest]


def _days(
    view: ForecastView,
    plan: DayPlan,
    sold: dict[date, float],
    model: Floats,
    mean: Floats,
    bounds: Floats,
    compare: bool,
) -> Course:
    future = tuple(grains.days_of(view.future[: len(mean)]))
    known = sorted(sold)
    points = tuple(known[-SHOWN_DAYS:])
    flat = bounds.reshape(-1, len(BOUNDS))
    shown = (*points, *future)
    return Course(
        grain="day",
        points=points,
        sold=tuple(sold[day] for day in points),
        future=future,
        mean=_numbers(mean.ravel()),
        model_mean=_numbers(model.ravel()),
        ranges=_ranges(flat, plan.shapes.held.get(view.question.level, {})),
        year_ago=tuple(sold.get(day - A_YEAR) for day in shown) if compare else (),
    )


def _months(
    view: ForecastView,
    plan: DayPlan,
    sold: dict[date, float],
    model: Floats,
    mean: Floats,
    compare: bool,
) -> Course:
    weeks = view.future[: len(mean)]
    if not weeks or not sold:
        return _empty("month")
    begin, end = weeks[0], weeks[-1] + timedelta(days=WEEK - 1)
    before = {day: units for day, units in sold.items() if day < begin}
    first = min(before, default=begin)
    past = grains.whole_months(first, begin - timedelta(days=1))
    future = [m for m in grains.whole_months(first, end) if m not in set(past)]
    level = view.question.level
    weekly, bounds = mean.sum(1), _bounds(view)[: len(mean)]
    by = grains.shares(mean)
    alike = grains.together(weekly, bounds, _sums(view))
    over, ahead, model_ahead = (
        _by_month(before),
        _by_month(dict(zip(grains.days_of(weeks), mean.ravel(), strict=True))),
        _by_month(dict(zip(grains.days_of(weeks), model.ravel(), strict=True))),
    )
    rows = []
    for month in future:
        weights = grains.month_weights(month, weeks, by)
        around = grains.sum_bounds(weekly, bounds, weights, alike, _noise(plan, level, weekly,
                                   bounds, weights))  # fmt: skip
        rows.append(around + over.get(month, 0.0))
    return Course(
        grain="month",
        points=tuple(past[-SHOWN_MONTHS:]),
        sold=tuple(over.get(month, 0.0) for month in past[-SHOWN_MONTHS:]),
        future=tuple(future),
        mean=tuple(over.get(month, 0.0) + ahead[month] for month in future),
        model_mean=tuple(over.get(month, 0.0) + model_ahead[month] for month in future),
        ranges=_ranges(
            np.array(rows).reshape(-1, len(BOUNDS)), plan.shapes.held_months.get(level, {})
        ),
        year_ago=tuple(_whole(sold, month) for month in (*past[-SHOWN_MONTHS:], *future))
        if compare
        else (),
        sold_already=over.get(future[0], 0.0) if future else 0.0,
    )


def _by_month(days: dict[date, float]) -> dict[date, float]:
    """Units by the first day of their month."""
    found: dict[date, float] = {}
    for day, units in days.items():
        month = grains.month_of(day)
        found[month] = found.get(month, 0.0) + float(units)
    return found


def _whole(sold: dict[date, float], month: date) -> float | None:
    """Units of the same month a year before, where every day of it is known."""
    ago = month.replace(year=month.year - 1)
    count = (grains.next_month(ago) - ago).days
    units = [sold.get(ago + timedelta(days=i)) for i in range(count)]
    known = [one for one in units if one is not None]
    return sum(known) if len(known) == count else None


def _noise(plan: DayPlan, level: str, mean: Floats, bounds: Floats, weights: Floats) -> float:
    """Variance that comes from not knowing on which days of a broken week units fall."""
    variance = grains.week_variance(bounds)
    clumping = plan.shapes.clumped(level, mean)
    whole = grains.day_variance(mean, variance, weights, clumping)
    return float(np.maximum(whole - weights**2 * variance, 0.0).sum())


def _sums(view: ForecastView) -> dict[int, tuple[float, Floats]]:
    """Means and bounds of the sums as `grains.together` wants them: only 80 % is asked for."""
    found = {}
    for total in view.totals:
        around = np.full(len(BOUNDS), total.mean)
        around[BOUNDS.index("lo80")], around[BOUNDS.index("hi80")] = total.low, total.high
        found[total.weeks] = (total.mean, around)
    return found


def _bounds(view: ForecastView) -> Floats:
    """[W, 6] of the view's weeks, columns as in `BOUNDS`."""
    by_level = {one.level: one for one in view.ranges}
    columns = [
        by_level[int(name[2:])].low if name.startswith("lo") else by_level[int(name[2:])].high
        for name in BOUNDS
    ]
    return np.stack([np.asarray(column, float) for column in columns], axis=1)


def _ranges(bounds: Floats, held: dict[str, float]) -> tuple[Range, ...]:
    return tuple(
        Range(
            level=share,
            low=_numbers(bounds[:, BOUNDS.index(f"lo{share}")]),
            high=_numbers(bounds[:, BOUNDS.index(f"hi{share}")]),
            held=held.get(str(share)),
        )
        for share in sorted(COVERAGES, reverse=True)
    )


def _empty(grain: Grain) -> Course:
    return Course(grain=grain, points=(), sold=(), future=(), mean=(), model_mean=(), ranges=())


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
