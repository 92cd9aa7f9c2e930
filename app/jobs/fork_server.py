"""A Python that has its libraries loaded and forks a process for each command it is given.

A new interpreter spends about 3 s of processor on imports before a job does anything; a fork of
one that has them is there after some 10 ms. The server itself never opens a database, starts a
thread or a model: whatever a fork must not share is made in the fork.

`multiprocessing`'s own fork server runs functions of its parent; this one runs ``-m module`` or
``-c code`` with streams, variables and a session of its own, as `subprocess.Popen` would.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.jobs.fork_serving import MESSAGE_BYTES, QUIET_THREADS, code_of_orphan, serve

log = logging.getLogger("shopsight.jobs")

ROOT = Path(__file__).parents[2]

OF_JOBS = (
    "app.jobs.definitions",
    "app.services.forecasting",
    "app.services.fraud.scoring",
    "app.services.snapshots",
    "app.services.training",
    "data_access.models",
    "data_access.snapshots.analytics",
    "lightgbm",
    "ml.forecasting.capability",
    "ml.fraud.capability",
    "mlflow",
    "sklearn",
    "statsmodels.api",
)
"""What most jobs import. Not torch: it takes a second and 300 MB, and few jobs need it."""

FORKS = sys.platform == "linux"
"""Elsewhere (macOS) libraries of the system may not be used in a fork: a new interpreter runs each
command there."""

POLL_S = 0.01
"""Between two looks for the end of a process that somebody waits for."""


class ForkedProcess:
    """A process of the server's: as much of `subprocess.Popen` as is needed here.

    Attributes
    ----------
    pid : of the process, which leads a session and a process group of its own.
    returncode : negative where a signal ended it; None while it runs.
    """

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server = server
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.exit_code(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended.

        Raises
        ------
        subprocess.TimeoutExpired : it still runs after `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(POLL_S)
        return code

    def send_signal(self, number: int) -> None:
        """Signal the process alone, unless it is known to have ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = ForkedProcess | subprocess.Popen[bytes]


class ForkServer:
    """The side of whoever wants processes started; safe between threads.

    Parameters
    ----------
    modules : loaded by the server before it serves.
    """

    def __init__(self, modules: Sequence[str] = OF_JOBS) -> None:
        self._modules = tuple(modules)
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._spawned: subprocess.Popen[bytes] | None = None

    def fork(self) -> None:
        """Make the server out of this very process; only while it has no threads."""
        if not FORKS:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            ours.close()
            serve(theirs, self._modules)
        theirs.close()
        self._channel = ours

    def spawn(self) -> None:
        """Make the server a new interpreter, in the place of one that is gone."""
        if self._channel is not None:
            self._channel.close()
        if self._spawned is not None:
            self._spawned.wait()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "app.jobs.fork_serving", str(theirs.fileno())]
        self._spawned = subprocess.Popen(  # noqa: S603 - our own command
            [*command, *self._modules],
            cwd=ROOT,
            env={**os.environ, **QUIET_THREADS},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self._channel = ours

    def close(self) -> None:
        """End the server; the processes that it made go on."""
        with self._lock:
            if self._channel is not None:
                self._channel.close()
                self._channel = None
            if self._spawned is not None:
                self._spawned.wait()

    def start(
        self, arguments: Sequence[str], *, env: Mapping[str, str], stdin: int, stdout: int,
        stderr: int, cwd: Path = ROOT,
    ) -> Process:  # fmt: skip
        """Run ``-m module …`` or ``-c code``; the streams are the caller's to close."""
        if not FORKS:
            return subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, *arguments], cwd=cwd, env=dict(env), start_new_session=True,
                stdin=stdin, stdout=stdout, stderr=stderr,
            )  # fmt: skip
        request = {"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)}
        streams = [stdin, stdout, stderr]
        with self._lock:
            if self._channel is None:
                self.spawn()
            try:
                pid = int(self._ask(request, streams)["pid"])
            except (OSError, EOFError) as error:
                # Ended from outside, for example for want of memory.
                log.warning("the fork server is gone and is started anew: %r", error)
                self.spawn()
                pid = int(self._ask(request, streams)["pid"])
        return ForkedProcess(self, pid)

    def exit_code(self, pid: int) -> int | None:
        """How a process of the server's ended; None while it runs."""
        with self._lock:
            try:
                code: int | None = self._ask({"ended": pid}, [])["code"]
            except (OSError, EOFError):
                code = code_of_orphan(pid)
        return code

    def _ask(self, request: dict[str, Any], streams: list[int]) -> dict[str, Any]:
        if self._channel is None:
            raise EOFError("it was closed")
        socket.send_fds(self._channel, [json.dumps(request).encode()], streams)
        answer = self._channel.recv(MESSAGE_BYTES)
        if not answer:
            raise EOFError("it answers no more")
        read: dict[str, Any] = json.loads(answer)
        return read
