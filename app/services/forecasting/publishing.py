"""Forecast everything by the champion and store it; nobody waits for it on a page."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.services import serving
from app.services.forecasting import (
    beliefs_graded,
    importance,
    inputs,
    learned_days,
    lookalikes,
    response,
    stored,
    trial,
)
from app.services.forecasting.inputs import Inputs
from app.services.forecasting.trial import Trial
from app.services.ordering import inputs as ordering_inputs
from app.services.serving import Serving
from app.services.training import SEED, newest_snapshot
from data_access.kill_points import kill_point
from data_access.state.champions import scoped_champions
from data_access.state.predictions import Believed, log_predictions
from data_access.state.publications import add_publication, list_publications
from data_access.state.tables import Publication
from ml.contract import Evaluation, Progress, candidate, rule_of_thumb
from ml.forecasting import FORECASTING, ForecastModel

if TYPE_CHECKING:
    from app.context import Desk

LOGGED_LEVELS = ("shop", "category")
"""Levels whose forecasts are logged one by one; products stay in the publication's file."""


def publish(desk: Desk, *, job_id: str, progress: Progress) -> dict[str, Any]:
    """Forecasts of every level to 26 weeks, with ranges and contributions, stored once a job.

    Returns
    -------
    JSON-ready facts, with a "sentence" for staff.
    """
    known = _published_by(desk, job_id)
    if known is not None:
        return _facts(known)
    started = time.perf_counter()
    manifest = newest_snapshot(desk)
    serves = serving.model(desk, FORECASTING.key)
    version = serves.version
    instead = _instead(desk)
    progress("Reading the sales", 0.01)
    read = inputs.read(desk, manifest)
    # Before the new one is registered, whose revision tells pages to read the grades again.
    beliefs_graded.grade(desk, read.snapshot, read.as_of)
    progress("Learning how sales answer to prices", 0.02)
    answers = response.read_or_learn(desk, read)
    if answers is not None:
        read = replace(read, frames={**read.frames, "response": answers})
    model, summary = _model(desk, serves, read, within(progress, 0.05, 0.4))
    test = trial.of(desk, read.frames, instead)
    with serving.counting(desk, FORECASTING.key, version) as call:
        found = FORECASTING.everything(
            model,
            read.frames,
            as_of=read.as_of,
            instead={key: one.model for key, one in instead.items()},
            beside=test.beside if test else None,
            progress=within(progress, 0.4, 0.88),
        )
        call.predictions = len(found.forecast)
    shadow = _shadow(desk, test, read, within(progress, 0.88, 0.92))
    serving.flush(desk)
    summary["warnings"] = [*summary["warnings"], *found.notes]
    forecast = found.forecast
    progress("Storing the forecast", 0.92)
    folder = f"{stored.FOLDER}/{_name(job_id)}"
    draft = desk.settings.artifacts / f"{folder}.draft"
    draft.mkdir(parents=True, exist_ok=True)
    rows = stored.write(draft, forecast, found.parts, found.totals)
    importance.write(draft, found)
    ordering_inputs.write(draft, forecast, found.totals)
    progress("Learning the days of the week", 0.96)
    learned_days.write(desk, read, forecast, draft)
    response.write(draft, answers)
    lookalikes.write(draft, found.newcomers)
    stored.put_in_place(draft, desk.settings.artifacts / folder)
    kill_point("forecast-stored")
    products = int((forecast["level"] == "product").sum() / max(model.horizon, 1))
    summary |= {
        "scoped": {key: one.version for key, one in instead.items()},
        "experiment": test.to_json() if test else None,
        "instead_of": {"version": serves.champion, "why": serves.why} if serves.why else None,
        "importance": found.importance,
        "rows": rows,
        "products": products,
        "horizon_weeks": model.horizon,
        "seconds": round(time.perf_counter() - started, 1),
    }
    publication = _register(desk, read, version, folder, summary, job_id)
    _log(desk, publication, forecast, test, shadow)
    progress("Stored", 1.0)
    return _facts(publication)


def _model(
    desk: Desk, serves: Serving, read: Inputs, progress: Progress
) -> tuple[ForecastModel, dict[str, Any]]:
    """Who answers with its figures, or the rule of thumb measured here."""
    if serves.version is not None:
        kept = desk.models.version(FORECASTING.key, serves.version)
        return serves.model, {
            "label": candidate(FORECASTING, kept.candidate).label,
            "trained_as_of": kept.as_of.isoformat(),
            "metrics": kept.metrics,
            "baseline_metrics": kept.baseline,
            "baseline_label": kept.baseline_label,
            "verdict": kept.verdict,
            "tables": kept.summary.get("tables", {}),
            "warnings": kept.summary.get("warnings", []),
        }
    thumb = rule_of_thumb(FORECASTING)
    given: dict[str, Any] = {"as_of": read.as_of, "seed": SEED}
    evaluation: Evaluation = FORECASTING.evaluate(
        thumb.key, read.frames, progress=progress, **given
    )
    model = FORECASTING.fit(thumb.key, read.frames, evaluation=evaluation, **given)
    told = evaluation.to_json()
    return model, {
        "label": thumb.label,
        "trained_as_of": read.as_of.isoformat(),
        **{
            name: told[name]
            for name in (
                "metrics",
                "baseline_metrics",
                "baseline_label",
                "verdict",
                "tables",
                "warnings",
            )
        },
    }


def _instead(desk: Desk) -> dict[str, Serving]:
    """Who speaks for a category or a product in place of the model of the whole, by key."""
    with desk.state.read() as session:
        scoped = scoped_champions(session, FORECASTING.key)
    found = [serving.model(desk, scope.key(FORECASTING.key)) for scope in scoped]
    return {one.key: one for one in found if one.version is not None}


def _shadow(desk: Desk, test: Trial | None, read: Inputs, progress: Progress) -> list[Believed]:
    """What a challenger in shadow says: it is asked everything and decides nothing."""
    if test is None or not test.running.shadow or test.model is None:
        return []
    progress("Asking the challenger", 0.0)
    with serving.counting(desk, FORECASTING.key, test.running.challenger) as call:
        told = FORECASTING.predict(test.model, read.frames, as_of=read.as_of)
        call.predictions = len(told)
    told = told[told["level"].isin(LOGGED_LEVELS)]
    return trial.in_shadow(test, told, FORECASTING.entities(told))


def _published_by(desk: Desk, job_id: str) -> Publication | None:
    with desk.state.read() as session:
        found = list_publications(session, FORECASTING.key, limit=1000)
    return next((p for p in found if p.job_id == job_id), None)


def _register(
    desk: Desk,
    read: Inputs,
    version: int | None,
    folder: str,
    summary: dict[str, Any],
    job_id: str,
) -> Publication:
    now = datetime.now(UTC).replace(tzinfo=None)
    with desk.state.decide(
        "worker",
        "forecast.published",
        f"publication:{job_id}",
        after={"snapshot": read.snapshot, "model_version": version},
    ) as session:
        return add_publication(
            session,
            capability=FORECASTING.key,
            model_version=version,
            snapshot=read.snapshot,
            as_of=read.as_of,
            folder=folder,
            summary=summary,
            now=now,
            job_id=job_id,
        )


def _log(
    desk: Desk,
    publication: Publication,
    forecast: pd.DataFrame,
    test: Trial | None,
    shadow: list[Believed],
) -> None:
    """Write down what is believed, by arm while an experiment runs; a second time changes
    nothing."""
    wanted = forecast[forecast["level"].isin(LOGGED_LEVELS)]
    entities = FORECASTING.entities(wanted)
    version = publication.model_version
    groups: dict[tuple[int | None, str], list[Believed]] = {}
    if test is None:
        groups[version, "champion" if version is not None else "baseline"] = [
            Believed(entity=entity, prediction=float(units), features_ref=publication.folder)
            for entity, units in zip(entities, wanted["mean"], strict=True)
        ]
    else:
        challenger = test.running.challenger
        for arm, one in trial.believed(test, wanted, entities, publication.folder):
            speaks = challenger if arm == trial.CHALLENGER else version
            groups.setdefault((speaks, arm), []).append(one)
        groups[challenger, trial.SHADOW] = shadow
    with desk.state.write() as session:
        for (number, arm), rows in groups.items():
            log_predictions(
                session,
                capability=FORECASTING.key,
                model_version=number,
                arm=arm,
                as_of=publication.as_of,
                made_at=publication.created_at,
                rows=rows,
            )


def _facts(publication: Publication) -> dict[str, Any]:
    summary = publication.summary
    return {
        "sentence": (
            f"{summary['products']:,} products forecast for {summary['horizon_weeks']} weeks by "
            f"{summary['label']}."
        ),
        "publication": publication.publication_id,
        "snapshot": publication.snapshot,
        "model_version": publication.model_version,
    }


def within(progress: Progress, low: float, high: float) -> Progress:
    """A progress that fills only a part of another; the step begins with a capital."""
    return lambda step, share: progress(step[:1].upper() + step[1:], low + (high - low) * share)


def _name(job_id: str) -> str:
    """The job's id as the name of a folder."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,100}", job_id):
        return job_id
    return hashlib.sha256(job_id.encode()).hexdigest()[:24]
