"""What did we believe on that day: stored forecasts held against what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.services.forecasting import beliefs_graded, reading, stored, words
from app.services.forecasting.beliefs_graded import Graded
from app.services.forecasting.views import ForecastQuestion, Range
from data_access.queries.sales import sales_by_week
from data_access.state.publications import list_publications
from data_access.state.tables import Publication
from ml.forecasting import BOUNDS, COVERAGES, HORIZON_BUCKETS, KEY, monday

if TYPE_CHECKING:
    from app.context import Desk

LOOKED_BACK = 26
"""Forecasts, one a week, that a series' own accuracy is measured on: half a year."""

NEAR = 4
"""Weeks ahead that accuracy since going live counts: what one orders by."""

FEW_WEEKS = 8
"""Weeks under which a figure says little."""

BEFORE_WEEKS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One stored forecast that can be looked back on."""

    publication: int
    as_of: date  # last day that it knew
    version: int | None  # None: the rule of thumb
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """A forecast of some time ago, and what came."""

    kept: Kept
    points: tuple[date, ...]  # Mondays from half a year before it to now
    sold: tuple[float, ...]
    future: tuple[date, ...]  # Mondays that it looked ahead to
    mean: tuple[float, ...]
    ranges: tuple[Range, ...]
    over: int  # weeks of it that are over
    error: float | None  # WAPE over those; None while none is over
    bias: float | None  # said more than came: positive
    inside: int  # of those weeks within the 80 % range


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Accuracy of one version since it went live, at one level or of one series."""

    version: int | None
    label: str
    weeks: int  # different weeks that are over
    forecasts: int  # numbers that were compared: a week of a series as seen from one week
    error: float  # WAPE, 1 to 4 weeks ahead
    bias: float  # share; said more than came: positive
    inside: float  # share within the 80 % range
    promised: float | None  # WAPE of its backtest, as far ahead
    promised_inside: float | None

    @property
    def few(self) -> bool:
        return self.weeks < FEW_WEEKS


def kept(desk: Desk) -> tuple[Kept, ...]:
    """Forecasts that are kept, the newest first; of each week the last one."""
    found, weeks = [], set()
    for row in _publications(desk):
        week = monday(row.as_of + timedelta(days=1))
        if week in weeks:
            continue
        weeks.add(week)
        found.append(
            Kept(
                publication=row.publication_id,
                as_of=row.as_of,
                version=row.model_version,
                label=words.model_name(row.model_version, row.summary["label"]),
            )
        )
    return tuple(found)


def _publications(desk: Desk) -> list[Publication]:
    with desk.state.read() as session:
        rows = list_publications(session, KEY, limit=1_000)
    return [row for row in rows if (desk.settings.artifacts / row.folder / stored.FILE).exists()]


def belief(desk: Desk, question: ForecastQuestion, publication_id: int, last: date) -> Belief:
    """One stored forecast of the series, and its sales to the last week that is over.

    last : last day that the newest data know.
    """
    found = reading.publication(desk, publication_id)
    rows = stored.read(
        desk, found, ("week", "ahead", "mean", *BOUNDS), *reading.of_series(question)
    )
    sold = _sold(desk, question, found.as_of - timedelta(weeks=BEFORE_WEEKS), last)
    came = {week: units for week, units in sold.items() if week in set(rows["week"].dt.date)}
    over = rows[rows["week"].dt.date.isin(set(came))]
    units = over["week"].dt.date.map(came).astype(float)
    total = float(units.sum())
    told = over["mean"].astype(float)
    return Belief(
        kept=Kept(
            publication=found.publication_id,
            as_of=found.as_of,
            version=found.model_version,
            label=words.model_name(found.model_version, found.summary["label"]),
        ),
        points=tuple(sold),
        sold=tuple(sold.values()),
        future=tuple(rows["week"].dt.date),
        mean=tuple(rows["mean"].astype(float)),
        ranges=tuple(
            Range(
                level=share,
                low=tuple(rows[f"lo{share}"].astype(float)),
                high=tuple(rows[f"hi{share}"].astype(float)),
                held=None,
            )
            for share in sorted(COVERAGES, reverse=True)
        ),
        over=len(over),
        error=float((told - units).abs().sum()) / total if total else None,
        bias=float((told - units).sum()) / total if total else None,
        inside=int(((units >= over["lo80"]) & (units <= over["hi80"])).sum()),
    )


def _sold(desk: Desk, question: ForecastQuestion, first: date, last: date) -> dict[date, float]:
    rows = desk.analytics.frame(
        question.snapshot, sales_by_week(reading.selection(question, first, last))
    )
    whole = rows[(rows["days"] == 7)]
    return {
        week: float(units)
        for week, units in zip(whole["local_week"].dt.date, whole["units"], strict=True)
        if week + timedelta(days=6) <= last
    }


def of_series(desk: Desk, question: ForecastQuestion, last: date) -> tuple[Live, ...]:
    """How good the versions were for this very series, the newest first."""
    chosen = kept(desk)[:LOOKED_BACK]
    parts = []
    for one in chosen:
        found = reading.publication(desk, one.publication)
        source = stored.register(desk, found, stored.table(found.publication_id), stored.FILE)
        conditions = [condition(source) for condition in reading.of_series(question)]
        parts.append(
            sa.select(
                sa.literal(one.publication).label("publication"),
                source.c.week,
                source.c.ahead,
                source.c.mean,
                source.c.lo80,
                source.c.hi80,
            ).where(
                *conditions,
                source.c.ahead <= NEAR,
                source.c.week <= datetime.combine(last, datetime.min.time()),
            )
        )
    if not parts:
        return ()
    rows = desk.analytics.published_frame(sa.union_all(*parts) if len(parts) > 1 else parts[0])
    if rows.empty:
        return ()
    sold = _sold(desk, question, rows["week"].min().date(), last)
    came = rows["week"].dt.date.map(sold)
    rows = rows.assign(came=came)[came.notna()]
    labels = {one.publication: one for one in chosen}
    graded = [
        Graded(
            version=labels[row.publication].version,
            label=labels[row.publication].label,
            publication=row.publication,
            level=question.level,
            week=row.week.date(),
            ahead=int(row.ahead),
            series=1,
            missed=abs(row.mean - row.came),
            said=float(row.mean),
            sold=float(row.came),
            inside=int(row.lo80 <= row.came <= row.hi80),
        )
        for row in rows.itertuples(index=False)
    ]
    return _by_version(desk, graded, question.level)


def of_level(desk: Desk, level: str) -> tuple[Live, ...]:
    """How good the versions were at a level as a whole, the newest first.

    From the grades that are written down whenever a forecast is computed.
    """
    chosen = {one.publication for one in kept(desk)}
    graded = [
        row
        for found in _publications(desk)
        if found.publication_id in chosen
        for row in beliefs_graded.read(desk, found)
        if row.level == level and row.ahead <= NEAR
    ]
    return _by_version(desk, graded, level)


def _by_version(desk: Desk, graded: Sequence[Graded], level: str) -> tuple[Live, ...]:
    newest: dict[int | None, Publication] = {}
    for row in _publications(desk):
        newest.setdefault(row.model_version, row)
    found = []
    for version in sorted({g.version for g in graded}, key=lambda v: v or 0, reverse=True):
        own = [g for g in graded if g.version == version]
        count, sold = sum(g.series for g in own), sum(g.sold for g in own)
        if not count or not sold:
            continue
        summary = newest[version]
        promised = near(reading.ahead(summary, level, "wape"))
        held = near(reading.ahead(summary, level, "coverage_80"))
        found.append(
            Live(
                version=version,
                label=own[0].label,
                weeks=len({g.week for g in own}),
                forecasts=count,
                error=sum(g.missed for g in own) / sold,
                bias=(sum(g.said for g in own) - sold) / sold,
                inside=sum(g.inside for g in own) / count,
                promised=promised,
                promised_inside=held,
            )
        )
    return tuple(found)


def near(by_bucket: Sequence[float]) -> float | None:
    """A measure of the next `NEAR` weeks from those of groups of weeks ahead."""
    total = weeks = 0.0
    for (first, last), value in zip(HORIZON_BUCKETS, by_bucket, strict=False):
        count = min(last, NEAR) - first + 1
        if count > 0:
            total, weeks = total + count * value, weeks + count
    return total / weeks if weeks else None
