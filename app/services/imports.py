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
    settings = desk.settings
    given = settings.model_fields_set  # a default must not overrule what a source is known to be in
    report = run_import(
        path,
        make_engine(settings.shop_url),
        currency=settings.currency if "currency" in given else None,
        zone=settings.time_zone if "time_zone" in given else None,
        progress=progress,
        now=now,
    )
    desk.state.upgrade()
    with desk.state.decide(
        "command line", "shop.imported", f"shop:{path.name}", before=None, after=None, reason=None
    ) as session:
        import_reports.add_report(
            session, source=path.name, by="command line", report=report.to_json(), now=now
        )
    return report
