"""Files of stock figures: stored whole or not at all, undone whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data_access.errors import DataError
from data_access.state.base import Json
from data_access.state.engine import stale
from data_access.state.order_tables import StockUpload, UploadedStock

COLUMNS = (
    "product_id",
    "on_hand",
    "on_order",
    "lead_time_days",
    "pack_size",
    "unit_cost",
    "supplier",
)
AT_ONCE = 5_000


def add_upload(
    session: Session,
    *,
    file_name: str,
    counted_on: date,
    rows: Sequence[Mapping[str, Any]],
    report: Json,
    by: str,
    now: datetime,
) -> StockUpload:
    """Store a file's rows (keys of `COLUMNS`; money in ten-thousandths)."""
    upload = StockUpload(
        file_name=file_name,
        counted_on=counted_on,
        rows=len(rows),
        report=report,
        by=by,
        at=now,
    )
    session.add(upload)
    session.flush()
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        session.execute(
            insert(UploadedStock), [{"upload_id": upload.upload_id, **row} for row in part]
        )
    return upload


def holding_uploads(session: Session) -> list[StockUpload]:
    """Uploads that have not been undone, newest first."""
    return list(
        session.scalars(
            select(StockUpload)
            .where(StockUpload.undone_at.is_(None))
            .order_by(StockUpload.upload_id.desc())
        )
    )


def rows_of(session: Session, upload_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """upload_id and `COLUMNS` of these uploads, oldest upload first."""
    table = UploadedStock
    found = session.execute(
        select(table.upload_id, *(getattr(table, name) for name in COLUMNS))
        .where(table.upload_id.in_(upload_ids))
        .order_by(table.upload_id, table.product_id)
    )
    return [tuple(row) for row in found]


def undo_upload(session: Session, upload_id: int, *, now: datetime) -> StockUpload:
    """Take an upload back: what was known before it holds again.

    Raises
    ------
    DataError : there is no such upload. StaleWriteError : it was taken back already.
    """
    upload = session.get(StockUpload, upload_id)
    if upload is None:
        raise DataError(f"There is no stock file number {upload_id}.", remedy="Reload the page.")
    if upload.undone_at is not None:
        raise stale()
    upload.undone_at = now
    session.flush()
    return upload
