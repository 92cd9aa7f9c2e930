"""The process in which one job runs: ``-m app.jobs.child``, forked for a worker by its server.

It splits at once into a guard and the work. The guard does nothing but hold the pipe from the
worker: if the worker dies, the pipe closes and the guard ends the whole process group, whatever
the work is busy with. The work dies with its guard.

Standard input brings the request, one line of JSON, and stays open while the worker lives.
Standard output carries events, one line of JSON each: progress, then a result or an error.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import threading
import traceback
from datetime import datetime
from typing import IO, Any

NICENESS = 10
"""Of 19: the pages' own queries come first when the processors are busy."""

LOOK_S = 0.1
"""Between two looks of the guard at its child."""

EXIT_WORKER_GONE = 75

_PR_SET_PDEATHSIG = 1


def main() -> int:
    request = sys.stdin.buffer.readline()
    if not request:
        return EXIT_WORKER_GONE
    guard = os.getpid()
    work = os.fork()  # before any import that starts threads
    if work == 0:
        _die_with(signal.SIGKILL)
        if os.getppid() != guard:  # the guard died before it was watched
            return EXIT_WORKER_GONE
        return _work(json.loads(request))
    os.close(1)  # the worker reads the end of the events as the end of the work
    return _guard(work, json.loads(request)["worker"])


def _guard(work: int, worker: int) -> int:
    while True:
        ended, status = os.waitpid(work, os.WNOHANG)
        if ended:
            return _after(status, worker)
        readable, _, _ = select.select([0], [], [], LOOK_S)
        if readable and not os.read(0, 1024):
            os.killpg(0, signal.SIGKILL)


def _after(status: int, worker: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL and os.environ.get("SHOPSIGHT_KILL_AT"):
        # A rehearsed power cut (data_access/kill_points.py) takes the worker along.
        os.kill(worker, signal.SIGKILL)
        os.killpg(0, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _work(request: dict[str, Any]) -> int:
    os.nice(NICENESS)
    # Whatever a library prints belongs in the log, not among the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    tell = _Teller(events)
    try:
        tell(result=_run(request, tell))
    except BaseException as error:
        traceback.print_exc()
        tell(error=_spoken(error), remedy=getattr(error, "remedy", None))
        return 1
    return 0


def _run(request: dict[str, Any], tell: _Teller) -> dict[str, Any]:
    from app.context import open_desk
    from app.jobs.kinds import JobContext, load_kinds
    from app.settings import get_settings

    kind = load_kinds(request["kinds"])[request["kind"]]

    def progress(step: str, share: float, message: str | None = None) -> None:
        tell(step=step, share=share, message=message)

    return kind.run(
        JobContext(
            desk=open_desk(get_settings()),
            parameters=request["parameters"],
            job_id=request["job_id"],
            asked_by=request["asked_by"],
            started_at=datetime.fromisoformat(request["started_at"]),
            progress=progress,
        )
    )


class _Teller:
    """Writes events to the worker, from any thread."""

    def __init__(self, events: IO[str]) -> None:
        self._events = events
        self._lock = threading.Lock()

    def __call__(self, **event: Any) -> None:
        with self._lock:
            self._events.write(json.dumps(event, default=str) + "\n")
            self._events.flush()


def _spoken(error: BaseException) -> str:
    """A sentence: an error of ours speaks for itself, any other is named."""
    if hasattr(error, "remedy"):
        return str(error)
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _die_with(death: signal.Signals) -> None:
    with contextlib.suppress(OSError, AttributeError):  # Linux alone has it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death)


if __name__ == "__main__":
    os._exit(main())
