"""Ten analysts who decide for two minutes while the processes that serve them are killed.

Five work in each of two processes. Both are killed without a word in the middle and started anew;
everybody logs in again under the same name. What an analyst was told to be saved must be there,
once, and nobody may have been given a case that somebody else held.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import statistics
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select

from app.access import Identity, Role
from app.context import Desk, open_desk
from app.services.fraud import deciding, queue
from app.services.fraud.views import CLAIM, CaseConflictError
from app.settings import Settings
from data_access.state.engine import utc_now
from data_access.state.fraud_tables import FraudCase, FraudDecision, FraudMessage
from data_access.state.tables import AuditEntry
from tests.benchmarks.fraud_queue import fill, make_home
from tests.benchmarks.report import Report

ANALYSTS = 10
PROCESSES = 2
SECONDS = 120.0
CASES = 20_000
UNDONE = 0.05  # of the decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one analyst was told, written down before the next request."""

    what: str  # given | decided | undone | conflict | error
    who: str
    case_id: int
    number: int  # of the decision
    at: datetime
    ms: float


def serve(home: str, names: list[str], seconds: float, folder: str) -> None:
    """A process in which several analysts work, each in a thread as in the web."""
    desk = open_desk(Settings(_env_file=None, home=Path(home)))
    threads = [
        threading.Thread(target=_work, args=(desk, name, seconds, Path(folder))) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _work(desk: Desk, name: str, seconds: float, folder: Path) -> None:
    by = Identity(name=name, role=Role.fraud_analyst)
    chance = random.Random(f"{name}{os.getpid()}")
    until = time.monotonic() + seconds
    with (folder / f"{name}.jsonl").open("a", buffering=1) as told:

        def note(what: str, case_id: int, number: int, began: float) -> None:
            ms = (time.perf_counter() - began) * 1000
            row = [what, name, case_id, number, utc_now().isoformat(), ms]
            told.write(json.dumps(row) + "\n")

        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                opened = queue.next_case(desk, by)
            except Exception as error:
                note(f"error: {error}", 0, 0, began)
                continue
            if opened is None:
                return
            row = opened.row
            note("given", row.case_id, 0, began)
            began = time.perf_counter()
            act = chance.choice(("approve", "decline"))
            try:
                done = deciding.decide(desk, by, row.case_id, row.version, act)
                note("decided", row.case_id, done.decision_id, began)
                if chance.random() < UNDONE:
                    began = time.perf_counter()
                    back = deciding.undo(desk, by, done.decision_id)
                    note("undone", row.case_id, done.decision_id, began)
                    again = deciding.decide(desk, by, row.case_id, back.version, "decline")
                    note("decided", row.case_id, again.decision_id, began)
            except CaseConflictError:
                note("conflict", row.case_id, 0, began)
            except Exception as error:
                note(f"error: {error}", row.case_id, 0, began)
            time.sleep(chance.uniform(0, 0.02))


def run(report: Report, seconds: float = SECONDS) -> None:
    with TemporaryDirectory(prefix="shopsight-analysts-") as folder:
        home, log = Path(folder) / "home", Path(folder) / "told"
        log.mkdir()
        desk = make_home(home)
        fill(desk, CASES, url="https://shop.example/decisions")
        names = [f"analyst-{number}" for number in range(ANALYSTS)]
        _start_and_kill(home, names, seconds, log)
        lines = [line for name in names for line in _read(log / f"{name}.jsonl")]
        _judge(report, desk, lines, seconds)
        desk.state.close()


def _start_and_kill(home: Path, names: list[str], seconds: float, log: Path) -> None:
    context = multiprocessing.get_context("spawn")

    def start(left: float) -> list[BaseProcess]:
        made: list[BaseProcess] = []
        for number in range(PROCESSES):
            mine = names[number::PROCESSES]
            process = context.Process(target=serve, args=(str(home), mine, left, str(log)))
            process.start()
            made.append(process)
        return made

    first = start(seconds)
    time.sleep(seconds / 2)
    for process in first:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    for process in start(seconds / 2):
        process.join()


def _judge(report: Report, desk: Desk, lines: list[Line], seconds: float) -> None:
    with desk.state.read() as session:
        rows = list(session.scalars(select(FraudDecision)))
        cases = {row.case_id: row for row in session.scalars(select(FraudCase))}
        told = Counter(session.scalars(select(FraudMessage.decision_id)))
        audited = session.scalar(
            select(func.count(AuditEntry.entry_id)).where(AuditEntry.act.startswith("case."))
        )
    decisions = {row.decision_id: row for row in rows}
    decided = [line for line in lines if line.what == "decided"]
    undone = {line.number for line in lines if line.what == "undone"}
    lost = sum(
        line.number not in decisions
        or (decisions[line.number].undone_at is not None) != (line.number in undone)
        or decisions[line.number].by != line.who
        for line in decided
    )
    holding: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.undone_at is None and row.act in ("approve", "decline"):
            holding[row.case_id].append(row)
    doubled = sum(len(found) > 1 for found in holding.values())
    half = sum(
        (case.state == "closed") != (case.case_id in holding)
        or (case.state == "closed" and case.verdict != holding[case.case_id][0].act)
        for case in cases.values()
    )
    acts = [row for row in rows if row.act in ("approve", "decline")]
    unsaid = sum(told[row.decision_id] != 1 for row in acts)
    errors = [line.what for line in lines if line.what.startswith("error")]
    took = [line.ms for line in lines if line.what == "decided"]
    given = [line.ms for line in lines if line.what == "given"]
    undos = sum(row.undone_at is not None for row in rows)
    report.add("decisions told as saved", measured=len(decided), unit="decisions")
    report.add("decisions", measured=len(decided) / seconds, unit="a second")
    report.add("decisions lost", measured=lost, asked="0", passed=lost == 0)
    report.add("cases decided twice", measured=doubled, asked="0", passed=doubled == 0)
    two = _given_to_two(lines)
    report.add("cases given to two people", measured=two, asked="0", passed=two == 0)
    report.add("cases half decided", measured=half, asked="0", passed=half == 0)
    report.add(
        "decisions without their one message", measured=unsaid, asked="0", passed=unsaid == 0
    )
    missing = len(acts) + undos - int(audited or 0)
    report.add("acts without an audit entry", measured=missing, asked="0", passed=missing == 0)
    report.add("errors", measured=len(errors), asked="0", passed=not errors)
    conflicts = sum(line.what == "conflict" for line in lines)
    report.add("conflicts told", measured=conflicts)
    report.add("next case, median", measured=statistics.median(given), unit="ms")
    report.add("a decision, median", measured=statistics.median(took), unit="ms")
    report.add("a decision, slowest", measured=max(took), unit="ms")
    for error in sorted(set(errors))[:3]:
        report.add(error[:100], measured=errors.count(error), passed=False)


def _given_to_two(lines: list[Line]) -> int:
    """Cases that somebody was given while somebody else held them: not yet decided, not lapsed."""
    found = 0
    by_case: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_case[line.case_id].append(line)
    for rows in by_case.values():
        rows.sort(key=lambda line: line.at)
        holder: tuple[str, datetime] | None = None
        for line in rows:
            if line.what == "given":
                if (
                    holder is not None
                    and holder[0] != line.who
                    and line.at - holder[1] < CLAIM - timedelta(seconds=1)
                ):
                    found += 1
                holder = (line.who, line.at)
    return found


def _read(path: Path) -> list[Line]:
    found = []
    for text in path.read_text().splitlines() if path.exists() else ():
        try:
            what, who, case_id, number, at, ms = json.loads(text)
        except ValueError:  # the process was killed while it wrote
            continue
        found.append(
            Line(
                what=what,
                who=who,
                case_id=case_id,
                number=number,
                at=datetime.fromisoformat(at),
                ms=ms,
            )
        )
    return found
