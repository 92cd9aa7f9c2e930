"""Jobs as staff live them: a sign of life, progress, an end, and limits that are explained."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil
import pytest

from app.jobs.kinds import JobError
from tests.factories.patience import BUSY

FIRST_SIGN_S = 2.0


@pytest.fixture(scope="module", autouse=True)
def awake(staffed):
    """The worker has taken its first job."""
    staffed.wait(staffed.jobs.start("walk", {"steps": 1}, "schedule"))


def test_a_job_shows_its_first_sign_of_life_within_two_seconds(staffed):
    began = time.monotonic()
    job_id = staffed.jobs.start("walk", {"steps": 1}, "ada")
    assert staffed.jobs.get(job_id).state == "queued"
    while staffed.jobs.get(job_id).state == "queued":
        time.sleep(0.01)
    assert time.monotonic() - began < BUSY * FIRST_SIGN_S
    staffed.wait(job_id)


def test_a_job_tells_its_steps_and_ends_with_a_sentence(staffed):
    job_id = staffed.jobs.start("walk", {"steps": 12}, "ada")
    seen = set()
    while (job := staffed.jobs.get(job_id)).active:
        seen.add((job.step, job.share))
        time.sleep(0.02)

    assert len([step for step, _ in seen if step and step.startswith("Step")]) >= 3
    assert (job.state, job.outcome, job.share) == ("done", "It took 12 steps.", 1.0)
    assert job.result == {"steps": 12, "asked_by": "ada"}
    assert [line.text for line in staffed.jobs.lines(job_id)] == [
        f"line {number}" for number in range(1, 13)
    ]
    last = staffed.jobs.lines(job_id)[-2].line_id
    assert [line.text for line in staffed.jobs.lines(job_id, after=last)] == ["line 12"]


def test_a_double_click_starts_one_job(staffed):
    first = staffed.jobs.start("walk", {"steps": 5, "key": "same"}, "ada")
    second = staffed.jobs.start("walk", {"steps": 5, "key": "same"}, "bob")
    assert first == second
    staffed.wait(first)
    third = staffed.jobs.start("walk", {"steps": 1, "key": "same"}, "ada")
    assert third != first
    staffed.wait(third)


def test_the_same_id_starts_one_job_ever(staffed):
    assert staffed.jobs.start("walk", {"steps": 1}, "worker", job_id="only-once") == "only-once"
    staffed.wait("only-once")
    assert staffed.jobs.start("walk", {"steps": 1}, "worker", job_id="only-once") == "only-once"
    time.sleep(0.6)
    assert staffed.attempts.count("only-once") == 1


def test_jobs_of_one_queue_wait_for_each_other_and_others_do_not(staffed):
    long = staffed.jobs.start("walk", {"steps": 30}, "ada")
    staffed.wait_for_step(long, "Step")
    waiting = staffed.jobs.start("walk", {"steps": 1}, "ada")
    other = staffed.jobs.start("stroll", {"steps": 1}, "ada")
    staffed.wait(other)
    assert staffed.jobs.get(waiting).state == "queued"
    assert staffed.jobs.get(long).active
    assert staffed.jobs.cancel(waiting, "ada")
    assert staffed.jobs.get(waiting).ended_at is not None
    staffed.jobs.cancel(long, "ada")
    staffed.wait(long)
    assert waiting not in staffed.attempts


def test_cancelling_marks_at_once_and_ends_the_whole_group_within_two_seconds(staffed):
    job_id = staffed.jobs.start("breed", {}, "ada")
    staffed.wait_for_step(job_id, "Breeding")
    numbers = [int(n) for n in (staffed.settings.home / "breed.txt").read_text().split()]
    assert all(psutil.pid_exists(number) for number in numbers)

    began = time.monotonic()
    assert staffed.jobs.cancel(job_id, "bob")
    assert staffed.jobs.get(job_id).state == "cancelled"
    while any(_runs(number) for number in numbers):
        time.sleep(0.01)
        assert time.monotonic() - began < BUSY * 2.0
    job = staffed.wait(job_id)
    assert (job.state, job.outcome) == ("cancelled", "Cancelled by bob.")
    assert not staffed.jobs.cancel(job_id, "bob")


def test_a_cancelled_job_can_be_started_again_at_once_and_waits_for_the_old_one_to_die(staffed):
    first = staffed.jobs.start("walk", {"steps": 100, "key": "again"}, "ada")
    staffed.wait_for_step(first, "Step")
    staffed.jobs.cancel(first, "ada")
    second = staffed.jobs.start("walk", {"steps": 1, "key": "again"}, "ada")
    assert second != first
    done, cancelled = staffed.wait(second), staffed.wait(first)
    assert done.state == "done"
    assert done.started_at >= cancelled.ended_at


def test_a_refusal_is_told_with_its_remedy_and_can_be_retried(staffed):
    job = staffed.wait(staffed.jobs.start("refuse", {"a": 1}, "ada"))
    assert (job.state, job.outcome) == ("failed", "The shop has no orders.")
    assert job.remedy == "Import some orders first."

    again = staffed.wait(staffed.jobs.retry(job.job_id, "bob"))
    assert (again.retry_of, again.asked_by, again.parameters) == (job.job_id, "bob", {"a": 1})


def test_an_unexpected_error_is_told_in_a_sentence(staffed):
    job = staffed.wait(staffed.jobs.start("fall_over", {}, "ada"))
    assert (job.state, job.outcome) == ("failed", "ZeroDivisionError: division by zero")
    assert "Traceback" not in job.outcome + job.remedy
    printed = staffed.settings.home / "logs" / "jobs" / f"{job.job_id}.log"
    assert "ZeroDivisionError" in printed.read_text()


def test_a_job_that_runs_too_long_is_ended_with_a_sentence(staffed):
    job = staffed.wait(staffed.jobs.start("dawdle", {"steps": 600}, "ada"))
    assert (job.state, job.outcome) == ("failed", "It ran longer than 1 seconds and was ended.")
    assert job.remedy


def test_a_job_that_needs_too_much_memory_is_ended_with_a_sentence(staffed):
    job = staffed.wait(staffed.jobs.start("swallow", {}, "ada"))
    assert job.state == "failed"
    assert "more than 512 MB" in job.outcome
    assert "SHOPSIGHT_JOB_MEMORY_MB" in job.remedy
    assert job.peak_memory_mb > 512


def test_a_job_whose_process_is_killed_fails_with_a_sentence_and_the_worker_goes_on(staffed):
    job = staffed.wait(staffed.jobs.start("vanish", {}, "ada"))
    assert job.state == "failed"
    assert "ended from outside" in job.outcome
    assert staffed.wait(staffed.jobs.start("walk", {"steps": 1}, "ada")).state == "done"


def test_jobs_run_at_low_priority(staffed):
    job_id = staffed.jobs.start("breed", {}, "ada")
    staffed.wait_for_step(job_id, "Breeding")
    work = int((staffed.settings.home / "breed.txt").read_text().split()[1])
    assert os.getpriority(os.PRIO_PROCESS, work) >= 10
    staffed.jobs.cancel(job_id, "ada")
    staffed.wait(job_id)


def test_an_unknown_kind_is_refused_before_it_is_queued(staffed):
    with pytest.raises(JobError, match="no kind of job called paint"):
        staffed.jobs.start("paint", {}, "ada")


def test_a_job_that_a_person_asks_for_leaves_an_audit_entry(staffed):
    from sqlalchemy import select

    from data_access.state.tables import AuditEntry

    asked = staffed.jobs.start("walk", {"steps": 1}, "ada")
    by_itself = staffed.jobs.start("walk", {"steps": 1}, "schedule")
    with staffed.state.read() as session:
        objects = set(session.scalars(select(AuditEntry.object)))
    assert f"job:{asked}" in objects
    assert f"job:{by_itself}" not in objects
    staffed.wait(asked)
    staffed.wait(by_itself)


def _runs(number: int) -> bool:
    with suppress(psutil.Error):
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    return False
