"""Homes on a small real shop, and the real processes that are killed on them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from app.context import Desk, open_desk
from app.jobs.following import FIRST_MODELS_ID
from app.jobs.fork_server import Process
from app.jobs.group import environment_of
from app.jobs.worker import keep_schedules
from app.services.training import train
from app.settings import Settings
from data_access.state import jobs as notes
from data_access.state.jobs import JobView
from tests.factories import warm
from tests.factories.app_database import into_one_file
from tests.factories.patience import PATIENCE_S
from tests.factories.shared import once
from tests.factories.small_shop import close, copy_home, make_home, settings_of, utc_now

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


@dataclass
class Scene:
    """A home, a desk that looks at it, and the processes started on it."""

    settings: Settings
    desk: Desk
    processes: list[Process] = field(default_factory=list)

    def start(self, *arguments: str, kill_at: str | None = None, cold: bool = False) -> Process:
        """``python …`` on this home; it kills itself at the named point.

        cold : by an interpreter of its own, as an operator would.
        """
        variables = environment_of(self.settings)
        if kill_at is not None:
            variables["SHOPSIGHT_KILL_AT"] = kill_at
        process = self._cold(arguments, variables) if cold else self._warm(arguments, variables)
        self.processes.append(process)
        return process

    def _warm(self, arguments: tuple[str, ...], variables: dict[str, str]) -> Process:
        return warm.python(*arguments, log=self.log, env=variables)

    def _cold(self, arguments: tuple[str, ...], variables: dict[str, str]) -> Process:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def worker(self, kill_at: str | None = None, *, cold: bool = False) -> Process:
        return self.start("-m", "app", "worker", kill_at=kill_at, cold=cold)

    def dies(self, process: Process) -> None:
        assert process.wait(PATIENCE_S) == KILLED, self.log.read_text()

    def stop(self, process: Process) -> None:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0, self.log.read_text()

    def ended(self, job_id: str) -> JobView:
        """The job, once it has ended."""
        deadline = time.monotonic() + PATIENCE_S
        job = None
        while time.monotonic() < deadline:
            job = self.desk.jobs.get(job_id)
            if job is not None and job.ended_at is not None:
                return job
            time.sleep(0.05)
        raise AssertionError(f"{job}\n{self.log.read_text()}")

    def settled(self) -> None:
        """Every job has ended."""
        deadline = time.monotonic() + PATIENCE_S
        while found := self.desk.jobs.list(states=("queued", "running"), with_quiet=True):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    @property
    def log(self) -> Path:
        return self.settings.home / "processes.log"


@pytest.fixture(scope="session")
def small_home() -> Settings:
    """A home with one snapshot, whose first models were trained long ago as far as it knows."""
    return settings_of(once("kills-small", _make_small), None)


def _make_small(home: Path) -> None:
    # Its processes have the clock of the machine, so its sales are relative to that: a unit count
    # is asked nowhere, and of every product each whole week but, over midnight on a Sunday, the
    # last has sales, all of them more than a week old. What is asked for at an hour is paused.
    settings = make_home(home, now=utc_now())
    without_first_models(settings)
    pause_schedules(settings)
    for name in ("app.db", "jobs.db"):
        into_one_file(home / name)


def pause_schedules(settings: Settings) -> None:
    """No hour that strikes meanwhile asks for a job of its own; a worker leaves it at that."""
    desk = open_desk(settings)
    keep_schedules(settings, desk.jobs)
    for row in desk.jobs.dbos.list_schedules():
        desk.jobs.dbos.pause_schedule(row["schedule_name"])
    close(desk)


def without_first_models(settings: Settings) -> None:
    """They were trained long ago, as far as this home knows: each test trains its own."""
    desk = open_desk(settings)
    at = utc_now() - timedelta(days=1)
    notes.note_queued(
        desk.state,
        job_id=FIRST_MODELS_ID,
        kind="first_models",
        title="Train the first models",
        asked_by="first start",
        asked_at=at,
        parameters={},
    )
    notes.note_ended(desk.state, FIRST_MODELS_ID, state="done", outcome="Long ago.", at=at)
    close(desk)


@pytest.fixture(scope="session")
def trained_home(small_home: Settings) -> Settings:
    """The same home with one stored version that nobody has activated."""

    def make(home: Path) -> None:
        shutil.copytree(small_home.home, home, dirs_exist_ok=True)
        _train(settings_of(home, None))

    return settings_of(once("kills-trained", make), None)


def _train(settings: Settings) -> None:
    desk = open_desk(settings)
    train(
        desk,
        capability="forecasting",
        candidate="rule_of_thumb",
        parameters={},
        asked_by="ada",
        job_id="trained",
        progress=lambda step, share, message=None: None,
    )
    close(desk)
    for name in ("app.db", "models.db"):
        into_one_file(settings.home / name)


@pytest.fixture
def scene(small_home: Settings, tmp_path: Path) -> Iterator[Scene]:
    yield from played(copy_home(small_home, tmp_path / "home"))


@pytest.fixture
def trained(trained_home: Settings, tmp_path: Path) -> Iterator[Scene]:
    yield from played(copy_home(trained_home, tmp_path / "home"))


def played(settings: Settings) -> Iterator[Scene]:
    made = Scene(settings, open_desk(settings))
    yield made
    for process in made.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)
    close(made.desk)
