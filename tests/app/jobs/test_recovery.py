"""Workers killed with SIGKILL: nothing is lost, nothing runs on, every job ends once."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil
import pytest

from tests.app.jobs.conftest import make_office
from tests.app.jobs.rehearsal import printed, start_worker
from tests.factories.patience import BUSY, PATIENCE_S
from tests.factories.postgres import fresh_database

KILLED = -signal.SIGKILL


def kill(worker) -> None:
    """SIGKILL to the worker alone, as the kernel short of memory would."""
    worker.kill()
    worker.wait(PATIENCE_S)


def stop(worker) -> None:
    worker.terminate()
    worker.wait(PATIENCE_S)


@pytest.fixture
def worker_of(office):
    """Starts workers on the office, and leaves none behind."""
    started = []

    def start(slot: str = "worker-1", **variables: str):
        worker = start_worker(office.settings, slot, **variables)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        if worker.poll() is None:
            stop(worker)


@pytest.mark.parametrize(
    ("point", "attempts"),
    [("job-started", 1), ("rehearsal-step-2", 2), ("job-worked", 1), ("job-concluded", 1)],
)
def test_a_job_killed_at_any_point_ends_once_after_a_restart(office, worker_of, point, attempts):
    worker = worker_of(SHOPSIGHT_KILL_AT=point)
    job_id = office.jobs.start("walk", {"steps": 3}, "ada")
    assert worker.wait(PATIENCE_S) == KILLED
    assert office.jobs.get(job_id).state in ("queued", "running", "done")

    worker_of()
    job = office.wait(job_id)
    assert (job.state, job.outcome) == ("done", "It took 3 steps.")
    time.sleep(1.0)
    assert office.jobs.get(job_id) == job
    assert office.attempts.count(job_id) == attempts
    assert [j.job_id for j in office.jobs.list()] == [job_id]


def test_the_children_of_a_killed_worker_die_with_it(office, worker_of):
    worker = worker_of()
    job_id = office.jobs.start("breed", {}, "ada")
    office.wait_for_step(job_id, "Breeding")
    numbers = [int(n) for n in (office.settings.home / "breed.txt").read_text().split()]
    began = time.monotonic()
    kill(worker)
    while any(_runs(number) for number in numbers):
        assert time.monotonic() - began < BUSY * 2.0
        time.sleep(0.01)


def test_a_job_cancelled_while_its_worker_is_dead_does_not_come_back(office, worker_of):
    worker = worker_of()
    job_id = office.jobs.start("walk", {"steps": 100}, "ada")
    office.wait_for_step(job_id, "Step")
    kill(worker)
    attempts = len(office.attempts)
    assert office.jobs.cancel(job_id, "ada")

    worker_of()
    other = office.wait(office.jobs.start("walk", {"steps": 1}, "ada"))
    assert other.state == "done"
    assert office.jobs.get(job_id).state == "cancelled"
    assert len(office.attempts) == attempts + 1


def test_a_stopped_worker_leaves_within_seconds_and_goes_on_where_it_was(office, worker_of):
    worker = worker_of()
    job_id = office.jobs.start("walk", {"steps": 40}, "ada")
    office.wait_for_step(job_id, "Step")
    began = time.monotonic()
    stop(worker)
    assert time.monotonic() - began < BUSY * 4.0
    assert worker.returncode == 0
    waiting = office.jobs.get(job_id)
    assert (waiting.state, waiting.step) == ("queued", "Goes on when its worker is back")

    worker_of()
    assert office.wait(job_id).state == "done"


def test_a_stop_that_reaches_the_job_before_its_worker_does_not_make_it_fail(office, worker_of):
    worker = worker_of()
    job_id = office.jobs.start("breed", {}, "ada")
    office.wait_for_step(job_id, "Breeding")
    for child in psutil.Process(worker.pid).children():
        child.terminate()
    time.sleep(0.5)
    stop(worker)
    waiting = office.jobs.get(job_id)
    assert (waiting.state, waiting.step) == ("queued", "Goes on when its worker is back")
    office.jobs.cancel(job_id, "ada")


def test_a_name_in_use_is_refused_with_one_sentence_and_free_after_a_kill(office, worker_of):
    first = worker_of()
    office.wait(office.jobs.start("walk", {"steps": 1}, "ada"))
    second = worker_of()
    assert second.wait(PATIENCE_S) == 1
    told = [line for line in printed(office.settings).splitlines() if not line.startswith("{")]
    assert len(told) == 1  # the rest is the log of the first worker
    assert told[0].startswith("Another worker runs under the name worker-1. Stop it")

    kill(first)
    worker_of()
    assert office.wait(office.jobs.start("walk", {"steps": 1}, "ada")).state == "done"


def test_a_second_worker_under_another_name_takes_jobs_too(office, worker_of):
    worker_of("worker-1")
    worker_of("worker-2")
    jobs = [office.jobs.start("walk", {"steps": 15}, "ada") for _ in range(2)]
    for job_id in jobs:
        office.wait_for_step(job_id, "Step")
    assert all(office.jobs.get(job_id).active for job_id in jobs)
    for job_id in jobs:
        assert office.wait(job_id).state == "done"
    assert sorted(office.attempts) == sorted(jobs)


def _runs(number: int) -> bool:
    with suppress(psutil.Error, ProcessLookupError):
        os.kill(number, 0)
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    return False


def test_on_postgresql_a_killed_job_is_taken_up_and_names_are_held_across_machines(tmp_path):
    with fresh_database("jobs_recovery") as url:
        here = make_office(tmp_path / "here", url)
        there = make_office(tmp_path / "there", url)  # another machine: another folder
        worker = start_worker(here.settings, SHOPSIGHT_KILL_AT="rehearsal-step-2")
        job_id = here.jobs.start("walk", {"steps": 3}, "ada")
        assert worker.wait(PATIENCE_S) == KILLED

        worker = start_worker(here.settings)
        assert here.wait(job_id).state == "done"
        assert here.attempts.count(job_id) == 2
        assert start_worker(there.settings).wait(PATIENCE_S) == 1
        assert "Another worker runs under the name worker-1" in printed(there.settings)
        stop(worker)
        for made in (here, there):
            made.jobs.close()
            made.state.close()
