"""Ask for jobs, watch them and cancel them, from any process; only workers run them."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import DBAPIError

from app.jobs.kinds import DEFINITIONS, JobError, JobKind, Json, load_kinds
from app.jobs.queueing import APPLICATION, APPLICATION_VERSION, WORKFLOW, connect
from app.settings import Settings
from data_access.state import jobs as store
from data_access.state.engine import StateDatabase
from data_access.state.jobs import JobLineView, JobState, JobView

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

NOT_PEOPLE = frozenset({"schedule", "worker", "first start"})
"""Who asks for jobs without an audit entry."""


RELEASE_S = 2.0
"""Within which a living worker lets go of the key of a job that has ended."""


class JobClient:
    """The queue of jobs as web, command line and workers see it; safe between threads.

    Reading needs only the app database. DBOS (0.4 s to import) is loaded with the first job that
    is started or cancelled.

    Parameters
    ----------
    kinds : module whose ``KINDS`` are known.
    """

    def __init__(
        self, settings: Settings, state: StateDatabase, *, kinds: str = DEFINITIONS
    ) -> None:
        self._settings = settings
        self._state = state
        self._kinds_module = kinds
        self._connecting = threading.Lock()
        self._client: DBOSClient | None = None

    @cached_property
    def kinds(self) -> dict[str, JobKind]:
        return dict(load_kinds(self._kinds_module))

    @property
    def dbos(self) -> DBOSClient:
        with self._connecting:
            if self._client is None:
                logging.getLogger("dbos").setLevel(logging.WARNING)
                self._client = connect(self._settings)
            return self._client

    def close(self) -> None:
        with self._connecting:
            if self._client is not None:
                self._client.destroy()
                self._client = None

    def start(
        self,
        kind: str,
        parameters: Json,
        asked_by: str,
        dedupe_key: str | None = None,
        *,
        job_id: str | None = None,
        retry_of: str | None = None,
    ) -> str:
        """Put a job in its queue.

        Parameters
        ----------
        kind : key of a job kind.
        parameters : JSON-ready.
        asked_by : user name, "key:NAME", "schedule", "worker" or "command line".
        dedupe_key : while a job with the same key waits or runs, no second one is started;
            default: what the kind says.
        job_id : makes the start itself repeatable: a job with this id is started once, ever.

        Returns
        -------
        Id of the job that was started, or of the one that waits or runs under the same key.

        Raises
        ------
        JobError : no such kind.
        """
        definition = self._kind(kind)
        own_id = job_id or str(uuid.uuid4())
        key = dedupe_key or definition.dedupe(parameters)
        request = {
            "kind": kind,
            "title": definition.title(parameters),
            "parameters": parameters,
            "asked_by": asked_by,
            "asked_at": _now().isoformat(),
            "retry_of": retry_of,
        }
        options: Json = {
            "workflow_name": WORKFLOW,
            "queue_name": definition.queue,
            "workflow_id": own_id,
            "app_version": APPLICATION_VERSION,
            "application_name": APPLICATION,
        }
        if key is not None:
            options |= {"deduplication_id": key, "duplication_policy": "return-existing"}
        # First the queue, then the note: a job without a note gets one from the worker, whereas a
        # note without a job would wait for ever.
        found = self._enqueue(options, request)
        if found == own_id:
            write_note(self._state, own_id, request)
        return found

    def _enqueue(self, options: Json, request: Json) -> str:
        """The id under which the request now is in the queue, or was under the same key."""
        deadline = time.monotonic() + RELEASE_S
        while True:
            with _explained():
                handle: Any = self.dbos.enqueue(cast("EnqueueOptions", options), request)
            found: str = handle.get_workflow_id()
            job = self.get(found)
            if job is None or job.active or found == options["workflow_id"]:
                return found
            # It has ended for staff, but DBOS has not let go of its key yet.
            if time.monotonic() > deadline:
                options = {**options, "deduplication_id": None}
                options.pop("duplication_policy")
            time.sleep(0.05)

    def cancel(self, job_id: str, by: str) -> bool:
        """Cancel a job that waits or runs; false where it had ended.

        The note says so at once; the worker ends the job's processes within 2 s and starts
        nothing else in their place before they are gone.
        """
        before = store.note_cancelled(self._state, job_id, by=by, at=_now())
        if before is None or not before.active:
            return False
        # Lets go of its dedupe key, so that it can be started anew; the place in the queue is held
        # by the worker, which sees the note and ends the processes.
        with _explained():
            self.dbos.cancel_workflow(job_id)
        return True

    def retry(self, job_id: str, by: str) -> str:
        """Start a job that failed or was cancelled again, as a new job.

        Raises
        ------
        JobError : there is no such job, or it has not ended.
        """
        job = self.get(job_id)
        if job is None:
            raise JobError(f"There is no job {job_id}.", remedy="Reload the list of jobs.")
        if job.active:
            raise JobError(
                f"“{job.title}” has not ended yet.", remedy="Wait for its end, or cancel it first."
            )
        return self.start(job.kind, job.parameters, by, retry_of=job_id)

    def get(self, job_id: str) -> JobView | None:
        return store.get_job(self._state, job_id)

    def list(
        self,
        *,
        limit: int = 50,
        offset: int = 0,
        kinds: Collection[str] | None = None,
        states: Collection[JobState] | None = None,
        with_quiet: bool = False,
    ) -> list[JobView]:
        """Newest first; jobs of quiet kinds only where asked for, or where they failed."""
        quiet = () if with_quiet or kinds else [k.key for k in self.kinds.values() if k.quiet]
        return store.list_jobs(
            self._state,
            limit=limit,
            offset=offset,
            kinds=kinds,
            quiet_kinds=quiet,
            states=states,
        )

    def lines(self, job_id: str, *, after: int = 0, limit: int = 500) -> Sequence[JobLineView]:
        return store.job_lines(self._state, job_id, after=after, limit=limit)

    def _kind(self, key: str) -> JobKind:
        try:
            return self.kinds[key]
        except KeyError:
            raise JobError(
                f"There is no kind of job called {key}.",
                remedy=f"Choose one of {', '.join(sorted(self.kinds))}.",
            ) from None


@contextmanager
def _explained() -> Iterator[None]:
    """The queue's database that does not answer, in words for staff."""
    try:
        yield
    except DBAPIError as error:
        raise JobError(
            "The queue of jobs does not answer.",
            remedy="Check that its database runs and that its disk has room; then try again.",
        ) from error


def write_note(state: StateDatabase, job_id: str, request: Json) -> None:
    """The note of an enqueued job, from what DBOS keeps; written once, whoever comes first."""
    store.note_queued(
        state,
        job_id=job_id,
        kind=request["kind"],
        title=request["title"],
        asked_by=request["asked_by"],
        asked_at=datetime.fromisoformat(request["asked_at"]),
        parameters=request["parameters"],
        retry_of=request["retry_of"],
        audited=request["asked_by"] not in NOT_PEOPLE,
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
