"""kill -9 of retention at random moments: records and files agree, and the next run ends it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.context import Desk, open_desk
from app.jobs.group import environment_of
from app.services import retention
from app.settings import Settings
from data_access.shop.engines import make_engine
from data_access.state.publications import list_publications
from tests.benchmarks.report import Report
from tests.factories.old_things import NOW, clutter, strict
from tests.factories.running import ROOT
from tests.factories.shop import ShopFactory

TIMES = int(os.environ.get("SHOPSIGHT_KILL_ROUNDS", "50"))
NEEDED = {"forecasting": {2, 3}}
"""Versions that decide, or that an undo leads back to."""

REMOVE = """
import sys
from datetime import datetime
from app.context import open_desk
from app.services import retention
from app.settings import Settings
desk = open_desk(Settings())
desk.models.upgrade()
sys.stdout.write("begins\\n")
sys.stdout.flush()
retention.remove(desk, asked_by="root", progress=lambda *_: None, now=datetime(2026, 3, 20, 12))
"""


def run(report: Report, times: int = TIMES) -> None:
    chance = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="shopsight-retention-") as place:
        template = _template(Path(place) / "template")
        whole_s = _removal(_copy(template, Path(place) / "first"), None)
        torn, unfinished, midway = [], 0, 0
        for number in range(times):
            home = _copy(template, Path(place) / str(number))
            _removal(home, chance.uniform(0.0, whole_s))
            desk = open_desk(Settings(_env_file=None, home=home))
            torn += _torn(desk)
            again = retention.remove(desk, asked_by="root", progress=_quiet, now=NOW)
            midway += any(again.counts.values())
            rest = retention.remove(desk, asked_by="root", progress=_quiet, now=NOW)
            unfinished += any(rest.counts.values())
            torn += _torn(desk)
            desk.jobs.close()
            desk.state.close()
            shutil.rmtree(home)
    report.add("retention killed at random moments", measured=times)
    report.add("of these with something left to remove", measured=midway)
    report.add(
        "records without their files, or needed things gone",
        measured=len(torn),
        asked="0",
        passed=not torn,
    )
    report.add("not ended by the next run", measured=unfinished, asked="0", passed=unfinished == 0)


def _template(home: Path) -> Path:
    home.mkdir(parents=True)
    settings = Settings(_env_file=None, home=home)
    ShopFactory(make_engine(settings.shop_url)).engine.dispose()
    desk = open_desk(settings)
    desk.state.upgrade()
    clutter(desk)
    strict(desk, keep_versions=1)
    desk.models.upgrade()
    desk.jobs.close()
    desk.state.close()
    return home


def _copy(template: Path, home: Path) -> Path:
    shutil.copytree(template, home)
    return home


def _removal(home: Path, kill_after_s: float | None) -> float:
    """Seconds from its beginning to its end."""
    settings = Settings(_env_file=None, home=home)
    process = subprocess.Popen(
        [sys.executable, "-c", REMOVE],
        cwd=ROOT,
        env={**os.environ, **environment_of(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    started = time.perf_counter()
    try:
        process.wait(kill_after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()
    return time.perf_counter() - started


def _torn(desk: Desk) -> list[str]:
    """What does not agree."""
    with desk.state.read() as session:
        rows = list_publications(session, limit=1_000)
    found = [
        f"publication {row.publication_id} without its file"
        for row in rows
        if not (desk.settings.artifacts / row.folder / "weeks.parquet").exists()
    ]
    for capability in ("forecasting", "fraud"):
        versions = {one.number for one in desk.models.versions(capability)}
        missing = NEEDED.get(capability, set()) - versions
        found += [f"{capability} {number} is gone" for number in missing]
        for number in versions:
            try:
                desk.models.files(capability, number)
            except Exception as error:
                found.append(f"{capability} {number}: {error}")
    for manifest in desk.store.list():
        if not all(path.exists() for path in desk.store.paths(manifest, "orders")):
            found.append(f"snapshot {manifest.number} without its parts")
    return found


def _quiet(step: str, share: float) -> None:
    """Nobody watches."""
