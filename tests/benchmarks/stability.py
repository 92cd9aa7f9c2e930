"""Whether a red means something: the tests again and again, on a quiet and on a busy machine.

The whole suite three times, and what waits for other processes (journeys, kill tests) ten times;
then the same beside a process on each core that does nothing but work. SHOPSIGHT_SUITE_ROUNDS and
SHOPSIGHT_JOURNEY_ROUNDS set other numbers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.report import Report

ROOT = Path(__file__).parents[2]
SUITE_ROUNDS = int(os.environ.get("SHOPSIGHT_SUITE_ROUNDS", "3"))
JOURNEY_ROUNDS = int(os.environ.get("SHOPSIGHT_JOURNEY_ROUNDS", "10"))
PROCESSES = "3"  # as make test
PYTEST = [
    sys.executable, "-m", "pytest", "-n", PROCESSES, "--dist", "loadfile",
    "--no-loadscope-reorder", "--seconds", "-m", "not slow_suite",
]  # fmt: skip
JOURNEYS = ["tests/browser", "tests/kills"]
MINUTES = 15.0  # of the whole suite, as asked
SPIN = "while True: pass"


@dataclass(frozen=True, slots=True)
class Round:
    seconds: float
    failed: tuple[str, ...]


def run(report: Report) -> None:
    for name, processes in (("quiet", 0), ("busy", os.cpu_count() or 1)):
        with busy(processes):
            whole = [_walk() for _ in range(SUITE_ROUNDS)]
            _tell(report, f"whole suite, {name}", whole, minutes=None if processes else MINUTES)
            journeys = [_walk(*JOURNEYS) for _ in range(JOURNEY_ROUNDS)]
            _tell(report, f"journeys and kill tests, {name}", journeys, minutes=None)


def _walk(*paths: str) -> Round:
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        with output.open("wb") as sink:
            done = subprocess.run(
                [*PYTEST, *paths], cwd=ROOT, stdout=sink, stderr=subprocess.STDOUT, check=False
            )
        text = output.read_text(errors="replace")
    failed = tuple(re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE))
    if done.returncode and not failed:
        failed = (text[-300:],)
    for one in failed:
        sys.stdout.write(f"    {one}\n")
    return Round(time.monotonic() - began, failed)


def _tell(report: Report, what: str, rounds: list[Round], *, minutes: float | None) -> None:
    green = sum(not one.failed for one in rounds)
    report.add(
        f"{what}: green",
        measured=f"{green} of {len(rounds)}",
        asked="each time",
        passed=green == len(rounds),
    )
    slowest = max((one.seconds for one in rounds), default=0.0) / 60
    report.add(
        f"{what}: the longest",
        measured=slowest,
        unit="min",
        asked=f"≤ {minutes:.0f}" if minutes else "",
        passed=slowest <= minutes if minutes else None,
    )


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that do nothing but work."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()
