"""`make test-slow`: what `make test` leaves out for its length; the first of all studies."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.benchmarks.report import Report

ROOT = Path(__file__).parents[2]


def run(report: Report) -> None:
    began = time.monotonic()
    done = subprocess.run(["make", "test-slow"], cwd=ROOT, check=False)
    report.add("slow suite", measured=time.monotonic() - began, unit="s", asked="green",
               passed=done.returncode == 0)  # fmt: skip
