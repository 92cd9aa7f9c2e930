"""Remove what is old: stored results, notes of jobs, and the workflows behind them."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from app.jobs.client import JobClient
from data_access.state import jobs as store
from data_access.state.engine import StateDatabase
from data_access.state.publications import list_publications, remove_publication

ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
BATCH = 500


def remove_old_publications(state: StateDatabase, artifacts: Path, keep: int) -> int:
    """Keep so many of each capability; returns how many were removed."""
    with state.read() as session:
        rows = list_publications(session, limit=100_000)
    seen: dict[str, int] = {}
    old = []
    for row in rows:  # newest first
        seen[row.capability] = seen.get(row.capability, 0) + 1
        if seen[row.capability] > keep:
            old.append(row)
    for row in old:
        # First the row, so that no reader is sent to a folder that is half gone.
        with state.write() as session:
            remove_publication(session, row.publication_id)
        shutil.rmtree(artifacts / row.folder, ignore_errors=True)
    return len(old)


def remove_old_jobs(
    client: JobClient,
    state: StateDatabase,
    *,
    quiet: Collection[str],
    quiet_before: datetime,
    before: datetime,
    lines_before: datetime,
) -> int:
    """Forget ended jobs, those of quiet kinds sooner; returns how many notes went."""
    everything = list(client.kinds)
    gone = store.forget_jobs(state, before=quiet_before, kinds=quiet)
    gone += store.forget_jobs(state, before=before, kinds=everything)
    with state.write() as session:
        store.forget_lines(session, lines_before)
    _delete_workflows(client, gone)
    _delete_old_ticks(client, quiet_before)
    return len(gone)


def _delete_old_ticks(client: JobClient, before: datetime) -> None:
    from app.jobs.queueing import TICK

    while True:
        ticks = client.dbos.list_workflows(
            name=TICK,
            status=ENDED,
            end_time=before.isoformat() + "+00:00",
            limit=BATCH,
            load_input=False,
            load_output=False,
        )
        if not ticks:
            return
        _delete_workflows(client, [tick.workflow_id for tick in ticks])


def _delete_workflows(client: JobClient, ids: list[str]) -> None:
    for start in range(0, len(ids), BATCH):
        client.dbos.delete_workflows(ids[start : start + BATCH])
