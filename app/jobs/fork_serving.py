"""The process behind `app.jobs.fork_server`: loads libraries, then forks what it is asked for."""

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
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import psutil

QUIET_THREADS = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep instead of spinning: on a busy machine of 2 cores the
same LightGBM fit took 1.5 s instead of 48 s. Read when the library is loaded, so by the server."""

MESSAGE_BYTES = 200_000
"""Above the size of any command with its variables, below a socket's buffer."""


def serve(channel: socket.socket, modules: Sequence[str]) -> NoReturn:
    """Load the modules, then fork what is asked for until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked for the processes
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.update(QUIET_THREADS)
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what never changes stays shared with the forks
    while True:
        message, streams, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 3)
        if not message:
            os._exit(0)
        request = json.loads(message)
        if "ended" in request:
            answer = {"code": _ended(request["ended"])}
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


def _ended(pid: int) -> int | None:
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return code_of_orphan(pid)  # of the server before this one
    return os.waitstatus_to_exitcode(status) if ended else None


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


def code_of_orphan(pid: int) -> int | None:
    """Of a process whose server is gone: nobody knows how it ended, so as if it was killed."""
    with contextlib.suppress(psutil.Error):
        if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            return None
    return -signal.SIGKILL


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
