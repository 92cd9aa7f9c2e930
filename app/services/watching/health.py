"""The hourly look: can a capability still be trusted, and if not, why?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from app.jobs.kinds import JobError, ReportProgress
from app.services import alerts, serving
from app.services.registry import live
from app.services.watching.drift import check_drift
from app.services.watching.use import use
from data_access.errors import DataError
from data_access.state import alerts as alert_store
from data_access.state import champions, model_health
from data_access.state import drift as drift_store
from data_access.state.jobs import list_jobs
from data_access.state.switches import get_switch
from ml.contract import Capability, capabilities
from ml.contract import capability as capability_of
from ml.errors import ModelError

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.watching")

State = Literal["good", "watch", "bad"]
WORSE: dict[str, int] = {"good": 0, "watch": 1, "bad": 2}

LATE = 2.5  # refresh intervals after which a snapshot counts as old
RECENT = timedelta(days=2)  # in which a failed training counts
WORK = ("train", "retrain", "search", "publish", "score")
FALLEN = 0.20  # share by which quality may be below what was measured
ENOUGH = 200  # graded predictions from which that is said

PARTS = {
    "files": "Files",
    "decides": "Who decides",
    "drift": "Drift",
    "quality": "Quality since live",
    "data": "Data",
    "use": "Speed, errors, memory",
    "jobs": "Jobs",
}
"""What is looked at, in the order in which it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that was looked at."""

    state: State
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What came of the look at one capability."""

    capability: str
    state: State
    sentence: str  # the reason of the light
    parts: dict[str, Part]


def check_all(desk: Desk, *, now: datetime, progress: ReportProgress | None = None) -> list[Health]:
    """Look at every capability; one that cannot be looked at says so and stops no other."""
    found = []
    every = capabilities()
    for number, one in enumerate(every):
        if progress is not None:
            progress(f"Looking at {one.label.lower()}", number / len(every))
        found.append(check(desk, one.key, now=now))
    with desk.state.write() as session:
        alert_store.end_events(session, now=now)
    return found


def check(desk: Desk, key: str, *, now: datetime) -> Health:
    """Look at one capability, write down what was found, raise and end its alerts.

    Parameters
    ----------
    now : naive UTC.
    """
    looks: dict[str, Callable[[Desk, Capability, datetime], Part]] = {
        "files": _files,
        "decides": _decides,
        "drift": _drift,
        "quality": _quality,
        "data": _data,
        "use": _use,
        "jobs": _jobs,
    }
    one = capability_of(key)
    parts = {name: _looked(look, desk, one, now) for name, look in looks.items()}
    worst = max(parts.values(), key=lambda part: WORSE[part.state])
    told = [part.sentence for part in parts.values() if part.state == worst.state]
    sentence = told[0] if worst.state != "good" else "All is well."
    found = Health(capability=key, state=worst.state, sentence=sentence, parts=parts)
    with desk.state.write() as session:
        model_health.keep_health(
            session,
            key,
            checked_at=now,
            state=found.state,
            sentence=found.sentence,
            parts={name: asdict(part) for name, part in parts.items()},
        )
    _tell(desk, one, parts, now)
    return found


def _looked(
    look: Callable[[Desk, Capability, datetime], Part], desk: Desk, one: Capability, now: datetime
) -> Part:
    try:
        return look(desk, one, now)
    except (DataError, ModelError, JobError) as error:
        return Part(state="watch", sentence=f"{error} {getattr(error, 'remedy', '')}".strip())
    except Exception:
        log.exception("a look at %s failed", one.key)
        return Part(
            state="watch",
            sentence="This could not be looked at; the reason is in the worker's log.",
        )


def _files(desk: Desk, one: Capability, now: datetime) -> Part:
    found = serving.look(desk, one.key)
    refused = [each for each in found if not each.good]
    if not refused:
        return Part(state="good", sentence="The files of what decides are as they were stored.")
    who = "the rule of thumb" if refused[0].version is None else f"version {refused[0].version}"
    return Part(
        state="bad",
        sentence=f"Version {refused[0].champion} is refused, {who} decides: {refused[0].why}",
    )


def _decides(desk: Desk, one: Capability, now: datetime) -> Part:
    with desk.state.read() as session:
        switch = get_switch(session, one.key)
        row = champions.get_champion(session, one.key)
    if switch is not None and not switch.active:
        return Part(state="watch", sentence="It is switched off; the rule of thumb is shown.")
    if row is None or row.model_version is None:
        return Part(state="good", sentence="The rule of thumb decides; no model is activated.")
    version = desk.models.head(one.key, row.model_version)
    if not version.beats_baseline:
        return Part(
            state="watch",
            sentence=f"Version {version.number} decides though it did not beat the rule of thumb.",
        )
    return Part(
        state="good",
        sentence=f"Version {version.number} decides since {row.since:%d %b %Y}, by {row.by}.",
    )


def _drift(desk: Desk, one: Capability, now: datetime) -> Part:
    found = check_drift(desk, one.key, now=now)
    return Part(state="watch" if found.alarm else "good", sentence=found.sentence)


def _quality(desk: Desk, one: Capability, now: datetime) -> Part:
    with desk.state.read() as session:
        row = champions.get_champion(session, one.key)
    if row is None or row.model_version is None:
        return Part(state="good", sentence="No model is activated.")
    measure = next(m for m in one.measures if m.slug == one.primary)
    found = live.since(desk, one.key, row.model_version, row.since)
    said = "" if found.value is None else f"{found.value:.3g}"
    sentence = live.in_words(found, measure, said)
    measured = desk.models.head(one.key, row.model_version).metrics.get(one.primary)
    if found.value is None or not measured or found.graded < ENOUGH:
        return Part(state="good", sentence=sentence)
    worse = found.value / measured - 1 if measure.better == "lower" else 1 - found.value / measured
    if worse <= FALLEN:
        return Part(state="good", sentence=sentence)
    return Part(
        state="watch",
        sentence=f"{sentence} That is {worse * 100:.0f} % worse than when it was measured "
        f"({measured:.3g}).",
    )


def _data(desk: Desk, one: Capability, now: datetime) -> Part:
    manifest = desk.store.newest()
    if manifest is None:
        return Part(state="bad", sentence="There is no snapshot of the shop yet.")
    age = now - manifest.created_at
    if age > timedelta(minutes=desk.settings.refresh_minutes * LATE):
        hours = round(age / timedelta(hours=1))
        said = f"{hours} hours" if hours < 48 else f"{hours // 24} days"
        return Part(
            state="watch", sentence=f"The newest snapshot is {said} old. Does the worker run?"
        )
    with desk.state.read() as session:
        row = drift_store.newest_check(session, one.key)
    if row is None:
        return Part(state="good", sentence="The data are fresh.")
    whole = bool(row.rows.get("whole", True))
    told = str(row.rows.get("data_sentence") or "The data are fresh.")
    return Part(state="good" if whole else "watch", sentence=told)


def _use(desk: Desk, one: Capability, now: datetime) -> Part:
    found = use(desk, one.key, now=now)
    return Part(state=found.state, sentence=found.sentence)


def _jobs(desk: Desk, one: Capability, now: datetime) -> Part:
    """The newest end of each kind of work about the capability."""
    seen: set[str] = set()
    for job in list_jobs(desk.state, kinds=WORK, states=("done", "failed"), limit=100):
        about = str((job.parameters or {}).get("capability") or "").split("/")[0]
        about = about or {"score": "fraud", "retrain": "fraud"}.get(job.kind, "")
        if about != one.key or job.kind in seen:
            continue
        seen.add(job.kind)
        if job.state == "failed" and now - job.asked_at < RECENT:
            return Part(state="watch", sentence=f"{job.title} failed: {job.outcome or ''}".strip())
    return Part(state="good", sentence="No job of it failed lately.")


ALERTED = {
    "data": ("data", "the data are not whole or not fresh"),
    "quality": ("quality", "predictions are worse than measured"),
    "use": ("latency", "it answers slowly, fails, or needs much memory"),
}
"""Parts whose alert is raised here: key part and title; files and drift raise theirs themselves,
failed jobs stand on Home as such."""


def _tell(desk: Desk, one: Capability, parts: dict[str, Part], now: datetime) -> None:
    for name, (kind, title) in ALERTED.items():
        part, key = parts[name], f"{one.key}/{kind}"
        if part.state == "good":
            alerts.end_alert(desk, key, now=now)
            continue
        alerts.raise_alert(
            desk,
            capability=one.key,
            kind=kind,
            key=key,
            urgency="bad" if part.state == "bad" else "watch",
            title=f"{one.label}: {title}",
            text=f"{part.sentence} See the view Watch.",
            now=now,
        )
