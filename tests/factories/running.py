"""The whole application as an operator starts it: on a home of its own, at any free port."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_START_S = 900.0  # a large shop is made and copied before the web answers
OPEN = re.compile(r"Shopsight is open at http://\S+:(\d+)")


@dataclass(frozen=True, slots=True)
class Running:
    """An application that answers.

    Attributes
    ----------
    base : address without a slash at its end.
    seconds_to_answer : from its start.
    """

    base: str
    home: Path
    process: subprocess.Popen[bytes]
    seconds_to_answer: float

    def environment(self) -> dict[str, str]:
        return environment(self.home, SHOPSIGHT_PORT=self.base.rsplit(":", 1)[1])


def environment(home: Path, **more: str) -> dict[str, str]:
    """Variables of a process on this home, without what the one who tests has set for his own."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SHOP")}
    return ours | {"SHOPSIGHT_HOME": str(home), "SHOPSIGHT_PORT": "0"} | more


@contextmanager
def application(home: Path, *arguments: str, **more: str) -> Iterator[Running]:
    """``python -m app up`` on this home until the block ends; what it prints is in ``up.txt``."""
    home.mkdir(parents=True, exist_ok=True)
    printed = home / "up.txt"
    started = time.perf_counter()
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "up", *arguments],
            cwd=ROOT,
            env=environment(home, **more),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        port = _port(process, printed)
        yield Running(f"http://127.0.0.1:{port}", home, process, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _port(process: subprocess.Popen[bytes], printed: Path) -> int:
    """Where it is open, as it says itself once the web answers."""
    deadline = time.monotonic() + LONGEST_START_S
    while time.monotonic() < deadline:
        said = OPEN.search(printed.read_text(errors="replace"))
        if said:
            return int(said.group(1))
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the application did not start: {printed.read_text()[-2000:]}")
