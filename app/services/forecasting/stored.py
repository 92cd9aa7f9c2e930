"""Stored forecasts: one Parquet file a publication, sorted so that one series is read fast."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from app.services.forecasting.words import NOT_PUBLISHED
from data_access.errors import DataError
from data_access.snapshots.analytics import Analytics
from data_access.state.tables import Publication
from ml.forecasting import BOUNDS, PARTS

if TYPE_CHECKING:
    from app.context import Desk

FOLDER = "forecasts"
FILE = "forecast.parquet"
TOTALS = "totals.parquet"
ROW_GROUP = 5_200
"""Rows of a row group: 200 series of 26 weeks, so that one series touches little."""

KEYS = ("level", "series_id", "week", "ahead")


def column_of(part: str) -> str:
    """The column of a part of the forecast: "usual level" → "part_usual_level"."""
    return "part_" + part.replace(" ", "_")


def table(publication_id: int) -> sa.Table:
    """The stored forecast as a table for `Analytics.published_frame`."""
    return sa.Table(
        f"forecast_{publication_id}",
        sa.MetaData(),
        sa.Column("level", sa.String()),
        sa.Column("series_id", sa.String()),
        sa.Column("week", sa.DateTime()),
        sa.Column("ahead", sa.Integer()),
        sa.Column("mean", sa.Float()),
        *(sa.Column(name, sa.Float()) for name in BOUNDS),
        *(sa.Column(column_of(part), sa.Float()) for part in PARTS),
    )


def totals_table(publication_id: int) -> sa.Table:
    """The stored sums of the next weeks."""
    return sa.Table(
        f"totals_{publication_id}",
        sa.MetaData(),
        sa.Column("level", sa.String()),
        sa.Column("series_id", sa.String()),
        sa.Column("weeks", sa.Integer()),
        sa.Column("mean", sa.Float()),
        *(sa.Column(name, sa.Float()) for name in BOUNDS),
    )


def days_table(publication_id: int) -> sa.Table:
    """The stored days of the shop and the categories."""
    return sa.Table(
        f"days_{publication_id}",
        sa.MetaData(),
        sa.Column("level", sa.String()),
        sa.Column("series_id", sa.String()),
        sa.Column("day", sa.DateTime()),
        sa.Column("mean", sa.Float()),
        *(sa.Column(name, sa.Float()) for name in BOUNDS),
    )


def write(folder: Path, forecast: pd.DataFrame, parts: pd.DataFrame, totals: pd.DataFrame) -> int:
    """Forecast and parts side by side, sorted by level, series and week; returns the rows."""
    whole = forecast.copy()
    for part in PARTS:
        whole[column_of(part)] = parts[part].to_numpy()
    whole = _sorted(whole, "week")
    write_table(folder / FILE, whole)
    write_table(folder / TOTALS, _sorted(totals, "weeks"))
    return len(whole)


def _sorted(frame: pd.DataFrame, within: str) -> pd.DataFrame:
    """By level, series and week. One level at a time: comparing millions of words takes long,
    and products mostly come sorted."""
    levels = frame["level"].astype(str)
    parts = []
    for level in sorted(levels.unique()):
        part = frame[levels == level].assign(level=level)
        if not part["series_id"].is_monotonic_increasing:
            part = part.sort_values(["series_id", within], kind="stable")
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else frame


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """A frame as Parquet, in row groups that a question for one series skips."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP)


def put_in_place(draft: Path, folder: Path) -> None:
    """Move a whole folder to its name in one step; a leftover of a broken-off job goes."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft.rename(folder)


def read(
    desk: Desk, publication: Publication, columns: Iterable[str], *conditions: Any
) -> pd.DataFrame:
    """Rows of a publication, ordered by series and week.

    Conditions are made by a function of the table, so that they name its columns.
    """
    source = register(desk, publication, table(publication.publication_id), FILE)
    statement = sa.select(*(source.c[name] for name in columns)).order_by(
        source.c.level, source.c.series_id, source.c.week
    )
    for condition in conditions:
        statement = statement.where(condition(source))
    return desk.analytics.published_frame(statement)


def read_totals(desk: Desk, publication: Publication, level: str, series_id: str) -> pd.DataFrame:
    """Sums of the next weeks of one series, fewest weeks first."""
    source = register(desk, publication, totals_table(publication.publication_id), TOTALS)
    return desk.analytics.published_frame(
        sa.select(source)
        .where(source.c.level == level, source.c.series_id == series_id)
        .order_by(source.c.weeks)
    )


def register(desk: Desk, publication: Publication, source: sa.Table, file: str) -> sa.Table:
    """A table of the publication, known to the analytics engine of this process."""
    known = _KNOWN.setdefault(desk.analytics, set())
    if source.name not in known:
        path = desk.settings.artifacts / publication.folder / file
        if not path.exists():
            raise DataError(
                NOT_PUBLISHED, remedy="Compute the forecast anew on the page Forecasting."
            )
        desk.analytics.register_parquet(source, [path])
        known.add(source.name)
    return source


_KNOWN: WeakKeyDictionary[Analytics, set[str]] = WeakKeyDictionary()
"""Tables that an engine has a view of: publications never change, so one view each will do."""
