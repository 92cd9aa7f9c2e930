"""The newest whole day beside the data that the champion learned from, once a day and version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from app.services import alerts, serving
from app.services.training import newest_snapshot, service_of
from data_access.snapshots.manifest import Manifest
from data_access.state import drift as store
from ml import drift
from ml.contract import Capability, Frames, Progress, capabilities, silent
from ml.contract import capability as capability_of
from ml.drift.checking import ALARMS_A_MONTH, MONTH_DAYS, Check
from ml.drift.completeness import completeness
from ml.drift.histograms import Course

if TYPE_CHECKING:
    from app.context import Desk

MOST_DAYS = 30
"""Days that one look makes good: those since the last look, or since the version learned."""

SMALL = 0.02
"""Effect, in deviations of the predictions, under which an alarm is told as good to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of a look."""

    capability: str
    version: int  # 0: the rule of thumb
    day: date
    new: bool  # False: the day had been looked at before
    alarm: bool
    score: float
    sentence: str


def check_drift(
    desk: Desk,
    key: str,
    *,
    now: datetime,
    again: bool = False,
    progress: Progress = silent,
) -> Looked:
    """Look at the newest whole day of the snapshot; raise or end the alert of drift.

    Parameters
    ----------
    again : also where that day was looked at already.
    now : naive UTC.

    Raises
    ------
    JobError : there is no snapshot. ModelError : the data are not what the capability reads.
    """
    manifest = newest_snapshot(desk)
    found = capability_of(key)
    service = service_of(key)
    day = service.as_of(desk, manifest)
    answers = serving.model(desk, key)
    version = answers.version or 0
    with desk.state.read() as session:
        before = store.newest_check(session, key, version)
    if before is not None and before.day >= day and not again:
        return _known(key, version, before.day, before.alarm, before.score, before.sentence)
    progress("Reading the data", 0.05)
    frames: Frames = getattr(service, "watched_frames", service.frames)(desk, manifest)
    learned_to = answers.model.as_of if answers.model is not None else day - timedelta(days=1)
    progress("Counting cases by day", 0.3)
    course, reach = _material(found, frames, answers.model, manifest, learned_to, day)
    progress("Comparing with what was learned", 0.8)
    done = _days(day, learned_to, before.day if before is not None and not again else None)
    checks = [
        drift.check(
            course,
            learned_to=learned_to,
            day=one,
            reach=reach,
            chance=ALARMS_A_MONTH / MONTH_DAYS / len(capabilities()),
        )
        for one in done
    ]
    labels: dict[str, str] = getattr(found, "watched_labels", {})
    for check in checks:
        _keep(desk, key, version, manifest.number, check, course, labels, found, now)
    newest = checks[-1]
    _tell(desk, found, version, newest, labels, now)
    sentence = drift.sentence(newest, labels)
    looked = _known(key, version, day, newest.alarm, newest.score, sentence)
    return replace(looked, new=True)


def _known(key: str, version: int, day: date, alarm: bool, score: float, sentence: str) -> Looked:
    return Looked(
        capability=key,
        version=version,
        day=day,
        new=False,
        alarm=alarm,
        score=score,
        sentence=sentence,
    )


def _days(day: date, learned_to: date, before: date | None) -> list[date]:
    """Days to look at, oldest first: the newest always, and those since the last look."""
    since = max(learned_to, before) if before is not None else learned_to
    number = max(min((day - since).days, MOST_DAYS), 1)
    return [day - timedelta(days=back) for back in reversed(range(number))]


def _material(
    found: Capability,
    frames: Frames,
    model: Any,
    manifest: Manifest,
    learned_to: date,
    day: date,
) -> tuple[Course, dict[str, float]]:
    first = manifest.first_day
    cases = found.watched(frames, first_day=first, last_day=day)
    said, reach = None, {}
    if model is not None:
        reach = found.reach(model, frames, as_of=day)
        if hasattr(found, "said"):
            said = found.said(model, frames, first_day=first, last_day=day)
    course = drift.course_of(cases, learned_to=learned_to, predictions=said, last_day=day)
    if hasattr(found, "cases_a_day"):
        course = replace(course, cases=_counted(found.cases_a_day(frames), course))
    return course, reach


def _counted(by_day: Any, course: Course) -> Any:
    """All cases of each day of the course, not the drawn ones alone."""
    cases = np.zeros(course.days)
    for day, number in by_day.items():
        at = course.index(day.date())
        if 0 <= at < course.days:
            cases[at] = number
    return cases


def _keep(
    desk: Desk,
    key: str,
    version: int,
    snapshot: int,
    check: Check,
    course: Course,
    labels: dict[str, str],
    found: Capability,
    now: datetime,
) -> None:
    data = completeness(course, check)
    rows = [{**row.to_json(), "label": labels.get(row.name, row.name)} for row in check.rows]
    with desk.state.write() as session:
        store.keep_check(
            session,
            capability=key,
            model_version=version,
            snapshot=snapshot,
            day=check.day,
            checked_at=now,
            score=round(check.score, 4),
            alarm=check.alarm,
            sentence=drift.sentence(check, labels),
            rows={
                "inputs": rows,
                "past": [[day.isoformat(), round(score, 3)] for day, score in check.past],
                "days": check.days,
                "years": check.years,
                "cases": check.cases,
                "why_not": check.why_not,
                "unit": getattr(found, "reach_unit", ""),
                "data": data.to_json() if data else None,
                "data_sentence": data.sentence(labels) if data else "",
                "whole": data.whole if data else True,
            },
        )


def _tell(
    desk: Desk,
    found: Capability,
    version: int,
    check: Check,
    labels: dict[str, str],
    now: datetime,
) -> None:
    key = f"{found.key}/drift"
    if not check.alarm:
        alerts.end_alert(desk, key, now=now)
        return
    first = check.alarms[0]
    label = labels.get(first.name, first.name)
    unit = getattr(found, "reach_unit", "")
    does = ""
    if first.role == "input" and first.effect is not None:
        does = f" It moves predictions by about {first.effect:.2g} {unit} on average."
    who = f"version {version}" if version else "the rule of thumb"
    alerts.raise_alert(
        desk,
        capability=found.key,
        kind="drift",
        key=key,
        urgency="watch" if matters(check) else "info",
        title=f"{found.label}: {label} is not what {who} learned from",
        text=f"{drift.sentence(check, labels)}{does} Is the data right? If it is, train anew; "
        "the view Watch shows all inputs.",
        now=now,
    )


def matters(check: Check) -> bool:
    """Whether what is an alarm moves the predictions; where nobody knows, it does."""
    spread = next((row.reach for row in check.rows if row.role == "prediction"), None)
    for row in check.alarms:
        if row.role == "prediction" or row.effect is None or not spread:
            return True
        if row.effect >= SMALL * spread:
            return True
    return False
