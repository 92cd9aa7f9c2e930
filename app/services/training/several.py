"""Train several candidates for one scope; each is kept as soon as it is done."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.jobs.kinds import JobError, Json, ReportProgress
from app.services.training import known
from app.services.training.material import Material, read_material
from app.services.training.one import Wanted, learn
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.scope import Scope
from ml import contract
from ml.contract import Capability

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.training")

SLOWEST_S = 5400.0
"""Seconds that one candidate may take: several fit into the time limit of a job."""

PREPARED = 0.03  # share of the job after which the data is read
LEARNED = 0.95  # share of the job after which all candidates are stored


class TooSlow(contract.ModelError):
    """A candidate was given up for the sake of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A candidate of which nothing could be stored."""

    candidate: str
    label: str
    why: str
    remedy: str

    @property
    def sentence(self) -> str:
        return f"{self.label} could not be trained: {self.why} {self.remedy}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of a training."""

    capability: str
    versions: tuple[ModelVersion, ...]  # in the order asked for
    failures: tuple[Failure, ...]
    best: ModelVersion | None  # by the champion's rule; None: the rule of thumb is used
    why: str  # in a sentence
    scope: Scope
    known: tuple[int, ...] = ()  # of the versions, those that were there before

    @property
    def sentence(self) -> str:
        """Who is best, what was there already, and what could not be trained."""
        there = f" {_there_already(self.known)}" if self.known else ""
        if len(self.versions) == 1 and not self.failures:
            return there.strip() or self.versions[0].sentence
        told = [f"{_counted(len(self.versions) - len(self.known))} stored.{there}"]
        told.append(self.why)
        told += [failure.sentence for failure in self.failures]
        return " ".join(told)

    def to_json(self) -> Json:
        chosen = self.best or (self.versions[-1] if self.versions else None)
        return {
            "sentence": self.sentence,
            "capability": self.capability,
            "champion_key": self.scope.key(self.capability),
            "scope": self.scope.to_json(),
            "version": chosen.number if chosen else None,
            "beats_baseline": self.best is not None,
            "versions": [version.number for version in self.versions],
            "known": list(self.known),
            "failed": [
                {"candidate": one.candidate, "label": one.label, "why": one.why}
                for one in self.failures
            ],
        }


def asked(parameters: Mapping[str, Any]) -> tuple[Capability, list[Wanted], Scope]:
    """What the parameters of a job ask for; the form of one candidate is understood too.

    Raises
    ------
    WrongParameter : no such capability or candidate, or a parameter out of its bounds.
    """
    found = contract.capability(parameters["capability"])
    rows = parameters.get("candidates") or [
        {"candidate": parameters["candidate"], "parameters": parameters.get("parameters") or {}}
    ]
    wanted = []
    for row in rows:
        chosen = contract.candidate(found, row["candidate"])
        wanted.append(
            Wanted(candidate=chosen, parameters=chosen.check(row.get("parameters") or {}))
        )
    return found, wanted, Scope.of(parameters.get("scope"))


def ids(job_id: str, wanted: Sequence[Wanted], *, single: bool) -> list[str]:
    """Under which each candidate's version is stored, the same however often the job runs."""
    if single:
        return [job_id]
    return [f"{job_id}-{number}-{one.candidate.key}" for number, one in enumerate(wanted)]


def train_several(
    desk: Desk,
    parameters: Mapping[str, Any],
    *,
    asked_by: str,
    job_id: str,
    progress: ReportProgress,
) -> Trained:
    """Train each candidate on the newest snapshot, and say which is best.

    Taken up again after a crash, it goes on with the first candidate that is not stored.

    Raises
    ------
    JobError : there is no snapshot or no such series, or not one candidate could be trained.
    """
    found, wanted, scope = asked(parameters)
    names = ids(job_id, wanted, single="candidates" not in parameters)
    why = str(parameters.get(known.WHY) or "")
    with read_material(desk, found, scope, why=why, job_id=job_id, progress=progress) as material:
        again = bool(parameters.get(known.AGAIN))
        versions, failures, there = _each(
            desk, material, wanted, names, asked_by, progress, again=again
        )
        if not versions:
            raise JobError(
                " ".join(failure.sentence for failure in failures),
                remedy="Choose other candidates, or a wider scope with more sales.",
            )
        judged = best(versions)
        trained = Trained(
            capability=found.key,
            versions=tuple(versions),
            failures=tuple(failures),
            best=judged.version,
            why=judged.sentence,
            scope=scope,
            known=tuple(there),
        )
        _compare(desk, trained, progress)
        return trained


def _each(
    desk: Desk,
    material: Material,
    wanted: Sequence[Wanted],
    names: Sequence[str],
    asked_by: str,
    progress: ReportProgress,
    *,
    again: bool,
) -> tuple[list[ModelVersion], list[Failure], list[int]]:
    """Versions, failures, and the numbers of the versions that were there before."""
    versions: list[ModelVersion] = []
    failures: list[Failure] = []
    there: list[int] = []
    for number, (one, name) in enumerate(zip(wanted, names, strict=True)):
        told = _told(progress, one.candidate.label, number, len(wanted))
        before = None if again else _before(desk, material, one, name)
        if before is not None:
            told("Known", 1.0, f"{one.candidate.label}: {_there_already((before.number,))}")
            versions.append(before)
            there.append(before.number)
            continue
        try:
            version = learn(
                desk, material, one, asked_by=asked_by, job_id=name, progress=_limited(told)
            )
        except DataError:
            raise  # the store does not answer: no candidate would fare better
        except Exception as error:
            failure = _failure(one, error)
            failures.append(failure)
            told("Could not be trained", 1.0, failure.sentence)
            continue
        versions.append(version)
        kill_point("train-stored")
    return versions, failures, there


def _before(desk: Desk, material: Material, one: Wanted, name: str) -> ModelVersion | None:
    """What another job trained in the same way on the same data."""
    found = known.same(
        desk,
        material.capability.key,
        candidate=one.candidate.key,
        parameters=one.parameters,
        scope=material.scope,
        data=material.data or "",
    )
    return found if found is not None and found.job_id != name else None


def _there_already(numbers: Sequence[int]) -> str:
    which = ", ".join(map(str, numbers))
    if len(numbers) == 1:
        return (
            f"Version {which} has learned from the same data with the same parameters; it was "
            "not trained once more."
        )
    return (
        f"Versions {which} have learned from the same data with the same parameters; they were "
        "not trained once more."
    )


def _failure(one: Wanted, error: Exception) -> Failure:
    """What went wrong in words; what nobody foresaw is logged whole."""
    remedy = getattr(error, "remedy", None)
    if remedy is None:
        log.error("candidate %s failed", one.candidate.key, exc_info=error)
        first = str(error).strip().split("\n")[0]
        why = f"{type(error).__name__}: {first}".rstrip(": ") + "."
        remedy = "The job's log says more."
    else:
        why = str(error)
    return Failure(
        candidate=one.candidate.key, label=one.candidate.label, why=why, remedy=str(remedy)
    )


def _told(progress: ReportProgress, label: str, number: int, count: int) -> ReportProgress:
    """The progress of one of several candidates within the whole job's."""
    place = f"{label}, {number + 1} of {count}" if count > 1 else label

    def told(step: str, share: float, message: str | None = None) -> None:
        within = (number + min(max(share, 0.0), 1.0)) / count
        step = step[:1].lower() + step[1:]
        progress(f"{place}: {step}", PREPARED + (LEARNED - PREPARED) * within, message)

    return told


def _limited(progress: ReportProgress) -> ReportProgress:
    """The same, which gives up once the candidate has taken too long."""
    began = time.monotonic()

    def told(step: str, share: float, message: str | None = None) -> None:
        if time.monotonic() - began > SLOWEST_S and share < 1.0:
            raise TooSlow(
                f"It took longer than {SLOWEST_S / 60:.0f} minutes and was given up.",
                remedy="Train it for one category, or with lighter parameters.",
            )
        progress(step, share, message)

    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """Who is best by the champion's rule, and why."""

    version: ModelVersion | None  # None: the rule of thumb is used
    sentence: str


def best(versions: Sequence[ModelVersion]) -> Best:
    """The capability's rule of the champion over versions of it that were measured up to the same
    day.
    """
    if not versions:
        return Best(version=None, sentence="The rule of thumb is used: nothing has been trained.")
    by_number = {str(one.number): one for one in versions}
    found = contract.capability(versions[0].capability).champion_rule(
        [
            contract.Measured(
                name=str(one.number),
                label=f"{_label(one)}, version {one.number},",
                metrics=one.metrics,
                baseline=one.baseline,
                beats=one.beats_baseline,
                candidate=one.candidate,
            )
            for one in versions
        ]
    )
    return Best(
        version=by_number[found.name] if found.name is not None else None, sentence=found.sentence
    )


def _label(version: ModelVersion) -> str:
    known = {one.key: one.label for one in contract.capability(version.capability).candidates}
    return known.get(version.candidate, version.candidate)


def _compare(desk: Desk, trained: Trained, progress: ReportProgress) -> None:
    """Work out here what would change, so that the page of the activation need not wait."""
    from app.services.previews import work_out

    chosen = trained.best or trained.versions[-1]
    progress("Comparing with what decides now", LEARNED)
    try:
        work_out(desk, chosen)
    except (DataError, JobError, contract.ModelError) as error:
        log.warning("no preview of %s %s: %s", chosen.capability, chosen.number, error)


def _counted(number: int) -> str:
    return "1 version is" if number == 1 else f"{number} versions are"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
