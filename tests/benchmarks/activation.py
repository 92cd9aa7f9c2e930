"""kill -9 at 50 random moments of activation, rollback, switching off and on, and experiments.

A process does these acts one after the other as fast as it can and is killed; then everything that
belongs together is compared. On SQLite, and on PostgreSQL where `TEST_POSTGRES_URL` names one.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.context import Desk, open_desk
from app.services import switches
from app.services.activation import ActivationRefused, activate, champion, time_line, undo
from app.services.experiments import running
from app.services.experiments.beginning import start
from app.services.experiments.ending import end
from app.services.switches import deactivate, reactivate
from app.settings import Settings
from data_access.state.model_tables import Experiment
from data_access.state.pins import list_pins
from data_access.state.tables import AuditEntry
from tests.app.services.deciding import ADA, BOB, Asked
from tests.benchmarks.report import Report
from tests.factories.postgres import fresh_database
from tests.factories.stored_versions import lay

ROUNDS = int(os.environ.get("SHOPSIGHT_KILL_ROUNDS", "50"))
RACES = 100
SEED = 20261121
LATEST_S = 0.8
KEY = "fraud"
PRELOADED = ["tests.benchmarks.activation"]


@dataclass
class Found:
    """What was seen over all rounds."""

    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)  # of looking once a process had died
    acts: int = 0  # that were done before the deaths


def run(report: Report) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    for engine, opened in _engines():
        with opened() as settings:
            desk = _desk(settings)
            found = _killed(desk, context, random.Random(SEED))
            report.add(
                f"killed at a random moment of deciding, {engine}: found in between",
                measured=len(found.wrong),
                asked="0",
                unit=f"of {ROUNDS}",
                passed=not found.wrong,
            )
            report.add(
                f"acts done before those deaths, {engine}",
                measured=found.acts,
                asked=f"> {ROUNDS}",
                unit="acts",
                passed=found.acts > ROUNDS,
            )
            for line in found.wrong[:5]:
                report.add(f"wrong, {engine}", measured=line)
            clashes, both = _raced(desk)
            report.add(
                f"two admins at once, {engine}: not exactly one succeeded",
                measured=clashes,
                asked="0",
                unit=f"of {RACES}",
                passed=clashes == 0,
            )
            report.add(f"time of such a pair, median, {engine}", measured=both * 1000, unit="ms")
            desk.state.close()


@contextmanager
def _home(url: str | None) -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="shopsight-deciding-") as folder:
        settings = Settings(_env_file=None, home=Path(folder), app_database_url=url)
        desk = _desk(settings)
        desk.state.upgrade()
        for number in (1, 2, 3):
            lay(desk, KEY, number, beats=number > 1)
        activate(desk, ADA, KEY, 2, 0)
        desk.state.close()
        yield settings


def _engines() -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "SQLite", lambda: _home(None)
    if os.environ.get("TEST_POSTGRES_URL"):
        with ExitStack() as stack:
            url = stack.enter_context(fresh_database("bench"))
            yield "PostgreSQL", lambda: _home(url)


def _desk(settings: Settings) -> Desk:
    desk = open_desk(settings)
    # Nobody follows up here: what is looked at is what is written together.
    desk.__dict__["jobs"], desk.__dict__["mark"] = Asked(), None
    return desk


def _acts(settings: Settings, seed: int, ready: Any) -> None:
    """One act after the other until killed; the chance of each is the same."""
    desk, chance = _desk(settings), random.Random(seed)
    while True:
        with suppress(ActivationRefused, switches.SwitchError):
            _one(desk, chance)
        ready.set()  # from the second act on: the first one loads what an act needs


def _one(desk: Desk, chance: random.Random) -> None:
    if not switches.switch(desk, KEY).active:
        reactivate(desk, BOB, KEY)
        return
    now, trial = champion(desk, KEY), running(desk, KEY)
    act = chance.choice(("activate", "undo", "off", "experiment"))
    if act == "activate":
        other = chance.choice([n for n in (1, 2, 3, None) if n != now.version])
        activate(desk, ADA, KEY, other, now.row_version, "We try it")
    elif act == "undo":
        undo(desk, ADA, time_line(desk, KEY, limit=1)[0].change_id)
    elif act == "off":
        deactivate(desk, BOB, KEY, "We look into a complaint")
    elif trial is None:
        other = chance.choice([n for n in (2, 3) if n != now.version])
        start(desk, ADA, KEY, other, mode="split", share=0.2)
    else:
        end(desk, BOB, trial.experiment_id, chance.choice(("promote", "drop")), "It is time")


def _killed(desk: Desk, context: Any, chance: random.Random) -> Found:
    found = Found()
    for number in range(ROUNDS):
        before = _audited(desk)
        ready = context.Event()
        process = context.Process(
            target=_acts, args=(desk.settings, chance.randrange(10**9), ready), daemon=True
        )
        process.start()
        if not ready.wait(120):
            found.wrong.append(f"round {number}: it never began")
        time.sleep(chance.uniform(0.0, LATEST_S))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(30)
        began = time.perf_counter()
        found.wrong += [f"round {number}: {text}" for text in _look(desk)]
        found.seconds.append(time.perf_counter() - began)
        found.acts += _audited(desk) - before
    return found


def _look(desk: Desk) -> list[str]:
    """What must hold at any moment, and does not."""
    now, trial = champion(desk, KEY), running(desk, KEY)
    line = time_line(desk, KEY, limit=100_000)
    power = switches.switch(desk, KEY)
    wrong = []
    if (line[0].to_version, len(line)) != (now.version, now.row_version):
        wrong.append("champion and time line differ")
    if any(newer.from_version != older.to_version for newer, older in pairwise(line)):
        wrong.append("the time line has a gap")
    if not power.active and (now.version is not None or trial is not None):
        wrong.append("something decides although it is off")
    if trial is not None and trial.champion != now.version:
        wrong.append("an experiment runs beside another champion")
    with desk.state.read() as session:
        pins = {pin.holder for pin in list_pins(session)}
        open_ones = session.scalar(
            select(func.count()).where(
                Experiment.running_of.is_not(None) != Experiment.ending.is_(None)
            )
        )
    if pins != ({f"model:{KEY}"} if now.version is not None else set()):
        wrong.append("the pin is not the champion's")
    if open_ones:
        wrong.append("an experiment is neither running nor ended")
    if _audited(desk) != desk.state.revision():
        wrong.append("audit and revision differ")
    if now.version is not None:
        desk.models.files(KEY, now.version)  # raises where files and records differ
    return wrong


def _audited(desk: Desk) -> int:
    with desk.state.read() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def _raced(desk: Desk) -> tuple[int, float]:
    """Pairs of promotions at the same moment: how many did not end with one winner."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    if not switches.switch(desk, KEY).active:
        reactivate(desk, ADA, KEY)
    clashes, times = 0, []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(RACES):
            now, gate = champion(desk, KEY), Barrier(2)

            def promote(number: int, seen: int = now.row_version, gate: Barrier = gate) -> bool:
                gate.wait()
                try:
                    activate(desk, ADA, KEY, number, seen, "We try it")
                except ActivationRefused:
                    return False
                return True

            began = time.perf_counter()
            done = list(pool.map(promote, [n for n in (1, 2, 3) if n != now.version][:2]))
            times.append(time.perf_counter() - began)
            after = champion(desk, KEY)
            clashes += sum(done) != 1 or after.row_version != now.row_version + 1
    return clashes, sorted(times)[len(times) // 2]
