"""A Python that has its libraries loaded and forks a process for each command it is given.

A new interpreter spends about 3 s of processor on imports before a job does anything; a fork of
one that has them is there after some 10 ms. The server itself never opens a database, starts a
thread or a model: whatever a fork must not share is made in the fork.

`multiprocessing`'s own fork server runs functions of its parent; this one runs ``-m module`` or
``-c code`` with streams, variables and a session of its own, as `subprocess.Popen` would.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

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

QUIET_THREADS = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep instead of spinning: on a busy machine of 2 cores the
same LightGBM fit took 1.5 s instead of 48 s. Read when the library is loaded, so by the server."""

MESSAGE_BYTES = 200_000
"""Above the size of any command with its variables, below a socket's buffer."""

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
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            ours.close()
            serve(theirs, self._modules)
        theirs.close()
        self._channel = ours

    def spawn(self) -> None:
        """Make the server a new interpreter."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "app.jobs.fork_server", str(theirs.fileno())]
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
    ) -> ForkedProcess:  # fmt: skip
        """Run ``-m module …`` or ``-c code``; the streams are the caller's to close."""
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
                code = self._ask({"ended": pid}, [])["code"]
            except (OSError, EOFError, AttributeError):
                code = None if _runs(pid) else -signal.SIGKILL
        return None if code is None else int(code)

    def _ask(self, request: dict[str, Any], streams: list[int]) -> dict[str, Any]:
        assert self._channel is not None
        socket.send_fds(self._channel, [json.dumps(request).encode()], streams)
        answer = self._channel.recv(MESSAGE_BYTES)
        if not answer:
            raise EOFError("it answers no more")
        read: dict[str, Any] = json.loads(answer)
        return read


def serve(channel: socket.socket, modules: Sequence[str]) -> NoReturn:
    """Load the modules, then fork what is asked for until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked for the processes
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.update(QUIET_THREADS)
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what never changes stays shared with the forks
    codes: dict[int, int] = {}
    while True:
        message, streams, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 3)
        if not message:
            os._exit(0)
        request = json.loads(message)
        if "ended" in request:
            answer = {"code": _ended(request["ended"], codes)}
        else:
            answer = {"pid": _forked(channel, request, streams)}
        with contextlib.suppress(BrokenPipeError):
            channel.send(json.dumps(answer).encode())


def _forked(channel: socket.socket, request: dict[str, Any], streams: list[int]) -> int:
    """The process that does it, once it leads a group of its own and can be ended as one."""
    reading, leads = os.pipe()
    pid = os.fork()
    if pid == 0:
        channel.close()
        os.close(reading)
        os.setsid()
        os.close(leads)
        _become(request, streams)
    os.close(leads)
    os.read(reading, 1)
    for stream in (reading, *streams):
        os.close(stream)
    return pid


def _ended(pid: int, codes: dict[int, int]) -> int | None:
    if pid not in codes:
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                codes[pid] = os.waitstatus_to_exitcode(status)
    return codes.get(pid)


def _become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """In the fork: take on the streams, variables and arguments, run, and end."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for stream in streams:
            if stream > 2:
                os.close(stream)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        gc.unfreeze()
        _run(request["arguments"])
        code = 0
    except SystemExit as done:
        code = _exit_status(done)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _run(arguments: list[str]) -> None:
    from app.context import get_desk
    from app.settings import get_settings

    get_settings.cache_clear()  # a server that was forked remembers the process it was made of
    get_desk.cache_clear()
    how, what, *rest = arguments
    sys.argv = [what if how == "-m" else how, *rest]
    if how == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as python -c


def _exit_status(done: SystemExit) -> int:
    if done.code is None or isinstance(done.code, int):
        return done.code or 0
    sys.stderr.write(f"{done.code}\n")
    return 1


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
