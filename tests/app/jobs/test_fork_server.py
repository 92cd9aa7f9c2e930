"""The fork server: what it runs behaves as an interpreter of its own would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.jobs.fork_server import ForkServer, Process
from tests.factories.patience import PATIENCE_S


@pytest.fixture
def server() -> Iterator[ForkServer]:
    made = ForkServer(["json"])
    made.spawn()
    yield made
    made.close()


class Streams:
    """Files in the place of a process's output and errors."""

    def __init__(self, folder: Path) -> None:
        self.output, self.errors = folder / "output.txt", folder / "errors.txt"

    def run(self, server: ForkServer, *arguments: str, **variables: str) -> Process:
        with (
            Path(os.devnull).open("rb") as nothing,
            self.output.open("wb") as output,
            self.errors.open("wb") as errors,
        ):
            return server.start(
                arguments,
                env={**os.environ, **variables},
                stdin=nothing.fileno(),
                stdout=output.fileno(),
                stderr=errors.fileno(),
            )


@pytest.fixture
def streams(tmp_path: Path) -> Streams:
    return Streams(tmp_path)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("pass", 0),
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit('no')", 1),
        ("1 / 0", 1),
        ("import os; os.kill(os.getpid(), 9)", -9),
    ],
)
def test_a_command_ends_with_the_status_of_a_python_of_its_own(server, streams, code, status):
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True)
    process = streams.run(server, "-c", code)
    assert process.wait(PATIENCE_S) == alone.returncode == status
    last = streams.errors.read_text().splitlines()[-1:]
    assert last == alone.stderr.decode().splitlines()[-1:]


def test_a_module_gets_its_arguments_variables_and_folder(server, streams):
    code = "import os, sys; print(sys.argv, os.environ['SHOP'], os.getcwd())"
    assert streams.run(server, "-c", code, "one", SHOP="Alder").wait(PATIENCE_S) == 0
    assert streams.output.read_text() == f"['-c', 'one'] Alder {Path.cwd()}\n"
    assert streams.run(server, "-m", "json.tool", "--help").wait(PATIENCE_S) == 0
    assert "json" in streams.output.read_text()


def test_what_one_process_changes_the_next_one_does_not_see(server, streams):
    code = "import json; print(hasattr(json, 'mine')); json.mine = 1"
    for _ in range(2):
        assert streams.run(server, "-c", code).wait(PATIENCE_S) == 0
        assert streams.output.read_text() == "False\n"


def test_a_process_leads_a_group_that_is_ended_as_one(server, streams):
    code = "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"
    process = streams.run(server, "-c", code)
    assert os.getpgid(process.pid) == process.pid
    deadline = time.monotonic() + PATIENCE_S
    while not (children := psutil.Process(process.pid).children()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert psutil.wait_procs(children, timeout=PATIENCE_S)[1] == []


def test_where_a_process_must_not_be_forked_an_interpreter_of_its_own_runs_it(streams, monkeypatch):
    monkeypatch.setattr("app.jobs.fork_server.FORKS", False)
    server = ForkServer()
    server.fork()
    process = streams.run(server, "-c", "import os; print(os.getppid(), os.getsid(0))")
    assert process.wait(PATIENCE_S) == 0
    assert streams.output.read_text() == f"{os.getpid()} {process.pid}\n"
    server.close()


def test_a_server_that_was_killed_is_started_anew_and_its_processes_are_not_lost(
    server, streams, caplog
):
    running = streams.run(server, "-c", "import time; time.sleep(600)")
    (pid,) = [child.pid for child in psutil.Process().children() if _is_server(child)]
    os.kill(pid, signal.SIGKILL)
    psutil.Process(pid).wait(PATIENCE_S)
    assert running.poll() is None
    running.kill()
    assert streams.run(server, "-c", "print(1)").wait(PATIENCE_S) == 0
    assert "the fork server is gone and is started anew" in caplog.text
    assert running.wait(PATIENCE_S) == -signal.SIGKILL


def test_a_server_ends_with_whoever_made_it(streams):
    code = (
        "import os, sys; from app.jobs.fork_server import ForkServer\n"
        "server = ForkServer(['json']); server.fork()\n"
        "process = server.start(['-c', 'import os; print(os.getppid(), flush=True)'],\n"
        "    env=os.environ, stdin=0, stdout=1, stderr=2)\n"
        "assert process.wait() == 0\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == -signal.SIGKILL
    server = int(done.stdout)
    deadline = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(server) and psutil.Process(server).status() != "zombie":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_server(process: psutil.Process) -> bool:
    return "app.jobs.fork_serving" in process.cmdline() and "json" in process.cmdline()
