"""Commands run by forks of one Python that has everything loaded: 0.1 s each instead of 3 to 5 s.

For tests that start and kill many processes. What they run is the real code from ``__main__`` on;
that it also runs in an interpreter of its own is shown where `subprocess` is used.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.jobs.fork_server import OF_JOBS, ROOT, ForkServer, Process
from tests.factories.patience import PATIENCE_S

LOADED = (*OF_JOBS, "app.backup", "app.commands.processes", "app.jobs.worker", "app.jobs.workflows")


def python(*arguments: str, log: Path, cwd: Path = ROOT, env: Mapping[str, str]) -> Process:
    """``python …`` with these variables beside those of this process; it prints into a file."""
    with log.open("ab") as printed, Path(os.devnull).open("rb") as nothing:
        return _server().start(
            arguments,
            env={**os.environ, **env},
            stdin=nothing.fileno(),
            stdout=printed.fileno(),
            stderr=printed.fileno(),
            cwd=cwd,
        )


def dies_at(point: str, *arguments: str) -> None:
    """Run ``python …`` until it kills itself at the named point (data_access/kill_points.py)."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "printed.txt"
        process = python(*arguments, log=log, env={"SHOPSIGHT_KILL_AT": point})
        assert process.wait(PATIENCE_S) == -signal.SIGKILL, log.read_text()


@cache
def _server() -> ForkServer:
    """One a test process; it ends with it."""
    server = ForkServer(LOADED)
    server.spawn()
    return server


def close() -> None:
    """End the server, where one was needed."""
    if _server.cache_info().currsize:
        _server().close()
        _server.cache_clear()
