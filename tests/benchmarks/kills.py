"""kill -9 of worker, web or both at 50 random moments of import, refresh, training, activation.

The shop is one that import made, and it grows with each import. Web is the real application with
one thread more, which does what a page does when its button is pressed. After each death the dead
are started again, the act is brought to its end, and the whole state is looked at.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from app.context import open_desk
from app.jobs.following import FIRST_MODELS_ID
from app.jobs.group import environment_of
from app.services import activation
from app.settings import Settings
from data_access.shop import tables as shop
from data_access.state import jobs as notes
from data_access.state.tables import AuditEntry, JobNote, Publication
from tests.benchmarks.kill_stage import PATIENCE_S, Study
from tests.benchmarks.ports import free_port
from tests.benchmarks.report import Report
from tests.factories.running import ROOT

ROUNDS = int(os.environ.get("SHOPSIGHT_KILL_ROUNDS", "50"))
SEED = 20261120
ACTS = ("import", "refresh", "train", "activate")
LATEST_S = {"import": 2.0, "refresh": 4.0, "train": 6.0, "activate": 0.4}
"""The kill comes at a moment between nothing and this; each act takes about as long."""

HEAD = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="shopsight-kills-") as folder:
        study = _prepared(Path(folder) / "home")
        try:
            for number in range(ROUNDS):
                _round(study, number)
            study.ensure()
            study.settled()
            _final(study)
        finally:
            for process in (study.web, study.worker):
                if process is not None and process.poll() is None:
                    process.terminate()
                    process.wait(20)
            _tell(report, study)
            study.desk.jobs.close()


def _prepared(home: Path) -> Study:
    home.mkdir(parents=True)
    settings = Settings(home=home, port=free_port(), refresh_minutes=1440)
    study = Study(settings, open_desk(settings), random.Random(SEED))
    study.desk.state.upgrade()
    _without_first_models(study)
    path = _file(study)
    subprocess.run(
        [sys.executable, "-m", "app", "import", str(path)],
        cwd=ROOT,
        env={**os.environ, **environment_of(settings)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    study.ensure()
    study.ended("round-refresh", lambda: study.press("refresh", "round-refresh"))
    _train(study, "round-train")
    study.settled()
    return study


def _without_first_models(study: Study) -> None:
    """They were trained long ago, as far as this home knows: the study trains its own."""
    at = datetime(2025, 1, 1)
    notes.note_queued(
        study.desk.state,
        job_id=FIRST_MODELS_ID,
        kind="first_models",
        title="Train the first models",
        asked_by="first start",
        asked_at=at,
        parameters={},
    )
    notes.note_ended(study.desk.state, FIRST_MODELS_ID, state="done", outcome="Long ago.", at=at)


def _round(study: Study, number: int) -> None:
    study.ensure()
    act = ACTS[number % len(ACTS)]
    victims = study.chance.choice(("web", "worker", "both"))
    moment = study.chance.uniform(0.0, LATEST_S[act])
    before = _orders(study)
    name = f"round-{number}"
    if act == "import":
        study.weeks_sold += 1
        path = _file(study)
        importing = study.start("-m", "app", "import", str(path))
        time.sleep(moment)
        importing.send_signal(signal.SIGKILL)
        study.kill(victims)
        began = time.monotonic()
        importing.wait(10)
        if _orders(study) not in (before, study.weeks_sold):
            study.wrong.append(f"{name}: {_orders(study)} orders, neither before nor after")
        study.ensure()
        again = study.start("-m", "app", "import", str(path))
        if again.wait(PATIENCE_S) != 0:
            study.wrong.append(f"{name}: the import could not be done again")
    elif act == "activate":
        began = _activate(study, name, moment, victims)
    else:
        if act == "train":
            study.trained.append(name)
        study.press(act, name)
        time.sleep(moment)
        study.kill(victims)
        began = time.monotonic()
        study.ensure()
        job = study.ended(name, lambda: study.press(act, name))
        if job.state != "done":
            study.wrong.append(f"{name}: {job.outcome}")
    study.back_s.append(time.monotonic() - began)
    _look(study, f"{name} ({act}, {victims} after {moment:.2f} s)")


def _activate(study: Study, name: str, moment: float, victims: str) -> float:
    """Press the button and kill; the time line has at most one entry more, with its audit."""
    now = activation.champion(study.desk, "forecasting")
    versions = [v.number for v in study.desk.models.versions("forecasting")]
    to = study.chance.choice([v for v in versions if v != now.version])
    study.press("activate", str(to), str(now.row_version))
    time.sleep(moment)
    study.kill(victims)
    began = time.monotonic()
    study.ensure()
    after = activation.champion(study.desk, "forecasting")
    if (after.version, after.row_version) not in (
        (now.version, now.row_version),
        (to, now.row_version + 1),
    ):
        study.wrong.append(f"{name}: champion {after} after {now}")
    deadline = time.monotonic() + PATIENCE_S
    while not _published(study, after.version):
        if time.monotonic() > deadline:
            study.wrong.append(f"{name}: nothing was published for version {after.version}")
            break
        time.sleep(0.1)
    return began


def _train(study: Study, name: str) -> None:
    study.trained.append(name)
    study.ended(name, lambda: study.press("train", name))


def _look(study: Study, where: str) -> None:
    """What holds at any moment."""
    newest = study.desk.store.newest()
    if newest is None:
        study.wrong.append(f"{where}: no snapshot")
    else:
        missing = [p for t in newest.tables for p in study.desk.store.paths(newest, t)]
        if not all(path.exists() for path in missing):
            study.wrong.append(f"{where}: the newest snapshot lacks files")
    line = activation.time_line(study.desk, "forecasting", limit=1000)
    now = activation.champion(study.desk, "forecasting")
    if (line[0].to_version if line else None) != now.version or len(line) != now.row_version:
        study.wrong.append(f"{where}: champion and time line differ")
    with study.desk.state.read() as session:
        audited = session.scalar(
            select(func.count()).where(
                AuditEntry.act.in_(("champion.activated", "champion.undone"))
            )
        )
        published = session.execute(
            select(Publication.job_id, func.count()).group_by(Publication.job_id)
        ).all()
    if audited != len(line):
        study.wrong.append(f"{where}: {audited} audit entries, {len(line)} activations")
    if any(count > 1 for _, count in published):
        study.wrong.append(f"{where}: a job published twice")
    jobs = [version.job_id for version in study.desk.models.versions("forecasting")]
    if len(set(jobs)) != len(jobs):
        study.wrong.append(f"{where}: a job stored two versions")


def _final(study: Study) -> None:
    """What holds when everything has settled."""
    _look(study, "at the end")
    if _orders(study) != study.weeks_sold:
        study.wrong.append(f"{_orders(study)} orders in the shop, {study.weeks_sold} in the file")
    stored = {version.job_id for version in study.desk.models.versions("forecasting")}
    lost = [name for name in study.trained if name not in stored]
    if lost:
        study.wrong.append(f"no version of {', '.join(lost)}")
    study.desk.jobs.start("refresh", {}, "ada", job_id="last")
    study.ended("last", lambda: None)
    time.sleep(1.0)  # for what follows from it to be asked for
    study.settled()
    newest = study.desk.store.newest()
    if newest is None or newest.tables["orders"].rows != study.weeks_sold:
        study.wrong.append("the last snapshot does not hold every order")
    for name in ("shop", "app", "jobs", "models"):
        with closing(sqlite3.connect(study.settings.home / f"{name}.db")) as connection:
            told = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if told != "ok":
            study.wrong.append(f"{name}.db: {told}")


def _tell(report: Report, study: Study) -> None:
    with study.desk.state.read() as session:
        states = dict(
            session.execute(select(JobNote.state, func.count()).group_by(JobNote.state))
            .tuples()
            .all()
        )
    for what in study.wrong:
        sys.stdout.write(f"  wrong: {what}\n")
    report.add(
        "kills at random moments",
        measured=float(len(study.back_s)),
        asked=f"{ROUNDS}",
        passed=len(study.back_s) == ROUNDS,
    )
    report.add(
        "states between, lost or doubled things",
        measured=float(len(study.wrong)),
        asked="0",
        passed=not study.wrong,
    )
    unended = states.get("queued", 0) + states.get("running", 0)
    report.add("jobs that did not end", measured=float(unended), asked="0", passed=unended == 0)
    report.add("jobs that ended", measured=float(sum(states.values()) - unended))
    if study.back_s:
        report.add(
            "from the kill to the end of the act, median",
            measured=sorted(study.back_s)[len(study.back_s) // 2],
            unit="s",
        )


def _orders(study: Study) -> int:
    with study.desk.shop_engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(shop.orders)) or 0


def _published(study: Study, version: int | None) -> bool:
    with study.desk.state.read() as session:
        newest = session.scalars(
            select(Publication).order_by(Publication.publication_id.desc())
        ).first()
    return newest is not None and newest.model_version == version


def _file(study: Study) -> Path:
    """One order of four products in each week since 2025; a week more than the last time."""
    lines = [HEAD]
    for week in range(study.weeks_sold):
        at = datetime(2025, 1, 6, 12) + timedelta(weeks=week)
        lines += [
            f"{500000 + week},1{product:04},Thing {product},{3 + week % 4},"
            f"{at:%Y-%m-%d %H:%M:%S},10.0,17000,Germany"
            for product in range(4)
        ]
    path = study.settings.home / "retail.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
