"""Which publications stay; and notes of jobs go with the workflows behind them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from app.jobs.client import JobClient
from data_access.state import jobs as store
from data_access.state.engine import StateDatabase
from data_access.state.tables import Publication

ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
BATCH = 500


WEEKLY_FOR = timedelta(weeks=104)
"""How far back one publication a week is kept: this year's and last year's beliefs to compare."""


def kept_publications(rows: Sequence[Publication], newest: int) -> set[int]:
    """Ids of the publications that stay by number and age; rows newest first.

    Of each capability so many of the newest stay, then the last of each week for two years and the
    last of each month beyond: what was believed on a day can be looked back on.
    """
    kept: set[int] = set()
    counts: dict[str, int] = {}
    last: dict[str, date] = {}
    taken: set[tuple[str, str, int, int]] = set()
    for row in rows:
        counts[row.capability] = counts.get(row.capability, 0) + 1
        day = last.setdefault(row.capability, row.as_of)
        if row.as_of >= day - WEEKLY_FOR:
            year, week, _ = row.as_of.isocalendar()
            span = (row.capability, "week", year, week)
        else:
            span = (row.capability, "month", row.as_of.year, row.as_of.month)
        if counts[row.capability] <= newest or span not in taken:
            kept.add(row.publication_id)
        taken.add(span)
    return kept


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

    last: list[str] = []
    while True:
        ticks = client.dbos.list_workflows(
            name=TICK,
            status=ENDED,
            end_time=before.isoformat() + "+00:00",
            limit=BATCH,
            load_input=False,
            load_output=False,
        )
        found = [tick.workflow_id for tick in ticks]
        if not found or found == last:  # what does not go is left for the next time
            return
        _delete_workflows(client, found)
        last = found


def _delete_workflows(client: JobClient, ids: list[str]) -> None:
    for start in range(0, len(ids), BATCH):
        client.dbos.delete_workflows(ids[start : start + BATCH])
