"""Trainings by program: list, ask for, follow, cancel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.asked_by import AskedBy, OnDesk
from app.api.fields import FreeText, Instant
from app.api.limits import hold
from app.api.models import REQUESTS, TRAININGS, IdempotencyKey, JobAskedOut, Key, ScopeAsked
from app.api.refusals import refuses
from app.services import jobs, model_facts, training_jobs, training_requests
from app.services.model_facts import NotFound
from app.services.training_jobs import JobFilter
from data_access.scope import WHOLE

router = APIRouter(
    prefix="/training-jobs", tags=["training jobs"], responses=refuses(404, 409, 429)
)

JobId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:+-]{1,100}$")]
STATES = {
    "open": "At work or waiting",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


class CandidateAsked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    candidate: Key
    parameters: dict[Key, int | float | str | bool] = Field(default_factory=dict, max_length=50)


class JobAsked(BaseModel):
    """Models to be trained; without candidates, what suits the size of the shop."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"capability": "fraud"},
                {
                    "capability": "forecasting",
                    "candidates": [{"candidate": "lightgbm", "parameters": {"rounds": 120}}],
                    "scope": {"level": "category", "series_id": "C01"},
                },
            ]
        },
    )

    capability: Key
    candidates: list[CandidateAsked] = Field(default_factory=list, max_length=30)
    scope: ScopeAsked | None = None
    again: bool = False
    why: FreeText = Field(default="", max_length=300)  # kept with the versions


class JobOut(BaseModel):
    """One job; instants are UTC."""

    model_config = ConfigDict(from_attributes=True)

    job_id: str
    kind: str
    title: str
    asked_by: str
    asked_at: Instant
    parameters: dict[str, Any]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    step: str | None
    share: float  # done so far, 0 to 1
    started_at: Instant | None
    ended_at: Instant | None
    outcome: str | None
    remedy: str | None
    result: dict[str, Any] | None
    peak_memory_mb: float | None
    retry_of: str | None


class LineOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: Instant
    level: str
    text: str


class JobWithLinesOut(JobOut):
    lines: list[LineOut]


class JobsOut(BaseModel):
    jobs: list[JobOut]
    total: int  # counted to 2,000


@router.get("")
def list_jobs(
    asked_by: AskedBy,
    desk: OnDesk,
    state: Literal["open", "done", "failed", "cancelled"] | None = None,
    capability: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> JobsOut:
    """Trainings and searches, newest first."""
    hold(REQUESTS, asked_by.name)
    if capability:
        model_facts.known(capability)
    wanted = JobFilter(state=STATES[state] if state else None, capability=capability or None)
    found = training_jobs.listed(desk, wanted, limit=limit, offset=offset)
    return JobsOut(
        jobs=[JobOut.model_validate(job) for job in found],
        total=training_jobs.total(desk, wanted),
    )


@router.post("", status_code=202)
def start(
    asked: JobAsked,
    asked_by: AskedBy,
    desk: OnDesk,
    response: Response,
    key: IdempotencyKey = None,
) -> JobAskedOut:
    """Ask a worker to train."""
    hold(REQUESTS, asked_by.name)
    hold(TRAININGS, asked_by.name)
    found = training_requests.ask(
        desk,
        asked_by,
        asked.capability,
        [(one.candidate, one.parameters) for one in asked.candidates],
        asked.scope.scope() if asked.scope else WHOLE,
        again=asked.again,
        why=asked.why,
        key=key,
    )
    response.headers["Location"] = f"/api/training-jobs/{found.job_id}"
    return JobAskedOut(job_id=found.job_id, before=found.before)


@router.get("/{job_id}")
def one(job_id: JobId, asked_by: AskedBy, desk: OnDesk) -> JobWithLinesOut:
    """One job with its log."""
    hold(REQUESTS, asked_by.name)
    job = _job(desk, job_id)
    lines = [LineOut.model_validate(line) for line in jobs.lines(desk, job_id)]
    return JobWithLinesOut(**JobOut.model_validate(job).model_dump(), lines=lines)


@router.post("/{job_id}/cancel")
def cancel(job_id: JobId, asked_by: AskedBy, desk: OnDesk) -> JobOut:
    """End a job that waits or runs."""
    hold(REQUESTS, asked_by.name)
    job = _job(desk, job_id)
    if not jobs.cancel(desk, asked_by, job_id):
        raise HTTPException(409, f"This job has ended as {job.state}; nothing was changed.")
    return JobOut.model_validate(_job(desk, job_id))


def _job(desk: OnDesk, job_id: str) -> jobs.JobView:
    job = desk.jobs.get(job_id)
    if job is None or job.kind not in training_jobs.TRAINING:
        raise NotFound(
            f"There is no training job {job_id}.", remedy="List them at /api/training-jobs."
        )
    return job
