"""The processes of one job: started as a group, watched, and ended as a group."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from app.settings import Settings

ROOT = Path(__file__).parents[2]

QUIET_THREADS = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep instead of spinning: on a busy machine of 2 cores the
same LightGBM fit took 1.5 s instead of 48 s."""

GONE_S = 2.0
"""Within this time after the kill nothing of the group runs any more."""


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that make the same settings in another process."""
    variables = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value is None:
            continue
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if isinstance(value, Path):
            value = value.resolve()
        variables[str(field.validation_alias)] = str(value)
    return variables


class ProcessGroup:
    """One job's processes.

    Parameters
    ----------
    request : what the child is to do, JSON-ready (see `app.jobs.child`).
    log : file that takes whatever the child prints.
    """

    def __init__(self, request: dict[str, Any], settings: Settings, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as printed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.jobs.child"],
                cwd=ROOT,
                env={**os.environ, **QUIET_THREADS, **environment_of(settings)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=printed,
                start_new_session=True,  # a session of its own is a process group of its own
            )
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name=f"job-events-{self.id}", daemon=True).start()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def id(self) -> int:
        return self._process.pid

    def events(self, wait_s: float) -> Iterator[dict[str, Any] | None]:
        """Events since the last call, waiting at most so long for the first; None: no more."""
        with contextlib.suppress(queue.Empty):
            yield self._events.get(timeout=wait_s)
            while True:
                yield self._events.get_nowait()

    def memory_mb(self) -> float:
        """Resident memory of all processes of the group, MiB."""
        total = 0
        for process in self._members():
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        return total / 2**20

    def end(self) -> int:
        """Kill whatever runs and wait until nothing does; returns the exit code of the first.

        Jobs are made to be killed at any moment, so there is no gentler first attempt.
        """
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.id, signal.SIGKILL)
        deadline = time.monotonic() + GONE_S
        while time.monotonic() < deadline and self._members():
            time.sleep(0.02)
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return code

    def wait(self, seconds: float) -> int | None:
        """The exit code, where the first process ends within so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def _members(self) -> list[psutil.Process]:
        members = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getpgid(process.pid) == self.id and process.status() != psutil.STATUS_ZOMBIE:
                    members.append(process)
        return members

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed while reading
            for line in self._process.stdout:
                with contextlib.suppress(ValueError):
                    self._events.put(json.loads(line))
        self._events.put(None)
