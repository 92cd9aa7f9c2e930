"""Train a candidate of any capability: evaluate, fit, store as a version. Nothing is activated."""

from __future__ import annotations

import importlib
import logging
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from app.jobs.kinds import JobError, Json, ReportProgress
from data_access.errors import DataError
from data_access.kill_points import kill_point
from data_access.models import ModelVersion, NewVersion
from data_access.snapshots.manifest import Manifest
from data_access.state.champions import get_champion
from data_access.state.pins import pin, unpin
from ml import contract
from ml.contract import Frames, Progress

if TYPE_CHECKING:
    from app.context import Desk

log = logging.getLogger("shopsight.training")

SEED = 7
"""Of whatever chance a training needs: the same data train the same model."""


class CapabilityService(Protocol):
    """What jobs ask of ``app/services/<capability>.py``."""

    def frames(self, desk: Desk, manifest: Manifest) -> Frames:
        """All inputs of the capability from one snapshot."""

    def as_of(self, desk: Desk, manifest: Manifest) -> date:
        """The last local day that the capability may take as wholly known."""

    def publish(self, desk: Desk, *, job_id: str, progress: ReportProgress) -> Json:
        """Store the champion's results on the newest snapshot, once a job."""

    def grade(self, desk: Desk) -> int:
        """Fill the outcomes of logged predictions that are known now; how many."""


def service_of(capability: str) -> CapabilityService:
    """The service of a capability that is listed in `ml.contract.capabilities`."""
    key = contract.capability(capability).key
    return cast(CapabilityService, importlib.import_module(f"app.services.{key}"))


def train(
    desk: Desk,
    *,
    capability: str,
    candidate: str,
    parameters: Mapping[str, Any],
    asked_by: str,
    job_id: str,
    progress: ReportProgress,
) -> ModelVersion:
    """Train on the newest snapshot; the same job stores one version, however often it runs.

    Raises
    ------
    JobError : there is no snapshot yet.
    ModelError : too little data, or a parameter out of its bounds.
    """
    stored = desk.models.stored_by(capability, job_id)
    if stored is not None:
        return stored
    found = contract.capability(capability)
    chosen = contract.candidate(found, candidate)
    values = chosen.check(parameters)
    manifest = newest_snapshot(desk)
    holder = f"job:{job_id}"
    with desk.state.write() as session:
        pin(session, snapshot=manifest.number, holder=holder, now=_now())
    try:
        began = time.monotonic()
        progress("Reading the data", 0.0, f"Snapshot {manifest.number}.")
        frames = service_of(capability).frames(desk, manifest)
        found.check(frames)
        as_of = service_of(capability).as_of(desk, manifest)
        evaluation = found.evaluate(
            chosen.key,
            frames,
            as_of=as_of,
            seed=SEED,
            parameters=values,
            progress=_part(progress, 0.05, 0.6),
        )
        progress("Learning", 0.6, evaluation.verdict)
        kill_point("train-evaluated")
        model = found.fit(
            chosen.key,
            frames,
            as_of=as_of,
            seed=SEED,
            parameters=values,
            evaluation=evaluation,
            progress=_part(progress, 0.6, 0.9),
        )
        kill_point("train-fitted")
        progress("Storing the version", 0.9)
        new = NewVersion(
            capability=found.key,
            candidate=chosen.key,
            parameters=dict(values),
            snapshot=manifest.number,
            as_of=as_of,
            asked_by=asked_by,
            created_at=_now(),
            metrics=dict(evaluation.metrics),
            baseline=dict(evaluation.baseline_metrics),
            baseline_label=evaluation.baseline_label,
            beats_baseline=evaluation.beats_baseline,
            verdict=evaluation.verdict,
            seconds=round(time.monotonic() - began, 2),
            job_id=job_id,
            summary=evaluation.to_json(),
        )
        with tempfile.TemporaryDirectory(prefix="shopsight-model-") as folder:
            found.save(model, Path(folder))
            version = desk.models.create_version(new, Path(folder))
        progress("Comparing with what decides now", 0.95, version.sentence)
        _compare(desk, version)
        return version
    finally:
        with desk.state.write() as session:
            unpin(session, holder=holder)


def _compare(desk: Desk, version: ModelVersion) -> None:
    """Work out here what would change, so that the page of the activation need not."""
    from app.services.previews import work_out

    with desk.state.read() as session:
        champion = get_champion(session, version.capability)
    current = champion.model_version if champion else None
    try:
        work_out(desk, version.capability, current, version.number)
    except (DataError, contract.ModelError) as error:
        log.warning("no preview of %s %s: %s", version.capability, version.number, error)


def newest_snapshot(desk: Desk) -> Manifest:
    manifest = desk.store.newest()
    if manifest is None:
        raise JobError(
            "There is no snapshot of the shop yet.", remedy="Refresh the data, then try again."
        )
    return manifest


def _part(progress: ReportProgress, start: float, end: float) -> Progress:
    """A stretch of the whole job's progress, as ml reports its own from 0 to 1."""

    def told(step: str, share: float) -> None:
        progress(step, start + (end - start) * min(max(share, 0.0), 1.0))

    return told


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
