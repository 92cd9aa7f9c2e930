"""The processes of one job: started as a group, watched, and ended as a group."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil
from pydantic import SecretStr

from app.jobs.fork_server import ForkServer
from app.jobs.fork_serving import QUIET_THREADS
from app.settings import Settings

EVENTS_AT_ONCE = 1_000
"""After which whoever listens looks after the job itself again: one that talks without a pause
could not be cancelled otherwise."""

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


def _pipe(ours: str) -> tuple[IO[bytes], IO[bytes]]:
    """What the child holds and what we hold of a pipe that we read ("rb") or write ("wb")."""
    reading, writing = os.pipe()
    reader, writer = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
    return (reader, writer) if ours == "wb" else (writer, reader)


class ProcessGroup:
    """One job's processes.

    Parameters
    ----------
    request : what the child is to do, JSON-ready (see `app.jobs.child`).
    log : file that takes whatever the child prints.
    server : makes the first process.
    """

    def __init__(
        self, request: dict[str, Any], settings: Settings, log: Path, server: ForkServer
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        stdin, self._requests = _pipe("wb")
        stdout, self._printed = _pipe("rb")
        with log.open("ab") as printed:
            self._process = server.start(
                ["-m", "app.jobs.child"],
                env={**os.environ, **QUIET_THREADS, **environment_of(settings)},
                stdin=stdin.fileno(),
                stdout=stdout.fileno(),
                stderr=printed.fileno(),
            )
        stdin.close()
        stdout.close()
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name=f"job-events-{self.id}", daemon=True).start()
        with contextlib.suppress(BrokenPipeError):
            told = {**request, "worker": os.getpid()}
            self._requests.write(json.dumps(told).encode() + b"\n")
            self._requests.flush()

    @property
    def id(self) -> int:
        return self._process.pid

    def events(self, wait_s: float) -> Iterator[dict[str, Any] | None]:
        """Events since the last call, waiting at most so long for the first; None: no more."""
        with contextlib.suppress(queue.Empty):
            yield self._events.get(timeout=wait_s)
            for _ in range(EVENTS_AT_ONCE - 1):
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
        try:
            code = self._process.wait(GONE_S)
        except subprocess.TimeoutExpired:  # the kernel holds it, as with a disk that is gone
            code = -signal.SIGKILL
        for pipe in (self._requests, self._printed):
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
        with contextlib.suppress(ValueError, OSError):  # closed while reading
            for line in self._printed:
                with contextlib.suppress(ValueError):
                    self._events.put(json.loads(line))
        self._events.put(None)
