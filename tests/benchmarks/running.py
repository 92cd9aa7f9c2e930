"""A running application for a study: its own home, its own port, stopped at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_START_S = 900.0  # a large shop is made and copied before the web answers


@dataclass(frozen=True, slots=True)
class Running:
    base: str
    home: Path
    process: subprocess.Popen[bytes]
    seconds_to_answer: float

    def environment(self) -> dict[str, str]:
        return environment(self.home, int(self.base.rsplit(":", 1)[1]))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOP")}
    return kept | {"SHOPSIGHT_HOME": str(home), "SHOPSIGHT_PORT": str(port)} | more


@contextmanager
def application(home: Path, *arguments: str, **more: str) -> Iterator[Running]:
    """``python -m app up`` on this home until the block ends."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "up", *arguments],
        cwd=ROOT,
        env=environment(home, port, **more),
        start_new_session=True,
    )
    try:
        while not _answers(base):
            if process.poll() is not None:
                raise RuntimeError(f"the application ended with code {process.returncode}")
            if time.perf_counter() - started > LONGEST_START_S:
                raise RuntimeError("the application did not answer")
            time.sleep(0.1)
        yield Running(base, home, process, time.perf_counter() - started)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _answers(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
