"""Import another shop's files, and keep what the import found for the Data page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.context import Desk
from data_access.shop.engines import make_engine
from data_access.sources.imports import ImportReport, run_import
from data_access.state import import_reports


def import_shop(
    desk: Desk, path: Path, *, now: datetime, progress: Callable[[str, float], None]
) -> ImportReport:
    """Read the files into the shop database, which must be empty or made by an earlier import.

    Raises
    ------
    DataError : the files cannot be read, or the database is not ours to write to.
    """
    report = run_import(
        path,
        make_engine(desk.settings.shop_url),
        currency=desk.settings.currency,
        zone=desk.settings.zone,
        progress=progress,
    )
    desk.state.upgrade()
    with desk.state.decide(
        "command line", "shop.imported", f"shop:{path.name}", before=None, after=None, reason=None
    ) as session:
        import_reports.add(session, at=now, by="command line", source=path.name, report=report.to_json())
    return report
