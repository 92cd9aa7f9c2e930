"""Run one job to its end: start its processes, pass on its progress, heed its limits."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.jobs.fork_server import ForkServer
from app.jobs.group import ProcessGroup
from app.jobs.kinds import JobKind, Json
from app.settings import Settings
from data_access.errors import DataError
from data_access.state import jobs as store
from data_access.state.engine import StateDatabase

log = logging.getLogger("shopsight.jobs")

LOOK_S = 0.2
"""Between two looks at events and cancellation: most of the 2 s remain for the ending."""

MEMORY_LOOK_S = 0.5

EXIT_WAIT_S = 5.0
"""Between a job's last event and the end of its process."""


STOP_TOLD_S = 2.0
"""Between the end of a job's process from outside and the worker's own order to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the work of a job ended; JSON-ready, since DBOS keeps it."""

    state: str  # done | failed | cancelled
    outcome: str
    remedy: str | None = None
    result: Json | None = None
    peak_memory_mb: float | None = None

    def to_json(self) -> Json:
        return {
            "state": self.state,
            "outcome": self.outcome,
            "remedy": self.remedy,
            "result": self.result,
            "peak_memory_mb": self.peak_memory_mb,
        }


@dataclass(kw_only=True)
class Runner:
    """Runs jobs in a worker; one instance serves all its queues.

    Attributes
    ----------
    kinds_module : handed to the children, which look their kind up there.
    server : makes the processes.
    stopping : set when the worker is to end; jobs then stop where they are and go on later.
    """

    settings: Settings
    state: StateDatabase
    kinds_module: str
    server: ForkServer
    stopping: threading.Event = field(default_factory=threading.Event)
    _running: set[str] = field(default_factory=set)
    _all_ended: threading.Condition = field(default_factory=threading.Condition)

    def run(self, kind: JobKind, job_id: str) -> Verdict:
        """Do the work of a job whose note exists; called again after a crash."""
        note = store.note_started(self.state, job_id, step="Starting", at=_now())
        if note is not None and note.state == "done":
            # Its end was written before a crash, only DBOS did not know yet.
            return Verdict(state="done", outcome=note.outcome or "", result=note.result)
        if note is None or note.state != "running":
            return self._cancelled(job_id)
        request = {
            "kinds": self.kinds_module,
            "kind": kind.key,
            "parameters": note.parameters,
            "job_id": job_id,
            "asked_by": note.asked_by,
            "started_at": (note.started_at or _now()).isoformat(),
        }
        with self._all_ended:
            self._running.add(job_id)
        try:
            return self._watch(kind, job_id, request)
        finally:
            with self._all_ended:
                self._running.discard(job_id)
                self._all_ended.notify_all()

    def stop(self, seconds: float) -> None:
        """End the processes of all jobs; their notes wait for the worker to come back."""
        self.stopping.set()
        with self._all_ended:
            self._all_ended.wait_for(lambda: not self._running, timeout=seconds)

    def _watch(self, kind: JobKind, job_id: str, request: Json) -> Verdict:
        printed = self._log_of(job_id)
        group = ProcessGroup(request, self.settings, printed, self.server)
        watch = _Watch(self, kind, job_id)
        try:
            verdict = watch.until_end(group)
        finally:
            code = group.end()
        # Whoever stops a service may signal all its processes at once, the job's before the worker.
        if verdict is None and self.stopping.wait(STOP_TOLD_S):
            self._go_on_later(job_id)
        if verdict is None:
            verdict = _broken(code, watch.peak_mb, printed)
        if verdict.state == "cancelled":
            verdict = self._cancelled(job_id)
        if verdict.state != "failed":
            printed.unlink(missing_ok=True)
        return verdict

    def _cancelled(self, job_id: str) -> Verdict:
        store.note_gone(self.state, job_id, at=_now())
        return Verdict(state="cancelled", outcome="Cancelled.")

    def _go_on_later(self, job_id: str) -> None:
        """Keep the workflow as it is, so that the next start of this worker recovers it."""
        with contextlib.suppress(DataError):
            store.note_waiting(self.state, job_id, step="Goes on when its worker is back")
        with self._all_ended:
            self._running.discard(job_id)
            self._all_ended.notify_all()
        threading.Event().wait()  # for the end of the process: a step that returned would be kept

    def _log_of(self, job_id: str) -> Path:
        return self.settings.home / "logs" / "jobs" / f"{job_id}.log"


class _Watch:
    """What is known about a running job."""

    def __init__(self, runner: Runner, kind: JobKind, job_id: str) -> None:
        self._runner = runner
        self._kind = kind
        self._job_id = job_id
        self._began = time.monotonic()
        self._memory_at = 0.0
        self.peak_mb = 0.0
        self._last: dict[str, Any] | None = None

    def until_end(self, group: ProcessGroup) -> Verdict | None:
        """None: it ended without a word, or is to go on later."""
        limit_mb = self._runner.settings.job_memory_mb
        while not self._runner.stopping.is_set():
            ended = self._listen(group)
            if ended or self._last is not None:
                return self._last_word(group)
            if self._state() == "cancelled":
                return Verdict(state="cancelled", outcome="Cancelled.")
            if time.monotonic() - self._began > self._kind.time_limit_s:
                return self._failed(
                    f"It ran longer than {_duration(self._kind.time_limit_s)} and was ended.",
                    "Try again when the machine is less busy, or with less data.",
                )
            if self._memory(group) > limit_mb:
                return self._failed(
                    f"It needed more than {limit_mb} MB of memory and was ended.",
                    "Raise SHOPSIGHT_JOB_MEMORY_MB if the machine has more, or use less data.",
                )
        return None

    def _listen(self, group: ProcessGroup) -> bool:
        """Pass on what the job said; true at the end of its events."""
        step: str | None = None
        share: float | None = None
        lines: list[tuple[datetime, str, str]] = []
        ended = False
        for event in group.events(LOOK_S):
            if event is None:
                ended = True
            elif "step" in event:
                step, share = event["step"], event["share"]
                if event["message"]:
                    lines.append((_now(), "info", event["message"]))
            else:
                self._last = event
        if step is not None:
            try:
                store.note_progress(
                    self._runner.state,
                    self._job_id,
                    step=step,
                    share=share,
                    peak_memory_mb=self.peak_mb or None,
                    lines=lines,
                )
            except DataError as error:  # the job itself can go on without being watched
                log.warning("progress of job %s not written: %s", self._job_id, error)
        return ended

    def _last_word(self, group: ProcessGroup) -> Verdict | None:
        group.wait(EXIT_WAIT_S)
        if self._last is None:
            return None
        if "error" in self._last:
            return self._failed(self._last["error"], self._last["remedy"])
        result = self._last["result"]
        return Verdict(
            state="done",
            outcome=self._kind.outcome(result),
            result=result,
            peak_memory_mb=self.peak_mb or None,
        )

    def _state(self) -> str | None:
        try:
            return store.job_state(self._runner.state, self._job_id)
        except DataError:
            return None

    def _memory(self, group: ProcessGroup) -> float:
        now = time.monotonic()
        if now - self._memory_at < MEMORY_LOOK_S:
            return 0.0
        self._memory_at = now
        used = group.memory_mb()
        self.peak_mb = max(self.peak_mb, round(used, 1))
        return used

    def _failed(self, outcome: str, remedy: str | None) -> Verdict:
        return Verdict(
            state="failed",
            outcome=outcome,
            remedy=remedy or "Try again; if it fails again, the job's log file says more.",
            peak_memory_mb=self.peak_mb or None,
        )


def _broken(code: int, peak_mb: float, printed: Path) -> Verdict:
    """The processes ended without saying how it went: killed from outside, or crashed."""
    log.error("a job's process ended with code %s; see %s", code, printed)
    return Verdict(
        state="failed",
        outcome=f"Its process was ended from outside (code {code}), often for want of memory.",
        remedy="Nothing half done was kept. Free some memory, then try again.",
        peak_memory_mb=peak_mb or None,
    )


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
