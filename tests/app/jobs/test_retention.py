"""Notes of jobs go with the workflows behind them; the rest is in tests/app/services/retention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.jobs.retention import remove_old_jobs
from data_access.state import jobs as notes


def test_old_notes_go_those_of_quiet_kinds_sooner_and_open_ones_never(office):
    now = datetime.now(UTC).replace(tzinfo=None)
    for name, kind, days in (
        ("quiet-old", "stroll", 2),
        ("quiet-new", "stroll", 0),
        ("loud-old", "walk", 2),
        ("loud-ancient", "walk", 500),
        ("open-ancient", "walk", 500),
    ):
        at = now - timedelta(days=days)
        notes.note_queued(
            office.state,
            job_id=name,
            kind=kind,
            title=name,
            asked_by="ada",
            asked_at=at,
            parameters={},
        )
        if not name.startswith("open"):
            notes.note_ended(office.state, name, state="done", outcome="Done.", at=at)

    gone = remove_old_jobs(
        office.jobs,
        office.state,
        quiet=["stroll"],
        quiet_before=now - timedelta(days=1),
        before=now - timedelta(days=365),
        lines_before=now - timedelta(days=90),
    )
    assert gone == 2
    assert {job.job_id for job in office.jobs.list()} == {"quiet-new", "loud-old", "open-ancient"}
