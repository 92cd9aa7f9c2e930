"""The stage of the kill study: a home, its web and worker, and what a page's button does.

Run as a program it is web: the real application, and a thread that presses the buttons named on
standard input.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.jobs.group import environment_of
from app.services import activation
from app.settings import Settings
from data_access.state import jobs as notes
from tests.factories.running import ROOT

WEEKS = 70  # sold before the first round
PATIENCE_S = 240.0

ADA = Identity(name="ada", role=Role.merchandiser)


@dataclass
class Study:
    """A home, its processes, and what was found wrong."""

    settings: Settings
    desk: Desk
    chance: random.Random
    weeks_sold: int = WEEKS
    trained: list[str] = field(default_factory=list)  # ids of the training jobs that were asked for
    wrong: list[str] = field(default_factory=list)
    back_s: list[float] = field(default_factory=list)  # from the kill to the end of the act
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, talks: bool = False) -> subprocess.Popen[bytes]:
        with (self.settings.home / "processes.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment_of(self.settings)},
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else log,
                stderr=log,
                start_new_session=True,
            )

    def ensure(self) -> None:
        """Both processes run."""
        if self.worker is None or self.worker.poll() is not None:
            self.worker = self.start("-m", "app", "worker")
        if self.web is None or self.web.poll() is not None:
            self.web = self.start("-m", "tests.benchmarks.kill_stage", talks=True)
            self.told("ready")

    def told(self, wanted: str) -> bool:
        """Web said so; false where it died before."""
        assert self.web is not None
        assert self.web.stdout is not None
        return any(line.strip() == wanted.encode() for line in self.web.stdout)

    def press(self, *words: str) -> None:
        """A button in web."""
        assert self.web is not None
        assert self.web.stdin is not None
        with suppress(BrokenPipeError):
            self.web.stdin.write((" ".join(words) + "\n").encode())
            self.web.stdin.flush()

    def kill(self, victims: str) -> None:
        for name in ("web", "worker"):
            process = getattr(self, name)
            if victims in (name, "both") and process is not None:
                process.send_signal(signal.SIGKILL)
                process.wait(10)

    def ended(self, job_id: str, ask: Callable[[], object]) -> notes.JobView:
        """The job once it has ended; asked for again where it was never asked for."""
        deadline = time.monotonic() + PATIENCE_S
        asked_at = time.monotonic()
        while time.monotonic() < deadline:
            job = self.desk.jobs.get(job_id)
            if job is not None and job.ended_at is not None:
                return job
            if job is None and time.monotonic() - asked_at > 3.0:
                ask()
                asked_at = time.monotonic()
            time.sleep(0.05)
        raise AssertionError(f"{job_id} has not ended: {self.desk.jobs.get(job_id)}")

    def settled(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.desk.jobs.list(states=("queued", "running"), with_quiet=True):
            if time.monotonic() > deadline:
                raise AssertionError("some jobs have not ended")
            time.sleep(0.05)


def _serve() -> None:
    """Web: the real application, and a thread that presses the buttons named on standard input."""
    import uvicorn

    from app.main import create_app

    settings = Settings()
    desk = open_desk(settings)

    def press() -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            act, *words = line.split()
            with suppress(activation.ActivationRefused):
                _pressed(desk, act, words)

    threading.Thread(target=press, daemon=True).start()
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.port, log_config=None)


def _pressed(desk: Desk, act: str, words: list[str]) -> None:
    if act == "activate":
        activation.activate(
            desk, ADA, "forecasting", int(words[0]), int(words[1]), "We want to try it for a while"
        )
        return
    parameters = {"capability": "forecasting", "candidate": "rule_of_thumb", "parameters": {}}
    desk.jobs.start(act, parameters if act == "train" else {}, ADA.name, words[0], job_id=words[0])


if __name__ == "__main__":
    _serve()
