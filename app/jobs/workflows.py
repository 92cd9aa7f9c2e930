"""The DBOS workflows: a job, and the tick of a schedule that asks for one.

Only workers import this module. A workflow is recovered after a crash from its last finished
step, so each step may run more than once and must then find what it did before.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import DBOS

from app.jobs.client import JobClient, write_note
from app.jobs.following import follow
from app.jobs.kinds import Json
from app.jobs.queueing import TICK, WORKFLOW
from app.jobs.running import Runner, Verdict
from app.logs import about_job
from data_access.kill_points import kill_point
from data_access.state import jobs as store

log = logging.getLogger("shopsight.jobs")

MAX_ATTEMPTS = 100
"""A job that was taken up so often without ending is put aside."""

PAUSE_AFTER_FAILURE = timedelta(minutes=30)

_runner: Runner
_client: JobClient


def use(runner: Runner, client: JobClient) -> None:
    """What the workflows of this process work with; before DBOS is launched."""
    global _runner, _client
    _runner, _client = runner, client


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_ATTEMPTS)
def job(request: dict[str, Any]) -> Json:
    verdict = _work(request)
    _conclude(request, verdict)
    return verdict


@DBOS.step(name="work")
def _work(request: Json) -> Json:
    job_id = _own_id()
    write_note(_runner.state, job_id, request)
    kill_point("job-started")
    kind = _client.kinds.get(request["kind"])
    if kind is None:
        return Verdict(
            state="failed",
            outcome=f"This version of Shopsight knows no job of kind {request['kind']}.",
            remedy="Nothing to do; newer jobs take its place.",
        ).to_json()
    with about_job(job_id):
        log.info("job %s starts", kind.key)
        verdict = _runner.run(kind, job_id)
        log.info("job %s: %s", kind.key, verdict.state)
    if verdict.state == "done":
        # A cancellation that came too late would keep the next step from running.
        _write_end(job_id, verdict.to_json())
    kill_point("job-worked")
    return verdict.to_json()


@DBOS.step(name="conclude")
def _conclude(request: Json, verdict: Json) -> None:
    job_id = _own_id()
    if verdict["state"] != "cancelled":
        _write_end(job_id, verdict)
    kill_point("job-concluded")
    if verdict["state"] == "done":
        follow(request["kind"], verdict["result"] or {}, _runner, _client)


def _write_end(job_id: str, verdict: Json) -> None:
    store.note_ended(_runner.state, job_id, at=datetime.now(UTC).replace(tzinfo=None), **verdict)


@DBOS.workflow(name=TICK)
def tick(scheduled_at: str, context: dict[str, Any]) -> None:
    """A schedule is due: ask for its job, unless the same waits or runs."""
    again = f"-{context['clock']}" if "clock" in context else ""  # see `app.jobs.clock`
    _ask(context["kind"], f"{context['kind']}-{scheduled_at}{again}")


@DBOS.step(name="ask")
def _ask(kind: str, job_id: str) -> str | None:
    if kind in _client.kinds and _client.kinds[kind].quiet and _failed_lately(kind):
        return None
    return _client.start(kind, {}, "schedule", job_id=job_id)


def _failed_lately(kind: str) -> bool:
    """What nobody watches must not fail every minute: staff would see nothing else."""
    last = next(iter(_client.list(limit=1, kinds=[kind])), None)
    if last is None or last.state != "failed" or last.ended_at is None:
        return False
    # Not for ever, where a clock that was ahead noted an end that is still to come.
    return abs(datetime.now(UTC).replace(tzinfo=None) - last.ended_at) < PAUSE_AFTER_FAILURE


def _own_id() -> str:
    job_id = DBOS.workflow_id
    assert job_id is not None
    return job_id
