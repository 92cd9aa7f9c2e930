"""Models beside one another, and what would change if another one decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import reading, stored
from app.services.forecasting.views import Entry
from data_access.errors import DataError
from data_access.queries.selection import contains
from data_access.snapshots import tables
from data_access.snapshots.analytics import PUBLISHED
from data_access.snapshots.duck import in_schema
from data_access.state.champions import get_champion
from data_access.state.tables import Publication
from ml.contract import Preview, candidate, rule_of_thumb
from ml.forecasting import FORECASTING

if TYPE_CHECKING:
    from app.context import Desk

NEXT_WEEKS = 4
"""Weeks ahead whose sum is compared: about what one order covers."""

NEXT_WEEKS_FILE = "next_weeks.parquet"
"""Among a version's files: what it forecasts for the weeks after its training."""


def leaderboard(desk: Desk) -> tuple[Entry, ...]:
    """The rule of thumb and every stored version, least error first."""
    with desk.state.read() as session:
        champion = get_champion(session, FORECASTING.key)
    deciding = champion.model_version if champion else None
    versions = desk.models.versions(FORECASTING.key)
    entries = [
        Entry(
            version=version.number,
            label=f"{candidate(FORECASTING, version.candidate).label}, version {version.number}",
            candidate=version.candidate,
            metrics=version.metrics,
            baseline=version.baseline,
            baseline_label=version.baseline_label,
            beats_baseline=version.beats_baseline,
            verdict=version.verdict,
            is_champion=version.number == deciding,
            as_of=version.as_of,
            snapshot=version.snapshot,
            asked_by=version.asked_by,
            created_at=version.created_at,
            seconds=version.seconds,
            parameters=dict(version.parameters),
        )
        for version in versions
    ]
    measured = versions[0].baseline if versions else _published_baseline(desk)
    thumb = rule_of_thumb(FORECASTING)
    label = versions[0].baseline_label if versions else ""
    entries.append(
        Entry(
            version=None,
            label=thumb.label,
            candidate=thumb.key,
            metrics=measured,
            baseline=measured,
            baseline_label=label,
            beats_baseline=False,
            verdict="The measure that every model is held against.",
            is_champion=deciding is None,
            as_of=versions[0].as_of if versions else None,
            snapshot=versions[0].snapshot if versions else None,
            asked_by="",
            created_at=None,
            seconds=0.0,
            parameters={},
        )
    )
    return tuple(sorted(entries, key=lambda entry: entry.metrics.get("wape", float("inf"))))


def _published_baseline(desk: Desk) -> dict[str, float]:
    found = reading.newest(desk)
    return dict(found.summary["baseline_metrics"]) if found is not None else {}


def preview(desk: Desk, version: int | None) -> Preview:
    """What changes for which products if this version (None: the rule of thumb) decided.

    Compares the next weeks of the newest stored forecast with what the version said of the same
    weeks when it was trained.
    """
    found = reading.newest(desk)
    if found is None:
        raise DataError(
            "There is no stored forecast to compare with.",
            remedy="Wait for the first forecast to be computed; the jobs list shows it.",
        )
    current = next_weeks_of(desk, found)
    if version == found.model_version:
        return FORECASTING.preview(current, current)
    if version is None:
        raise DataError(
            "What the rule of thumb would say has not been computed.",
            remedy="Train the candidate “Rule of thumb”, and activate that version.",
        )
    proposed = pd.read_parquet(desk.models.files(FORECASTING.key, version) / NEXT_WEEKS_FILE)
    return FORECASTING.preview(*same_weeks(current, proposed))


def next_weeks_of(desk: Desk, found: Publication) -> pd.DataFrame:
    """level · series_id · week · ahead · mean of all products' next weeks."""
    rows = stored.read(
        desk,
        found,
        ("level", "series_id", "week", "ahead", "mean"),
        lambda t: t.c.level == "product",
        lambda t: t.c.ahead <= NEXT_WEEKS,
    )
    return rows


def same_weeks(current: pd.DataFrame, proposed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both forecasts on the weeks that both have; one trained a week ago has one week less."""
    weeks = set(current["week"]) & set(proposed["week"])
    if not weeks:
        raise DataError(
            "This version was trained too long ago: no week of its forecast is still ahead.",
            remedy="Train it again, then look at the preview.",
        )
    return current[current["week"].isin(weeks)], proposed[proposed["week"].isin(weeks)]


def changing_products(
    desk: Desk,
    publication_id: int,
    snapshot: int,
    *,
    limit: int = 50,
    offset: int = 0,
    search: str = "",
) -> pd.DataFrame:
    """Products whose next weeks differ most from their last ones, in units.

    product_id str · product str · category str · before float (units of the last 4 complete
    weeks) · after float (forecast of the next 4) · low, high float (its 80 % range) · change
    float (after − before) · found int (in the whole answer)
    """
    found = reading.publication(desk, publication_id)
    made = stored.register(
        desk, found, stored.totals_table(found.publication_id), stored.TOTALS
    )
    ahead = in_schema(made, PUBLISHED)
    panel, products, categories = tables.weekly_sales, tables.products, tables.categories
    end = pd.Timestamp(found.as_of) + pd.Timedelta(days=1)
    last = (end - pd.Timedelta(days=end.dayofweek)).date()
    sold = (
        sa.select(panel.c.product_id, sa.func.sum(panel.c.units).label("units"))
        .where(
            panel.c.local_week < last,
            panel.c.local_week >= last - pd.Timedelta(weeks=NEXT_WEEKS).to_pytimedelta(),
        )
        .group_by(panel.c.product_id)
        .subquery("sold")
    )
    before = sa.cast(sa.func.coalesce(sold.c.units, 0), sa.Double())
    change = ahead.c.mean - before
    statement = (
        sa.select(
            ahead.c.series_id.label("product_id"),
            products.c.name.label("product"),
            categories.c.name.label("category"),
            before.label("before"),
            ahead.c.mean.label("after"),
            ahead.c.lo80.label("low"),
            ahead.c.hi80.label("high"),
            change.label("change"),
            sa.func.count().over().label("found"),
        )
        .select_from(
            ahead.outerjoin(sold, sold.c.product_id == ahead.c.series_id)
            .outerjoin(products, products.c.product_id == ahead.c.series_id)
            .outerjoin(categories, categories.c.category_id == products.c.category_id)
        )
        .where(ahead.c.level == "product", ahead.c.weeks == NEXT_WEEKS)
        .order_by(sa.func.abs(change).desc(), ahead.c.series_id)
        .limit(limit)
        .offset(offset)
    )
    for word in search.split():
        statement = statement.where(
            sa.or_(contains(products.c.name, word), contains(ahead.c.series_id, word))
        )
    return desk.analytics.frame(snapshot, statement)
