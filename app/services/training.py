"""What jobs and pages ask of any capability's service, whichever capability it is."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from app.jobs.kinds import JobError, ReportProgress
from data_access.kill_points import kill_point
from data_access.models import ModelVersion
from data_access.snapshots.manifest import Manifest
from data_access.state.pins import pin, unpin
from ml import contract
from ml.contract import Preview, Progress

if TYPE_CHECKING:
    from app.context import Desk

MIDDLE = 0.5
"""Share of a training at which the rehearsed power cut "train:learning" comes."""


class CapabilityService(Protocol):
    """What ``app/services/<capability>`` offers."""

    def train(
        self,
        desk: Desk,
        *,
        candidate: str,
        parameters: Mapping[str, Any] | None,
        asked_by: str,
        job_id: str,
        progress: Progress,
    ) -> ModelVersion:
        """Measure, fit and store on the newest snapshot; once a job."""

    def publish(self, desk: Desk, *, job_id: str, progress: Progress) -> dict[str, Any]:
        """Store the champion's results on the newest snapshot, once a job; JSON-ready facts."""

    def preview(self, desk: Desk, version: int | None) -> Preview:
        """What changes if this version (None: the rule of thumb) decides."""


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
    """Train and store a version; its snapshot is kept from retention meanwhile.

    Raises
    ------
    JobError : there is no snapshot yet.
    ModelError : too little data, or a parameter out of its bounds.
    """
    stored = desk.models.stored_by(capability, job_id)
    if stored is not None:
        return stored
    manifest = newest_snapshot(desk)
    holder = f"job:{job_id}"
    with desk.state.write() as session:
        pin(session, snapshot=manifest.number, holder=holder, now=_now())

    def told(step: str, share: float) -> None:
        if share >= MIDDLE:
            kill_point("train:learning")
        progress(step, share)

    try:
        version = service_of(capability).train(
            desk,
            candidate=candidate,
            parameters=parameters,
            asked_by=asked_by,
            job_id=job_id,
            progress=told,
        )
    finally:
        with desk.state.write() as session:
            unpin(session, holder=holder)
    progress("Stored", 1.0, version.sentence)
    return version


def newest_snapshot(desk: Desk) -> Manifest:
    manifest = desk.store.newest()
    if manifest is None:
        raise JobError(
            "There is no snapshot of the shop yet.", remedy="Refresh the data, then try again."
        )
    return manifest


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
