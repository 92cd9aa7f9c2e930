"""Train one candidate on the newest snapshot and store it as a version."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.services.forecasting import inputs
from app.services.forecasting.comparing import NEXT_WEEKS, NEXT_WEEKS_FILE
from app.services.forecasting.inputs import Inputs
from data_access.models import ModelVersion, NewVersion
from ml.contract import Progress
from ml.forecasting import FORECASTING, ForecastModel

if TYPE_CHECKING:
    from app.context import Desk

SEED = 20_261


def train(
    desk: Desk,
    *,
    candidate: str,
    parameters: Mapping[str, Any] | None = None,
    asked_by: str,
    job_id: str,
    progress: Progress,
    snapshot: int | None = None,
    seed: int = SEED,
) -> ModelVersion:
    """Measure, fit and store; the same job stores the same version however often it runs.

    Raises
    ------
    NotEnoughData : there are too few weeks, with how many there are and would do.
    WrongParameter : a parameter is unknown or outside its bounds.
    """
    stored = desk.models.stored_by(FORECASTING.key, job_id)
    if stored is not None:
        return stored
    started = time.perf_counter()
    manifest = inputs.newest_snapshot(desk) if snapshot is None else desk.store.get(snapshot)
    progress("Reading the sales", 0.01)
    read = inputs.read(desk, manifest)
    given = {"parameters": parameters, "as_of": read.as_of, "seed": seed}
    evaluation = FORECASTING.evaluate(
        candidate, read.frames, progress=within(progress, 0.05, 0.75), **given
    )
    model = FORECASTING.fit(
        candidate,
        read.frames,
        evaluation=evaluation,
        progress=within(progress, 0.75, 0.95),
        **given,
    )
    progress("Storing the model", 0.96)
    new = NewVersion(
        capability=FORECASTING.key,
        candidate=candidate,
        parameters=dict(evaluation.parameters),
        snapshot=manifest.number,
        as_of=read.as_of,
        asked_by=asked_by,
        created_at=datetime.now(UTC).replace(tzinfo=None),
        metrics=evaluation.metrics,
        baseline=evaluation.baseline_metrics,
        baseline_label=evaluation.baseline_label,
        beats_baseline=evaluation.beats_baseline,
        verdict=evaluation.verdict,
        seconds=round(time.perf_counter() - started, 1),
        job_id=job_id,
        summary={**evaluation.to_json(), "story": model.story},
    )
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "model"
        FORECASTING.save(model, files)
        next_weeks(model, read).to_parquet(files / NEXT_WEEKS_FILE, index=False)
        version = desk.models.create_version(new, files)
    progress("Stored", 1.0)
    return version


def next_weeks(model: ForecastModel, read: Inputs) -> pd.DataFrame:
    """What the model says of the next weeks of each product: kept with it for the preview."""
    told = FORECASTING.predict(model, read.frames, as_of=read.as_of)
    near = told[(told["level"] == "product") & (told["ahead"] <= NEXT_WEEKS)]
    return near[["level", "series_id", "week", "ahead", "mean"]].astype({"level": str})


def within(progress: Progress, low: float, high: float) -> Progress:
    """A progress that fills only a part of another; the step begins with a capital."""
    return lambda step, share: progress(step[:1].upper() + step[1:], low + (high - low) * share)
