"""Was my override better than the machine? By reason for all, one by one only for oneself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.access.roles import Identity, Permission, require
from app.services import series as series_service
from app.services.forecasting import inputs
from app.services.forecasting.override_checks import REASONS, said
from app.services.forecasting.overrides import series_of
from app.services.training import newest_snapshot
from data_access.snapshots import tables
from data_access.snapshots.sales_tables import branches
from data_access.state.engine import utc_now
from data_access.state.forecast_tables import ForecastOverride, OverrideWeek
from data_access.state.overrides import (
    graded_weeks,
    list_overrides,
    record_override_outcomes,
    ungraded_weeks,
)
from ml.forecasting import last_complete_week

if TYPE_CHECKING:
    from app.context import Desk

FEWEST_WEEKS = 8  # over, before anything is said about who was nearer
FEWEST_EDITS = 3  # weeks of one edit err together and count as little more than one
DRAWS = 2_000
UNSEEN_DAYS = 2  # without stock, from which a week's sales do not tell the demand


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Edits of one reason, or of all, against the model on the same weeks."""

    name: str
    edits: int
    weeks: int  # over, with a known outcome
    unknown: int  # over, but stock was out: nobody can tell
    model_error: float | None  # WAPE; None where nothing was sold
    own_error: float | None
    won: float  # units of error that the edits took away; negative: that they added
    verdict: str  # in words; "too few to tell" where it is

    @property
    def telling(self) -> bool:
        return self.weeks >= FEWEST_WEEKS and self.edits >= FEWEST_EDITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One of one's own edits, over its weeks that have passed."""

    override_id: int
    label: str
    said: str
    reason: str
    first_week: date
    weeks: int
    model: float  # units
    own: float
    sold: float
    won: float  # units of error taken away


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """What one person may see."""

    by_reason: tuple[Score, ...]
    together: Score
    own: Score | None  # None: this person has overridden nothing that is over
    edits: tuple[Edit, ...]  # one's own, newest first
    open_weeks: int  # of overrides that hold and are still to come


def grade_overrides(desk: Desk) -> int:
    """Write down what came of override weeks that are over; how many got an answer."""
    manifest = newest_snapshot(desk)
    last = last_complete_week(inputs.as_of(desk, manifest))
    with desk.state.read() as session:
        rows = ungraded_weeks(session, last + timedelta(weeks=1))
    if not rows:
        return 0
    sold = _sold(desk, manifest.number, [override for override, _ in rows], rows)
    outcomes = {
        (week.override_id, week.week): sold.get((one.level, one.series_id, week.week), 0.0)
        for one, week in rows
    }
    with desk.state.write() as session:
        record_override_outcomes(session, outcomes, utc_now())
    return len(outcomes)


def scoreboard(desk: Desk, by: Identity) -> Scoreboard:
    """The scores that this person may see: nobody's own but theirs."""
    require(by, Permission.read_pages)
    with desk.state.read() as session:
        every = list_overrides(session)
        rows = graded_weeks(session)
    counted = in_force(every, rows)
    mine = [pair for pair in counted if pair[0].by == by.name]
    manifest = desk.store.newest()
    return Scoreboard(
        by_reason=tuple(
            score(label, [pair for pair in counted if pair[0].reason == reason])
            for reason, label in REASONS.items()
            if any(pair[0].reason == reason for pair in counted)
        ),
        together=score("All reasons", counted),
        own=score("Your own", mine) if mine else None,
        edits=_edits(desk, mine),
        open_weeks=_open(desk, every) if manifest is not None else 0,
    )


Pair = tuple[ForecastOverride, OverrideWeek]


def in_force(every: Sequence[ForecastOverride], rows: Iterable[Pair]) -> list[Pair]:
    """Weeks whose override held when the week began: neither taken back nor replaced by then."""

    def held(one: ForecastOverride, begins: datetime) -> bool:
        return one.at < begins and (one.ended_at is None or one.ended_at >= begins)

    kept = []
    for one, week in rows:
        begins = datetime.combine(week.week, time())
        later = (
            other
            for other in every
            if other.override_id > one.override_id
            and (other.level, other.series_id) == (one.level, one.series_id)
            and other.first_week <= week.week <= other.last_week
        )
        if held(one, begins) and not any(held(other, begins) for other in later):
            kept.append((one, week))
    return kept


def score(name: str, pairs: Sequence[Pair]) -> Score:
    """Errors of both on the same weeks, and whether the difference is more than chance."""
    known = [(one, week) for one, week in pairs if week.outcome is not None]
    outcome = np.array([week.outcome for _, week in known], float)
    model = np.abs(np.array([week.before for _, week in known], float) - outcome)
    own = np.abs(np.array([week.after for _, week in known], float) - outcome)
    edit = np.array([one.override_id for one, _ in known], int)
    total = outcome.sum()
    edits = len(set(edit.tolist()))
    return Score(
        name=name,
        edits=edits,
        weeks=len(known),
        unknown=len(pairs) - len(known),
        model_error=float(model.sum() / total) if total > 0 else None,
        own_error=float(own.sum() / total) if total > 0 else None,
        won=float((model - own).sum()),
        verdict=_verdict(model - own, edit, edits),
    )


def _verdict(
    won: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    edit: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    edits: int,
) -> str:
    """Whole edits are drawn anew, since the weeks of one edit err together."""
    if len(won) < FEWEST_WEEKS or edits < FEWEST_EDITS:
        return "too few to tell"
    sums = np.array([won[edit == one].sum() for one in np.unique(edit)])
    draws = np.random.default_rng(7).integers(0, len(sums), (DRAWS, len(sums)))
    low, high = np.quantile(sums[draws].sum(1), (0.05, 0.95))
    if low > 0:
        return "better than the model"
    return "worse than the model" if high < 0 else "no clear difference"


def _sold(
    desk: Desk,
    snapshot: int,
    overrides: Sequence[ForecastOverride],
    rows: Sequence[Pair],
) -> dict[tuple[str, str, date], float | None]:
    """Units by level, series and week; None where a product lacked stock."""
    first, last = min(w.week for _, w in rows), max(w.week for _, w in rows)
    panel, tree = tables.weekly_sales, branches()
    within = panel.c.local_week.between(first, last)
    found: dict[tuple[str, str, date], float | None] = {}
    products = desk.analytics.frame(
        snapshot,
        sa.select(
            panel.c.product_id, panel.c.local_week, panel.c.units, panel.c.stockout_days
        ).where(within, panel.c.product_id.in_(sorted(series_of(overrides, "product")))),
    )
    for row in products.to_dict("records"):
        units = None if row["stockout_days"] >= UNSEEN_DAYS else float(row["units"])
        found["product", str(row["product_id"]), row["local_week"].date()] = units
    categories = desk.analytics.frame(
        snapshot,
        sa.select(
            tree.c.ancestor_id,
            panel.c.local_week,
            sa.cast(sa.func.sum(panel.c.units), sa.Double()).label("units"),
        )
        .select_from(panel.join(tree, tree.c.category_id == panel.c.category_id))
        .where(within, tree.c.ancestor_id.in_(sorted(series_of(overrides, "category"))))
        .group_by(tree.c.ancestor_id, panel.c.local_week),
    )
    for row in categories.to_dict("records"):
        found["category", str(row["ancestor_id"]), row["local_week"].date()] = float(row["units"])
    return found


def _edits(desk: Desk, mine: Sequence[Pair]) -> tuple[Edit, ...]:
    """One's own edits, one by one."""
    known = [(one, week) for one, week in mine if week.outcome is not None]
    newest = desk.store.newest_number()
    names: dict[tuple[str, str], str] = {}
    for level in ("product", "category"):
        ids = {one.series_id for one, _ in known if one.level == level}
        if ids and newest is not None:
            found = series_service.labels(desk, newest, level, ids)
            names |= {(level, series): name for series, name in found.items()}
    frame = pd.DataFrame(
        [
            (one.override_id, week.before, week.after, week.outcome, week.week)
            for one, week in known
        ],
        columns=["override_id", "model", "own", "sold", "week"],
    )
    overrides = {one.override_id: one for one, _ in known}
    edits = []
    for number, rows in frame.groupby("override_id", sort=True):
        one = overrides[int(str(number))]
        error = (rows["model"] - rows["sold"]).abs() - (rows["own"] - rows["sold"]).abs()
        edits.append(
            Edit(
                override_id=one.override_id,
                label=names.get((one.level, one.series_id), one.series_id),
                said=said(one.kind, one.value),
                reason=REASONS.get(one.reason, one.reason),
                first_week=rows["week"].min(),
                weeks=len(rows),
                model=float(rows["model"].sum()),
                own=float(rows["own"].sum()),
                sold=float(rows["sold"].sum()),
                won=float(error.sum()),
            )
        )
    return tuple(reversed(edits))


def _open(desk: Desk, every: Sequence[ForecastOverride]) -> int:
    last = last_complete_week(inputs.as_of(desk, newest_snapshot(desk)))
    begin = last + timedelta(weeks=1)
    return sum(
        max((one.last_week - max(one.first_week, begin)).days // 7 + 1, 0)
        for one in every
        if one.ended_at is None and one.last_week >= begin
    )
