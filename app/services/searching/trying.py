"""Try parameters on earlier days, train with the best, and say what it was worth on later ones.

    ── history ──│── days on which tries are judged ──│── days on which the version is measured ──│
                                                      ▲ earlier                                as_of

Whoever tries a hundred sets of parameters and reports the best on the same days reports luck. So
the tries are judged by what was known before the days on which the version is measured, which no
try ever sees; the figures of the usual parameters on those same days stand beside it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.jobs.kinds import JobError, Json, ReportProgress
from app.services.searching import book as books
from app.services.searching import space
from app.services.searching.book import Book, Try
from app.services.searching.words import found_sentence, told
from app.services.training import known
from app.services.training.material import Material, read_material
from app.services.training.one import (
    SEED,
    Wanted,
    learn,
    part,
)
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.scope import Scope
from ml import contract
from ml.contract import Candidate, Capability, Evaluation, Measure, NotEnoughData, Value

if TYPE_CHECKING:
    import optuna

    from app.context import Desk

MOST_TRIES = 300
BEGUN, TRIED = 0.12, 0.8  # shares of the job: the usual parameters measured, all tries done


class OutOfTime(contract.ModelError):
    """A try was given up because the minutes were over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What came of a search."""

    version: ModelVersion
    book: Book
    sentence: str
    trained: bool  # False: the version was there already

    def to_json(self) -> Json:
        best = self.book.best
        return {
            "sentence": self.sentence,
            "capability": self.version.capability,
            "champion_key": self.version.key,
            "scope": self.version.scope.to_json(),
            "version": self.version.number,
            "versions": [self.version.number],
            "known": [] if self.trained else [self.version.number],
            "beats_baseline": self.version.beats_baseline,
            "tries": len(self.book.tries),
            "best": best.number if best else None,
            "failed": [],
        }


def search(
    desk: Desk,
    parameters: Mapping[str, Any],
    *,
    asked_by: str,
    job_id: str,
    progress: ReportProgress,
    most: int = MOST_TRIES,
) -> Searched:
    """Search on the newest snapshot; taken up again after a crash, it goes on with the next try.

    Raises
    ------
    JobError : no snapshot, a history too short to keep days apart, or not one try was measured.
    """
    found = contract.capability(parameters["capability"])
    candidate = contract.candidate(found, parameters["candidate"])
    first = candidate.check(parameters.get("parameters") or {})
    scope = Scope.of(parameters.get("scope"))
    why = f"The best of a search of {float(parameters['minutes']):g} minutes."
    with read_material(desk, found, scope, why=why, job_id=job_id, progress=progress) as material:
        book = _open(desk, job_id, material, candidate, float(parameters["minutes"]) * 60)
        _usual(desk, job_id, book, material, candidate, first, progress)
        _try(desk, job_id, book, material, candidate, first, progress, most)
        return _train(desk, job_id, book, material, candidate, first, asked_by, progress)


def _open(
    desk: Desk, job_id: str, material: Material, candidate: Candidate, seconds: float
) -> Book:
    measure = _measure(material.capability)
    books.forget_old(desk)
    return books.read(desk, job_id) or Book(
        capability=material.capability.key,
        candidate=candidate.key,
        measure=measure.label,
        unit=measure.unit,
        better=measure.better,
        seconds=seconds,
    )


def _usual(
    desk: Desk,
    job_id: str,
    book: Book,
    material: Material,
    candidate: Candidate,
    first: Mapping[str, Value],
    progress: ReportProgress,
) -> None:
    """Measure what is tried first on the newest days: it tells which days no try may see."""
    if book.reported is not None:
        return
    step = "Measuring the usual parameters on the newest days"
    progress(step, 0.03)
    usual = material.capability.evaluate(
        candidate.key,
        material.frames,
        as_of=material.as_of,
        seed=SEED,
        parameters=first,
        progress=part(lambda _, share, message=None: progress(step, share), 0.03, BEGUN),
    )
    primary = material.capability.primary
    book.reported = (usual.first_day, usual.last_day)
    book.earlier = usual.first_day - timedelta(days=1)
    book.usual, book.usual_rule = usual.metrics[primary], usual.baseline_metrics[primary]
    books.write(desk, job_id, book)


def _try(
    desk: Desk,
    job_id: str,
    book: Book,
    material: Material,
    candidate: Candidate,
    first: Mapping[str, Value],
    progress: ReportProgress,
    most: int,
) -> None:
    """One try after the other until the minutes are over."""
    study = _study(book, candidate, first)
    while not book.over and len(book.tries) < most and _time_left(book):
        trial = study.ask()
        values = {**first, **space.suggest(trial, candidate)}
        one = _measure_try(book, material, candidate, candidate.check(values), progress)
        if one.score is None:
            study.tell(trial, state=_failed())
        else:
            study.tell(trial, one.score)
        book.tries.append(one)
        book.spent += one.seconds
        books.write(desk, job_id, book)
        kill_point("search-tried")
        progress(_step(book), _share(book), told(book, one, candidate))
    book.over = True
    books.write(desk, job_id, book)
    if book.best is None:
        why = next((one.why for one in book.tries if one.why), "")
        raise JobError(
            f"Not one set of parameters could be measured on the days before "
            f"{book.earlier:%d %b %Y}. {why}".strip(),
            remedy="Parameters are judged on earlier days than those that are reported, so a "
            "search needs a longer history; train with the usual parameters instead.",
        )


def _measure_try(
    book: Book,
    material: Material,
    candidate: Candidate,
    values: dict[str, Value],
    progress: ReportProgress,
) -> Try:
    assert book.earlier is not None  # the usual parameters were measured first
    began = time.monotonic()
    number = len(book.tries) + 1

    def watch(_step_of: str, share: float) -> None:
        spent = time.monotonic() - began
        # The first one must come to an end: it is what all others are compared with.
        if book.measured and book.spent + spent > book.seconds and share < 1.0:
            raise OutOfTime("The minutes were over.", remedy="Search for longer.")
        progress(_step(book), _share(book, spent))

    score: float | None = None
    figure = rule = None
    why = ""
    try:
        evaluation = material.capability.evaluate(
            candidate.key,
            material.frames,
            as_of=book.earlier,
            seed=SEED,
            parameters=values,
            progress=watch,
        )
        figure, rule, score = _judged(material.capability, evaluation)
    except NotEnoughData as error:
        if not book.measured:
            raise JobError(
                f"The history is too short for a search. {error}",
                remedy="Parameters are judged on earlier days than those that are reported; train "
                "with the usual parameters until there is more.",
            ) from error
        why = str(error)
    except contract.ModelError as error:
        why = str(error)
    return Try(
        number=number,
        parameters=space.of_values(candidate, values),
        figure=figure,
        rule=rule,
        score=score,
        seconds=round(time.monotonic() - began, 2),
        why=why,
    )


def _train(
    desk: Desk,
    job_id: str,
    book: Book,
    material: Material,
    candidate: Candidate,
    first: Mapping[str, Value],
    asked_by: str,
    progress: ReportProgress,
) -> Searched:
    best = book.best
    assert best is not None  # looked at after the tries
    values = candidate.check({**first, **best.parameters})
    primary = material.capability.primary
    there = known.same(
        desk,
        material.capability.key,
        candidate=candidate.key,
        parameters=values,
        scope=material.scope,
        data=material.data or "",
    )
    if there is not None and there.job_id != job_id:
        sentence = found_sentence(book, there, there.metrics.get(primary), trained=False)
        return Searched(version=there, book=book, sentence=sentence, trained=False)
    version = learn(
        desk,
        material,
        Wanted(candidate=candidate, parameters=values, story={"search": _story(book)}),
        asked_by=asked_by,
        job_id=job_id,
        progress=lambda step, share, message=None: progress(
            step, TRIED + (1 - TRIED) * share, message
        ),
    )
    sentence = found_sentence(book, version, version.metrics.get(primary), trained=True)
    return Searched(version=version, book=book, sentence=sentence, trained=True)


def _study(book: Book, candidate: Candidate, first: Mapping[str, Value]) -> optuna.Study:
    """The search as it stands: what was tried is told again, the usual parameters come first."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=SEED + len(book.tries))
    study = optuna.create_study(direction="minimize", sampler=sampler)
    kinds = space.distributions(candidate)
    for one in book.measured:
        study.add_trial(
            optuna.trial.create_trial(
                params=dict(one.parameters), distributions=kinds, value=one.score
            )
        )
    if not book.tries:
        study.enqueue_trial(space.of_values(candidate, dict(first)))
    return study


def _failed() -> Any:
    import optuna

    return optuna.trial.TrialState.FAIL


def _judged(found: Capability, evaluation: Evaluation) -> tuple[float, float, float]:
    """The figure, the rule of thumb's, and a score that is smaller the better: beside the rule,
    so that parameters by which other cases are measured are not judged by easier cases."""
    measure = _measure(found)
    own = evaluation.metrics[measure.slug]
    rule = evaluation.baseline_metrics[measure.slug]
    if measure.better == "near zero":
        return own, rule, abs(own)
    score = own / rule if rule else own
    return own, rule, -score if measure.better == "higher" else score


def _measure(found: Capability) -> Measure:
    return next(one for one in found.measures if one.slug == found.primary)


def _time_left(book: Book) -> bool:
    """Whether another try can be expected to end within the minutes."""
    if not book.tries:
        return True
    usual = sum(one.seconds for one in book.tries) / len(book.tries)
    return book.spent + usual / 2 < book.seconds


def _step(book: Book) -> str:
    left = max(book.seconds - book.spent, 0.0) / 60
    return f"Try {len(book.tries) + 1}, about {left:.0f} min left"


def _share(book: Book, more: float = 0.0) -> float:
    done = min((book.spent + more) / book.seconds, 1.0) if book.seconds else 1.0
    return BEGUN + (TRIED - BEGUN) * done


def _story(book: Book) -> Json:
    """What is kept with the version of how its parameters were found."""
    best, kept = book.best, book.to_json()
    return {
        **{name: kept[name] for name in ("seconds", "spent", "earlier", "reported", "measure")},
        "tries": len(book.tries),
        "failed": len(book.tries) - len(book.measured),
        "best": kept["tries"][best.number - 1] if best else None,
        "usual": book.usual,
        "first": kept["tries"][0] if book.tries else None,
    }
