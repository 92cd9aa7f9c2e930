"""Kinds of jobs that misbehave in one way each, and a worker and a client that know them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from app.jobs.fork_server import Process
from app.jobs.group import environment_of
from app.jobs.kinds import JobContext, JobError, JobKind, Json
from app.settings import Settings
from data_access.kill_points import kill_point
from tests.factories import warm

MODULE = "tests.app.jobs.rehearsal"


def _walk(context: JobContext) -> Json:
    """Goes in steps of 0.1 s and leaves one line in a file for each attempt."""
    steps = int(context.parameters.get("steps", 3))
    with (context.desk.settings.home / "attempts.txt").open("a") as file:
        file.write(f"{context.job_id}\n")
    for number in range(steps):
        context.progress(f"Step {number + 1} of {steps}", number / steps, f"line {number + 1}")
        time.sleep(0.1)
        kill_point(f"rehearsal-step-{number + 1}")
    return {"steps": steps, "asked_by": context.asked_by}


def _refuse(context: JobContext) -> Json:
    raise JobError("The shop has no orders.", remedy="Import some orders first.")


def _fall_over(context: JobContext) -> Json:
    raise ZeroDivisionError("division by zero")


def _vanish(context: JobContext) -> Json:
    os.kill(os.getpid(), 9)
    return {}


def _swallow(context: JobContext) -> Json:
    context.progress("Swallowing", 0.5)
    held = bytearray(os.urandom(1024) * 1024 * 900)  # 900 MB, every page touched
    time.sleep(60)
    return {"held": len(held)}


def _breed(context: JobContext) -> Json:
    """Starts a process of its own and tells its number in a file."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (context.desk.settings.home / "breed.txt").write_text(f"{child.pid} {os.getpid()}")
    context.progress("Breeding", 0.1)
    time.sleep(600)
    return {}


def _kind(key: str, run: object, time_limit_s: float = 60, queue: str = "data") -> JobKind:
    return JobKind(
        key=key,
        title=lambda parameters: f"Rehearse {key}",
        run=run,  # type: ignore[arg-type]
        outcome=lambda result: f"It took {result.get('steps', 0)} steps.",
        permission=None,
        queue=queue,
        time_limit_s=time_limit_s,
        dedupe=lambda parameters: parameters.get("key"),
    )


KINDS = {
    kind.key: kind
    for kind in (
        _kind("walk", _walk),
        _kind("stroll", _walk, queue="models"),
        _kind("refuse", _refuse),
        _kind("fall_over", _fall_over),
        _kind("vanish", _vanish),
        _kind("swallow", _swallow),
        _kind("breed", _breed),
        _kind("dawdle", _walk, time_limit_s=1.0),
    )
}


def start_worker(settings: Settings, slot: str = "worker-1", **variables: str) -> Process:
    """A worker that knows these kinds; what it prints is in `printed`."""
    return warm.python(
        "-m", MODULE, slot, log=_log(settings), env={**environment_of(settings), **variables}
    )


def printed(settings: Settings) -> str:
    """Whatever the workers of a home have printed."""
    return _log(settings).read_text()


def _log(settings: Settings) -> Path:
    return settings.home / "worker.log"


if __name__ == "__main__":
    from app.jobs.worker import run

    try:
        run(Settings(), sys.argv[1], kinds=MODULE)
    except JobError as error:
        sys.exit(f"{error} {error.remedy}")
