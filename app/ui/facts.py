"""Parts of the provenance line that every page shares."""

from __future__ import annotations

from datetime import datetime

from app.context import Desk
from app.ui import words
from data_access.snapshots.manifest import Manifest


def data_facts(desk: Desk, manifest: Manifest | None, now: datetime) -> list[str | None]:
    """Up to when the data reaches, which snapshot it is, and when that was taken."""
    if manifest is None:
        return ["No data yet"]
    failed = len(manifest.warnings)
    return [
        f"Data to {words.instant(manifest.as_of, desk.zone)}",
        f"snapshot {manifest.number}, taken {words.ago(manifest.created_at, now)}",
        f"{words.counted(failed, 'check')} to look at" if failed else "all checks passed",
    ]
