"""A job as somebody feels it who presses its button: its first sign of life, its end by cancel."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.app.jobs.conftest import Office, make_office
from tests.app.jobs.rehearsal import start_worker
from tests.benchmarks.report import Report
from tests.factories import warm

TIMES = 15
FIRST_SIGN_S = 2.0
GONE_S = 2.0


def run(report: Report) -> None:
    with TemporaryDirectory(prefix="shopsight-jobs-") as folder:
        office = make_office(Path(folder) / "home")
        worker = start_worker(office.settings)
        _first_sign(office)  # the worker is awake
        signs = [_first_sign(office) for _ in range(TIMES)]
        ends = [_gone(office) for _ in range(TIMES)]
        worker.terminate()
        worker.wait(60)
        office.jobs.close()
        office.state.close()
    warm.close()
    _tell(report, "from the button to the first step", signs, FIRST_SIGN_S)
    _tell(report, "from cancelling to the end of its processes", ends, GONE_S)


def _first_sign(office: Office) -> float:
    began = time.monotonic()
    job_id = office.jobs.start("walk", {"steps": 1}, "ada")
    office.wait_for_step(job_id, "Step")
    took = time.monotonic() - began
    office.wait(job_id)
    return took


def _gone(office: Office) -> float:
    job_id = office.jobs.start("walk", {"steps": 600}, "ada")
    office.wait_for_step(job_id, "Step")
    began = time.monotonic()
    office.jobs.cancel(job_id, "ada")
    while (job := office.jobs.get(job_id)) is None or job.ending or job.active:
        time.sleep(0.005)
    return time.monotonic() - began


def _tell(report: Report, name: str, seconds: list[float], asked: float) -> None:
    report.add(f"{name}, median", measured=statistics.median(seconds), unit="s")
    worst = max(seconds)
    report.add(f"{name}, longest of {len(seconds)}", measured=worst, unit="s",
               asked=f"≤ {asked:.0f}", passed=worst <= asked)  # fmt: skip
