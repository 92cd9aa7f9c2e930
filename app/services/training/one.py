"""Train one candidate of a capability: evaluate, fit, store as a version. Nothing is activated."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.jobs.kinds import ReportProgress
from data_access.kill_points import kill_point
from data_access.models import ModelVersion, NewVersion
from ml.contract import Candidate, Capability, Progress, Value

if TYPE_CHECKING:
    from app.context import Desk
    from app.services.training.material import Material

log = logging.getLogger("shopsight.training")

CASES = "evaluation.parquet"
"""Beside the model's files: the cases on which it was measured, see `ml.contract.CASE_COLUMNS`."""

SEED = 7
"""Of whatever chance a training needs: the same data train the same model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One candidate with checked parameters."""

    candidate: Candidate
    parameters: Mapping[str, Value]
    story: Mapping[str, Any] = field(default_factory=dict)  # how the parameters were found


def learn(
    desk: Desk,
    material: Material,
    wanted: Wanted,
    *,
    asked_by: str,
    job_id: str,
    progress: ReportProgress,
) -> ModelVersion:
    """Evaluate, fit and store; the same job id stores one version, however often it runs.

    Raises
    ------
    ModelError : too little data.
    """
    found, chosen = material.capability, wanted.candidate
    stored = desk.models.stored_by(found.key, job_id)
    if stored is not None:
        return stored
    began = time.monotonic()
    given: dict[str, Any] = {
        "as_of": material.as_of,
        "seed": SEED,
        "parameters": wanted.parameters,
    }
    evaluation = found.evaluate(
        chosen.key, material.frames, progress=part(progress, 0.0, 0.6), **given
    )
    progress("Learning", 0.6, f"{chosen.label}: {evaluation.verdict}")
    kill_point("train-evaluated")
    model = found.fit(
        chosen.key,
        material.frames,
        evaluation=evaluation,
        progress=part(progress, 0.6, 0.95),
        **given,
    )
    kill_point("train-fitted")
    progress("Storing the version", 0.95)
    new = NewVersion(
        capability=found.key,
        candidate=chosen.key,
        parameters=dict(wanted.parameters),
        snapshot=material.manifest.number,
        as_of=material.as_of,
        asked_by=asked_by,
        created_at=_now(),
        metrics=dict(evaluation.metrics),
        baseline=dict(evaluation.baseline_metrics),
        baseline_label=evaluation.baseline_label,
        beats_baseline=evaluation.beats_baseline,
        verdict=evaluation.verdict,
        seconds=round(time.monotonic() - began, 2),
        job_id=job_id,
        summary={
            **evaluation.to_json(),
            "scope": material.scope.to_json(),
            "scope_label": material.label,
            "seed": SEED,
            "data": material.data,
            "why": material.why,
            **wanted.story,
            "reach": _reach(found, model, material),
        },
    )
    with tempfile.TemporaryDirectory(prefix="shopsight-model-") as folder:
        found.save(model, Path(folder))
        if evaluation.case_rows is not None:
            evaluation.case_rows.to_parquet(Path(folder) / CASES, index=False)
        version = desk.models.create_version(new, Path(folder))
    progress("Stored", 1.0, version.sentence)
    return version


def _reach(found: Capability, model: Any, material: Material) -> dict[str, float]:
    """What matters to the model; a version is no worse for not telling it."""
    try:
        told = found.reach(model, material.frames, as_of=material.as_of)
    except Exception as error:  # whatever it is: the version is whole without it
        log.warning("%s does not tell what matters to its model", found.key, exc_info=error)
        return {}
    return {name: float(value) for name, value in told.items()}


def part(progress: ReportProgress, start: float, end: float) -> Progress:
    """A stretch of the whole job's progress, as ml reports its own from 0 to 1."""

    def told(step: str, share: float) -> None:
        progress(step, start + (end - start) * min(max(share, 0.0), 1.0))

    return told


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
