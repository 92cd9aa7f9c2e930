"""Forecast everything by the champion and store it; nobody waits for it on a page."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.services.forecasting import inputs, stored
from app.services.forecasting.inputs import Inputs
from app.services.training import SEED, newest_snapshot
from data_access.kill_points import kill_point
from data_access.state.champions import get_champion
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
    with desk.state.read() as session:
        champion = get_champion(session, FORECASTING.key)
    version = champion.model_version if champion else None
    progress("Reading the sales", 0.01)
    read = inputs.read(desk, manifest)
    model, summary = _model(desk, version, read, within(progress, 0.05, 0.4))
    found = FORECASTING.everything(
        model, read.frames, as_of=read.as_of, progress=within(progress, 0.4, 0.9)
    )
    forecast = found.forecast
    progress("Storing the forecast", 0.92)
    folder = f"{stored.FOLDER}/{_name(job_id)}"
    draft = desk.settings.artifacts / f"{folder}.draft"
    draft.mkdir(parents=True, exist_ok=True)
    rows = stored.write(draft, forecast, found.parts, found.totals)
    stored.put_in_place(draft, desk.settings.artifacts / folder)
    kill_point("forecast-stored")
    products = int((forecast["level"] == "product").sum() / max(model.horizon, 1))
    summary |= {
        "rows": rows,
        "products": products,
        "horizon_weeks": model.horizon,
        "seconds": round(time.perf_counter() - started, 1),
    }
    publication = _register(desk, read, version, folder, summary, job_id)
    _log(desk, publication, forecast)
    progress("Stored", 1.0)
    return _facts(publication)


def _model(
    desk: Desk, version: int | None, read: Inputs, progress: Progress
) -> tuple[ForecastModel, dict[str, Any]]:
    """The champion with its figures, or the rule of thumb measured here."""
    if version is not None:
        kept = desk.models.version(FORECASTING.key, version)
        model = FORECASTING.load(desk.models.files(FORECASTING.key, version))
        return model, {
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


def _log(desk: Desk, publication: Publication, forecast: pd.DataFrame) -> None:
    """Write down what is believed; a second time changes nothing."""
    wanted = forecast[forecast["level"].isin(LOGGED_LEVELS)]
    entities = FORECASTING.entities(wanted)

    def rows() -> Iterator[Believed]:
        for entity, units in zip(entities, wanted["mean"], strict=True):
            yield Believed(entity=entity, prediction=float(units), features_ref=publication.folder)

    with desk.state.write() as session:
        log_predictions(
            session,
            capability=FORECASTING.key,
            model_version=publication.model_version,
            arm="champion" if publication.model_version is not None else "baseline",
            as_of=publication.as_of,
            made_at=publication.created_at,
            rows=rows(),
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
