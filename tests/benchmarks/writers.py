"""Three processes that write to the embedded databases at once for a minute.

Each of them decides, writes job lines and reads (app.db) as fast as it can, asks for jobs
(jobs.db) and stores model versions (models.db). Afterwards every row that a writer counted must
be there.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from app.context import open_desk
from app.settings import Settings
from data_access.models import NewVersion
from data_access.state import audit, preferences
from data_access.state.engine import utc_now
from data_access.state.tables import JobLine, JobNote
from tests.benchmarks.report import Report

PROCESSES = 3
SECONDS = 60.0
JOB_EVERY = 10  # decisions
MODEL_EVERY = 60  # decisions
CAPABILITY = "writing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one process wrote, by its own count."""

    decisions: int
    jobs: int
    models: int
    milliseconds: tuple[float, ...]  # of each decision
    errors: tuple[str, ...]


def write(home: str, who: str, seconds: float) -> Written:
    """Write until the time is over; only what was committed is counted."""
    desk = open_desk(Settings(_env_file=None, home=Path(home)))
    files = Path(home) / f"files-{who}"
    files.mkdir()
    (files / "model.json").write_text("{}")
    decisions = jobs = models = 0
    took: list[float] = []
    errors: list[str] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            began = time.perf_counter()
            with desk.state.decide(who, "preference.changed", f"preference:{who}") as session:
                # Read first, then write: what SQLite refuses without BEGIN IMMEDIATE.
                count = preferences.read_preferences(session).get("shared", 0)
                preferences.write_preference(
                    session, key="shared", value=count + 1, by=who, now=utc_now()
                )
            took.append((time.perf_counter() - began) * 1000)
            decisions += 1
            if decisions % JOB_EVERY == 0:
                asked = {"capability": CAPABILITY, "candidate": f"{who}-{jobs}"}
                job_id = desk.jobs.start("train", asked, who)
                jobs += 1
                with desk.state.write() as session:
                    session.add(JobLine(job_id=job_id, at=utc_now(), level="info", text=who))
            if decisions % MODEL_EVERY == 0:
                desk.models.create_version(
                    replace(_NEW, job_id=f"{who}-{models}", asked_by=who), files
                )
                models += 1
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
    return Written(
        decisions=decisions,
        jobs=jobs,
        models=models,
        milliseconds=tuple(took),
        errors=tuple(errors),
    )


def run(report: Report, seconds: float = SECONDS) -> None:
    with tempfile.TemporaryDirectory(prefix="shopsight-writers-") as home:
        desk = open_desk(Settings(_env_file=None, home=Path(home)))
        desk.state.upgrade()
        context = multiprocessing.get_context("spawn")
        with context.Pool(PROCESSES) as pool:
            names = [f"writer-{number}" for number in range(PROCESSES)]
            told = pool.starmap(write, [(home, name, seconds) for name in names])
        decisions = sum(each.decisions for each in told)
        jobs = sum(each.jobs for each in told)
        models = sum(each.models for each in told)
        errors = [error for each in told for error in each.errors]
        with desk.state.read() as session:
            lost = {
                "decisions": decisions - preferences.read_preferences(session)["shared"],
                "audit": decisions - audit.count_audit(session, act="preference.changed"),
                "jobs": jobs - (session.scalar(select(func.count(JobNote.job_id))) or 0),
                "lines": jobs - (session.scalar(select(func.count(JobLine.line_id))) or 0),
                "models": models - len(desk.models.versions(CAPABILITY)),
                "revision": decisions - desk.state.revision(),
            }
        desk.jobs.close()
        desk.state.close()
    took = [value for each in told for value in each.milliseconds]
    locked = [error for error in errors if "locked" in error]
    report.add(
        "database is locked", measured=len(locked), asked="0", passed=not locked and not errors
    )
    report.add(
        "rows lost",
        measured=sum(abs(n) for n in lost.values()),
        asked="0",
        passed=not any(lost.values()),
    )
    report.add("other errors", measured=len(errors) - len(locked), asked="0", passed=not errors)
    report.add("decisions", measured=decisions / seconds, unit="a second")
    report.add("jobs asked for", measured=jobs, unit="jobs")
    report.add("model versions stored", measured=models, unit="versions")
    report.add("a decision, median", measured=statistics.median(took), unit="ms")
    report.add("a decision, slowest", measured=max(took), unit="ms")
    for error in sorted(set(errors))[:3]:
        report.add(f"error: {error[:100]}", measured=errors.count(error), passed=False)


_NEW = NewVersion(
    capability=CAPABILITY,
    candidate="none",
    parameters={},
    snapshot=1,
    as_of=date(2026, 1, 1),
    asked_by="nobody",
    created_at=utc_now(),
    metrics={"wape": 0.1},
    baseline={"wape": 0.2},
    baseline_label="nothing",
    beats_baseline=True,
    verdict="Written to see whether it stays.",
    seconds=0.1,
    job_id="",
)
