"""One home and one rehearsing worker for the tests of a module."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.jobs.client import JobClient
from app.settings import Settings
from data_access.state.engine import StateDatabase
from data_access.state.jobs import JobView
from tests.app.jobs.rehearsal import MODULE, printed, start_worker
from tests.factories.app_database import lay_app_database
from tests.factories.patience import PATIENCE_S
from tests.factories.postgres import fresh_database


@dataclass
class Office:
    """A home with a client; workers are started on it."""

    settings: Settings
    state: StateDatabase
    jobs: JobClient

    def wait(
        self, job_id: str, seconds: float = PATIENCE_S, *, until: str | None = None
    ) -> JobView:
        """The job once it has ended, or is in a state."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job = self.jobs.get(job_id)
            assert job is not None
            if job.state == until or (until is None and job.ended_at is not None):
                return job
            time.sleep(0.02)
        raise AssertionError(f"after {seconds} s the job is {job}")

    def wait_for_step(self, job_id: str, step: str, seconds: float = PATIENCE_S) -> JobView:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job = self.jobs.get(job_id)
            if job is not None and job.step is not None and job.step.startswith(step):
                return job
            time.sleep(0.02)
        raise AssertionError(f"after {seconds} s the job is {job}")

    @property
    def attempts(self) -> list[str]:
        path = self.settings.home / "attempts.txt"
        return path.read_text().split() if path.exists() else []


def make_office(home: Path, app_url: str | None = None, **values: object) -> Office:
    settings = Settings(_env_file=None, home=home, app_database_url=app_url, **values)
    home.mkdir(parents=True, exist_ok=True)
    if app_url is None:
        lay_app_database(home)
    state = StateDatabase(settings.app_url)
    if app_url is not None:
        state.upgrade()
    return Office(settings, state, JobClient(settings, state, kinds=MODULE))


@pytest.fixture
def office(tmp_path) -> Iterator[Office]:
    made = make_office(tmp_path / "home", job_memory_mb=512)
    yield made
    made.jobs.close()
    made.state.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def staffed(request, tmp_path_factory) -> Iterator[Office]:
    """An office whose worker runs, shared by the tests of a module."""
    home = tmp_path_factory.mktemp("staffed") / "home"
    if request.param == "sqlite":
        yield from _staffed(make_office(home, job_memory_mb=512))
        return
    with fresh_database("jobs_office") as url:
        yield from _staffed(make_office(home, url, job_memory_mb=512))


def _staffed(made: Office) -> Iterator[Office]:
    worker = start_worker(made.settings)
    yield made
    worker.terminate()
    worker.wait(PATIENCE_S)
    made.jobs.close()
    made.state.close()
    assert worker.returncode == 0, printed(made.settings)
    assert "Traceback" not in printed(made.settings), printed(made.settings)
