"""What a kind of job is, and what a running job is given."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from app.access import Permission
    from app.context import Desk

Json = dict[str, Any]

DEFINITIONS = "app.jobs.definitions"
"""The module whose ``KINDS`` a client, a worker and its children read."""


class JobError(Exception):
    """A job cannot be started, or could not do its work; in words for staff."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class ReportProgress(Protocol):
    def __call__(self, step: str, share: float, message: str | None = None) -> None:
        """Say what is done now, how much is done (0 to 1), and optionally a line for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """What a job has while it runs, in its own process.

    Attributes
    ----------
    job_id : the same when a job is taken up again after a crash; whatever the job stores is keyed
        by it, so that it is stored once.
    started_at : naive UTC, of the first attempt.
    """

    desk: Desk
    parameters: Json
    job_id: str
    asked_by: str
    started_at: datetime
    progress: ReportProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """A kind of job.

    Attributes
    ----------
    key : short name, in the database and in addresses.
    title : what this job does, from its parameters.
    run : does the work in a process of its own and returns JSON-ready facts; called again with the
        same job id after a crash.
    outcome : one sentence for staff from what ``run`` returned.
    permission : who may ask for it; None: nobody but schedules and the worker.
    queue : jobs of one queue run one after the other in each worker.
    time_limit_s : a job that runs longer is ended and fails.
    dedupe : what must not wait or run twice at once; None: any number.
    quiet : left out of lists once it has ended well.
    """

    key: str
    title: Callable[[Json], str]
    run: Callable[[JobContext], Json]
    outcome: Callable[[Json], str]
    permission: Permission | None
    queue: str
    time_limit_s: float
    dedupe: Callable[[Json], str | None]
    quiet: bool = False


def load_kinds(module: str = DEFINITIONS) -> Mapping[str, JobKind]:
    """The kinds that a module defines, by key."""
    kinds: Mapping[str, JobKind] = importlib.import_module(module).KINDS
    return kinds
