"""What jobs tell staff: one note a job and its log lines.

The note is the truth for people; DBOS keeps the truth about execution. A note moves only
forward: queued → running → done, failed or cancelled. Every function is one transaction.
"""

from __future__ import annotations

from data_access.state.jobs.reading import (
    askers,
    count_by_state,
    count_jobs,
    count_states,
    forget_jobs,
    forget_lines,
    get_job,
    job_lines,
    job_state,
    list_jobs,
    unended,
)
from data_access.state.jobs.views import OPEN, JobLineView, JobState, JobView
from data_access.state.jobs.writing import (
    note_cancelled,
    note_ended,
    note_gone,
    note_progress,
    note_queued,
    note_started,
    note_waiting,
)

__all__ = [
    "OPEN",
    "JobLineView",
    "JobState",
    "JobView",
    "askers",
    "count_by_state",
    "count_jobs",
    "count_states",
    "forget_jobs",
    "forget_lines",
    "get_job",
    "job_lines",
    "job_state",
    "list_jobs",
    "note_cancelled",
    "note_ended",
    "note_gone",
    "note_progress",
    "note_queued",
    "note_started",
    "note_waiting",
    "unended",
]
