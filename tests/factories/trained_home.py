"""A home with the small demo shop and its first models, trained once a session."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from app.context import Desk, open_desk
from app.settings import Settings
from tests.factories import warm
from tests.factories.app_database import into_one_file
from tests.factories.running import ROOT, environment
from tests.factories.shared import once
from tests.factories.small_shop import close

TRAINED_S = 600.0  # on a machine that is busy with everything else
QUIET_LOOKS = 3  # one a second, before the work counts as over
AT_WORK = ("first_models", "train", "publish", "mend", "watch", "score")
SELDOM = {"SHOPSIGHT_REFRESH_MINUTES": "600"}
"""No refresh by itself, in the home and in its copies."""


def copy_trained_home(home: Path) -> Path:
    """A copy of one's own: models trained, forecast published, recent orders scored."""
    shutil.copytree(once("trained-home", _make), home)
    return home


def _make(home: Path) -> None:
    variables = environment(home, **SELDOM)
    subprocess.run(
        [sys.executable, "-m", "app", "prepare"],
        cwd=ROOT,
        env=variables,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = home / "worker.log"
    worker = warm.python("-m", "app", "worker", log=log, env=variables)
    desk = open_desk(Settings(_env_file=None, home=home))  # type: ignore[call-arg]
    try:
        wait_until_trained(desk, log)
    finally:
        worker.terminate()
        worker.wait(20)
        close(desk)
    for database in home.glob("*.db"):
        into_one_file(database)


def wait_until_trained(desk: Desk, log: Path) -> None:
    """Until the first models are there and nothing is at work about them any more."""
    deadline = time.monotonic() + TRAINED_S
    quiet = 0
    while quiet < QUIET_LOOKS:
        if time.monotonic() > deadline:
            jobs = [(job.kind, job.state, job.step) for job in desk.jobs.list(limit=20)]
            raise TimeoutError(f"no first models after {TRAINED_S:.0f} s: {jobs}{os.linesep}{log}")
        time.sleep(1)
        ended = desk.jobs.list(limit=1, kinds=AT_WORK[:1], states=("done", "failed"))
        active = desk.jobs.list(limit=1, kinds=AT_WORK, states=("queued", "running"))
        quiet = quiet + 1 if ended and not active else 0
