"""A home with 20 capabilities, 2,000 versions, 20,000 jobs and 1,000,000 audit entries."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert, select

from app.context import Desk
from data_access.models import ModelVersion
from data_access.models.safety import hashes
from data_access.models.version import light
from data_access.scope import WHOLE
from data_access.state.model_tables import (
    Alert,
    CapabilitySwitch,
    DriftCheck,
    ModelHealth,
    ModelUse,
    Trigger,
    VersionNote,
)
from data_access.state.tables import AuditEntry, Champion, ChampionChange, JobNote, Prediction
from ml import contract
from ml.contract import Capability
from tests.benchmarks.homes import FOLDER, desk_of, home_of

CAPABILITIES, VERSIONS, JOBS, ENTRIES = 20, 2_000, 20_000, 1_000_000
PREDICTIONS = 200_000
AT_ONCE = 20_000  # rows of one insert
ACTS = (
    *("session.started",) * 30,
    *("job.asked",) * 20,
    *("case.viewed",) * 25,
    *("case.approved",) * 15,
    *("preference.changed",) * 3,
    "champion.activated",
    "champion.undone",
    "version.noted",
    "user.created",
    "capability.deactivated",
    "target.changed",
    "retention.removed",
)


class Named:
    """A capability under another name."""

    def __init__(self, of: Capability, key: str, label: str) -> None:
        self._of, self._key, self._label = of, key, label

    @property
    def key(self) -> str:
        return self._key

    @property
    def label(self) -> str:
        return self._label

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


def twenty() -> tuple[Capability, ...]:
    """The real ones, and others that are one of them under another name."""
    real = contract.capabilities()
    others = [
        Named(real[number % 2], f"capability_{number:02}", f"Capability {number}")
        for number in range(len(real), CAPABILITIES)
    ]
    return (*real, *others)  # type: ignore[arg-type]


def many_models() -> Path:
    """The home; made at the first call, within some minutes."""
    home = FOLDER / "models"
    if (home / "laid").exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(home_of("small"), home)
    desk = desk_of(home)
    desk.state.upgrade()
    _lay_versions(desk)
    _lay_rows(desk)
    desk.state.close()
    (home / "laid").write_text(datetime.now(UTC).isoformat())
    return home


def _lay_versions(desk: Desk) -> None:
    """Each as a training leaves it: a model of some kilobytes and a summary of the usual size."""
    table = {"columns": ["name", "value"], "data": [[f"row {n}", n / 7] for n in range(800)]}
    for one in twenty():
        candidates = [each.key for each in one.candidates]
        for number in range(1, VERSIONS // CAPABILITIES + 1):
            at = _now() - timedelta(days=VERSIONS // CAPABILITIES - number)
            job_id = f"laid-{one.key}-{number}"
            folder = desk.models.folder / one.key / job_id
            (folder / "files").mkdir(parents=True)
            (folder / "files" / "model.txt").write_text("tree\n" * 4_000)
            primary = {one.primary: 0.1 + number / 1_000}
            version = ModelVersion(
                capability=one.key,
                candidate=candidates[number % len(candidates)],
                parameters={"rounds": number, "learning_rate": 0.05},
                snapshot=1,
                as_of=at.date(),
                asked_by="ada",
                created_at=at,
                metrics=primary,
                baseline={one.primary: 0.2},
                baseline_label="the rule of thumb",
                beats_baseline=True,
                verdict="It is better than the rule of thumb.",
                seconds=12.0,
                job_id=job_id,
                summary={
                    "scope": WHOLE.to_json(),
                    "tables": {"importance": table},
                    "warnings": [],
                    "first_day": "2026-01-01",
                    "last_day": "2026-03-01",
                    "cases": 1_000,
                },
                number=number,
                files=hashes(folder / "files"),
            )
            facts = version.to_json()
            for name, content in (
                ("facts.json", {**facts, "number": 0}),
                ("version.json", facts),
                ("head.json", light(facts)),
            ):
                (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _lay_rows(desk: Desk) -> None:
    keys = [one.key for one in twenty()]
    last = VERSIONS // CAPABILITIES
    per_table: dict[Any, Iterator[dict[str, Any]]] = {
        Champion: (
            {"capability": key, "model_version": last, "since": _now(), "by": "ada", "version": 1}
            for key in keys
        ),
        ChampionChange: (
            {
                "capability": key,
                "from_version": number - 1 or None,
                "to_version": number,
                "at": _now() - timedelta(days=last - number),
                "by": "ada",
                "passed_check": True,
            }
            for key in keys
            for number in range(1, last + 1)
        ),
        VersionNote: (
            {
                "capability": key,
                "number": number,
                "note": "Said of it",
                "challenger": number == last - 1,
                "changed_by": "ada",
                "changed_at": _now(),
                "version": 1,
            }
            for key in keys
            for number in range(1, last, 3)
        ),
        CapabilitySwitch: (
            {
                "capability": key,
                "active": True,
                "confidence": 0.5,
                "promotes": False,
                "changed_by": "ada",
                "changed_at": _now(),
                "version": 1,
            }
            for key in keys
        ),
        Trigger: (
            {
                "capability": key,
                "kind": "days",
                "value": {"days": 7},
                "active": True,
                "created_at": _now(),
                "changed_by": "ada",
                "changed_at": _now(),
                "version": 1,
            }
            for key in keys
            for _ in range(3)
        ),
        ModelHealth: (
            {
                "capability": key,
                "checked_at": _now(),
                "state": "good",
                "sentence": "All is well.",
                "parts": {"files": {"state": "good", "sentence": "As they were stored."}},
            }
            for key in keys
        ),
        DriftCheck: (
            {
                "capability": key,
                "model_version": last,
                "snapshot": 1,
                "day": (_now() - timedelta(days=day)).date(),
                "checked_at": _now() - timedelta(days=day),
                "score": 0.4,
                "alarm": False,
                "sentence": "Nothing has moved.",
                "rows": {"inputs": []},
            }
            for key in keys
            for day in range(365, -1, -1)
        ),
        Alert: (
            {
                "capability": key,
                "kind": "drift",
                "open_key": f"{key}/drift" if number == 0 else None,
                "urgency": "watch",
                "title": "The data have moved",
                "text": "The amount is larger than it was.",
                "raised_at": _now() - timedelta(days=number),
                "seen_at": _now(),
                "ended_at": None if number == 0 else _now(),
                "version": 1,
            }
            for key in keys
            for number in range(50)
        ),
        ModelUse: (
            {
                "capability": key,
                "model_version": last,
                "hour": datetime(2026, 1, 1) + timedelta(hours=hour),
                "calls": 10,
                "predictions": 100,
                "errors": 0,
                "seconds": 1.0,
                "slowest": 0.2,
                "peak_mb": 300.0,
            }
            for key in keys
            for hour in range(24 * 60)
        ),
        JobNote: _jobs(keys),
        Prediction: _predictions(keys, last),
        AuditEntry: _entries(),
    }
    for table, rows in per_table.items():
        while chunk := list(islice(rows, AT_ONCE)):
            with desk.state.write() as session:
                session.execute(insert(table), chunk)


def _jobs(keys: list[str]) -> Iterator[dict[str, Any]]:
    chance = Random(2)
    for number in range(JOBS):
        at = _now() - timedelta(minutes=20 * (JOBS - number))
        state = chance.choice(("done",) * 8 + ("failed", "cancelled"))
        yield {
            "job_id": f"job-{number:06}",
            "kind": chance.choice(("train", "train", "retrain", "search", "refresh", "publish")),
            "title": f"Train number {number}",
            "asked_by": chance.choice(("ada", "bob", "worker", "schedule")),
            "asked_at": at,
            "parameters": {"capability": chance.choice(keys)},
            "state": state,
            "share": 1.0,
            "started_at": at,
            "ended_at": at + timedelta(minutes=3),
            "outcome": "Version 3 is stored.",
            "result": {"version": 3},
            "peak_memory_mb": 400.0,
        }


def _predictions(keys: list[str], last: int) -> Iterator[dict[str, Any]]:
    each = PREDICTIONS // len(keys)
    for key in keys:
        for number in range(each):
            day = date(2026, 1, 1) + timedelta(days=number % 60)
            yield {
                "capability": key,
                "entity": f"product:P{number:06}",
                "model_version": last,
                "arm": "champion",
                "prediction": 10.0,
                "as_of": day,
                "made_at": _now(),
                "outcome": 11.0,
                "outcome_at": _now(),
            }


def _entries() -> Iterator[dict[str, Any]]:
    chance = Random(3)
    people = ("ada", "bob", "worker", "key:shop", *(f"user{n}" for n in range(20)))
    for number in range(ENTRIES):
        act = chance.choice(ACTS)
        noun = act.partition(".")[0]
        most = 50_000 if noun in ("case", "job") else 500
        yield {
            "at": _now() - timedelta(minutes=ENTRIES - number),
            "actor": chance.choice(people),
            "act": act,
            "object": f"{noun}:{chance.randrange(most)}",
            "before": {"state": "queued", "version": number},
            "after": {"state": "done", "version": number + 1},
            "reason": "We want to try it for a while" if number % 7 == 0 else None,
        }


def counts(desk: Desk) -> dict[str, int]:
    """What really lies there."""
    from sqlalchemy import func

    with desk.state.read() as session:
        told = {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in (("jobs", JobNote), ("audit entries", AuditEntry))
        }
    told["versions"] = sum(len(desk.models.versions(one.key)) for one in twenty())
    told["capabilities"] = len(twenty())
    return told


def _now() -> datetime:
    return datetime(2026, 11, 20, 12)


__all__ = ["counts", "many_models", "twenty"]
