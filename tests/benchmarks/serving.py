"""What really answers: reading a champion for the first time, from memory, and in place of one
whose files were altered.

LightGBM champions of fraud review (trained on the small demo shop) and of forecasting (with as many
trees as a training leaves), each first read by a process of its own.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app.context import Desk, open_desk
from app.services import serving
from app.services.serving import answering, memory
from app.settings import Settings
from data_access.state.champions import change_champion
from data_access.state.engine import utc_now
from tests.benchmarks.homes import home_of
from tests.benchmarks.report import Report
from tests.factories.running import ROOT

FIRST_S, AGAIN_MS = 1.0, 1.0
STARTS = 5
TIMES = 2_000

FRESH = """
import sys, time
from pathlib import Path
from app.context import open_desk
from app.settings import Settings
from app.services import serving
import pandas, numpy
capability = sys.argv[2]
desk = open_desk(Settings(_env_file=None, home=Path(sys.argv[1])))
desk.state.revision()
began = time.perf_counter()
from ml.contract import capability as of
of(capability)
import lightgbm
libraries = time.perf_counter() - began
began = time.perf_counter()
found = serving.model(desk, capability)
took = time.perf_counter() - began
assert found.good and found.version, found.why
print(libraries, took)
"""


def run(report: Report) -> None:
    with TemporaryDirectory(prefix="shopsight-serving-") as folder:
        desk = _desk(Path(folder) / "home")
        for capability in ("fraud", "forecasting"):
            numbers = _train(desk, capability)
            _first(report, desk, capability)
            _again(report, desk, capability)
            _altered(report, desk, capability, numbers)
        desk.state.close()
        desk.analytics.close()


def _desk(home: Path) -> Desk:
    """A home of its own over the shop and the snapshot of another one, which stay as they are."""
    made = home_of("small")
    (home / "artifacts").mkdir(parents=True)
    (home / "artifacts" / "snapshots").symlink_to((made / "artifacts" / "snapshots").resolve())
    (home / "hash.key").write_bytes((made / "hash.key").read_bytes())
    (home / "shop.db").symlink_to((made / "shop.db").resolve())
    desk = open_desk(Settings(_env_file=None, home=home))
    desk.state.upgrade()
    return desk


def _train(desk: Desk, capability: str) -> list[int]:
    """Two LightGBM versions, the first and then the second champion by hand."""
    from app.services import training

    numbers = []
    for job in ("one", "two"):
        trained = training.train_several(
            desk,
            {
                "capability": capability,
                "candidates": [{"candidate": "lightgbm"}],
                "again": job == "two",  # the same data and parameters otherwise make no other
            },
            asked_by="study",
            job_id=f"{capability}-{job}",
            progress=lambda *_: None,
        )
        numbers.append(trained.versions[0].number)
        with desk.state.write() as session:
            change_champion(
                session, capability=capability, to_version=numbers[-1], by="study",
                now=utc_now(), passed_check=True,
            )  # fmt: skip
    return numbers


def _first(report: Report, desk: Desk, capability: str) -> None:
    libraries, reading = [], []
    for _ in range(STARTS):
        done = subprocess.run(
            [sys.executable, "-c", FRESH, str(desk.settings.home), capability],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        both = [float(one) for one in done.stdout.split()[-2:]]
        libraries.append(both[0])
        reading.append(both[1])
    middle = statistics.median(reading)
    report.add(
        f"{capability}: first, once its libraries are there, median of {STARTS}",
        measured=middle,
        asked=f"≤ {FIRST_S:g}",
        unit="s",
        passed=middle <= FIRST_S,
    )
    report.add(
        f"{capability}: its learning libraries, once a process (the web reads ahead at its start)",
        measured=statistics.median(libraries),
        unit="s",
    )


def _again(report: Report, desk: Desk, capability: str) -> None:
    memory.forget()
    answering.forget()
    serving.model(desk, capability)
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        serving.model(desk, capability)
        took.append((time.perf_counter() - began) * 1000)
    middle = statistics.median(took)
    report.add(
        f"{capability}: from memory, champion and files looked at, median of {TIMES:,}",
        measured=middle,
        asked=f"< {AGAIN_MS:g}",
        unit="ms",
        passed=middle < AGAIN_MS,
    )


def _altered(report: Report, desk: Desk, capability: str, numbers: list[int]) -> None:
    """Every file of the champion, altered by one byte in its middle: the version before answers."""
    folder = desk.models.place(capability, numbers[1])
    times, refused = [], 0
    files = sorted(path for path in folder.iterdir() if path.stat().st_size)
    for path in files:
        content = path.read_bytes()
        changed = bytearray(content)
        changed[len(changed) // 2] ^= 1
        path.write_bytes(bytes(changed))
        began = time.perf_counter()
        found = serving.model(desk, capability)
        times.append((time.perf_counter() - began) * 1000)
        refused += (found.champion, found.version) == (numbers[1], numbers[0])
        path.write_bytes(content)
        assert serving.model(desk, capability).good, json.dumps(path.name)
    report.add(
        f"{capability}: files altered by one byte, the version before answers",
        measured=refused,
        asked=f"{len(files)} of {len(files)}",
        passed=refused == len(files),
    )
    report.add(f"{capability}: until it answers, the slowest", measured=max(times), unit="ms")
