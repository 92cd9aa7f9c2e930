"""What imports read, mapped and set aside."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.state.tables import ImportReport, Json


def add_report(
    session: Session, *, source: str, by: str, report: Json, now: datetime
) -> ImportReport:
    row = ImportReport(at=now, by=by, source=source, report=report)
    session.add(row)
    session.flush()
    return row


def list_reports(session: Session, *, limit: int = 20) -> list[ImportReport]:
    """Newest first."""
    query = select(ImportReport).order_by(ImportReport.report_id.desc()).limit(limit)
    return list(session.scalars(query))
