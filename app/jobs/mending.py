"""Bring notes in line with DBOS where a crash came between the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.jobs.client import JobClient
from data_access.state import jobs as store
from data_access.state.engine import StateDatabase

PATIENCE = timedelta(seconds=30)
"""The two may differ for a moment while a job begins or ends."""

_GONE = {"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}


def mend_notes(client: JobClient, state: StateDatabase) -> list[str]:
    """End the notes whose workflow has ended or is not known; returns their ids."""
    now = datetime.now(UTC).replace(tzinfo=None)
    suspects = store.unended(state, asked_before=now - PATIENCE)
    if not suspects:
        return []
    known = {
        status.workflow_id: status
        for status in client.dbos.list_workflows(
            workflow_ids=[job.job_id for job in suspects], load_input=False, load_output=False
        )
    }
    mended = []
    for job in suspects:
        status = known.get(job.job_id)
        if status is not None and status.status not in _GONE:
            continue
        if status is not None and _ended_just_now(status.updated_at, now):
            continue
        if job.state == "cancelled":
            store.note_gone(state, job.job_id, at=now)
        else:
            store.note_ended(
                state,
                job.job_id,
                state="failed",
                outcome="It was broken off, and its worker could not take it up again.",
                remedy="Start it again; nothing half done was kept.",
                at=now,
            )
        mended.append(job.job_id)
    return mended


def _ended_just_now(updated_at_ms: int | None, now: datetime) -> bool:
    if updated_at_ms is None:
        return False
    updated = datetime.fromtimestamp(updated_at_ms / 1000, UTC).replace(tzinfo=None)
    return now - updated < PATIENCE
