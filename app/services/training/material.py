"""What trainings and searches learn from: a capability's data of the newest snapshot, read once."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol, cast

from app.jobs.kinds import JobError, Json, ReportProgress
from app.services.training import known, scopes
from data_access.models import ModelVersion
from data_access.scope import WHOLE, Scope
from data_access.snapshots.manifest import Manifest
from data_access.state.engine import utc_now
from data_access.state.pins import pin, unpin
from ml import contract
from ml.contract import Capability, Frames, Preview

if TYPE_CHECKING:
    import pandas as pd

    from app.context import Desk


class CapabilityService(Protocol):
    """What jobs ask of ``app/services/<capability>.py``."""

    def frames(self, desk: Desk, manifest: Manifest) -> Frames:
        """All inputs of the capability from one snapshot."""

    def as_of(self, desk: Desk, manifest: Manifest) -> date:
        """The last local day that the capability may take as wholly known."""

    def publish(self, desk: Desk, *, job_id: str, progress: ReportProgress) -> Json:
        """Store the champion's results on the newest snapshot, once a job."""

    def now_and_then(self, desk: Desk, proposed: ModelVersion) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Predictions by what decides now and by a version, for the version's scope."""

    def consequences(self, desk: Desk, now: pd.DataFrame, then: pd.DataFrame) -> Preview | None:
        """What changes between the two in what staff decide; None: nothing hangs on it yet."""

    def grade(self, desk: Desk) -> int:
        """Fill the outcomes of logged predictions that are known now; how many."""


def service_of(capability: str) -> CapabilityService:
    """The service of a capability that is listed in `ml.contract.capabilities`."""
    key = contract.capability(capability).key
    return cast(CapabilityService, importlib.import_module(f"app.services.{key}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the candidates of one training learn from, read once for all of them."""

    capability: Capability
    manifest: Manifest
    frames: Frames  # cut to the scope
    as_of: date
    scope: Scope = WHOLE
    label: str | None = None  # of the scope, as staff know it
    data: str | None = None  # digest of the frames, see `known`
    why: str = ""  # the training was asked for, in a sentence


@contextmanager
def read_material(
    desk: Desk, found: Capability, scope: Scope, *, why: str, job_id: str, progress: ReportProgress
) -> Iterator[Material]:
    """Read the newest snapshot, which is kept from retention until the block ends.

    Raises
    ------
    JobError : there is no snapshot or no such series.
    NotEnoughData : the capability lacks something that every model of it needs.
    """
    label = scopes.label_of(desk, scope)
    manifest = newest_snapshot(desk)
    holder = f"job:{job_id}"
    with desk.state.write() as session:
        pin(session, snapshot=manifest.number, holder=holder, now=utc_now())
    try:
        service = service_of(found.key)
        progress("Reading the data", 0.0, f"Snapshot {manifest.number}.")
        frames = scopes.cut(service.frames(desk, manifest), scope)
        found.check(frames)
        yield Material(
            capability=found,
            manifest=manifest,
            frames=frames,
            as_of=service.as_of(desk, manifest),
            scope=scope,
            label=label,
            data=known.digest(frames),
            why=why,
        )
    finally:
        with desk.state.write() as session:
            unpin(session, holder=holder)


def newest_snapshot(desk: Desk) -> Manifest:
    manifest = desk.store.newest()
    if manifest is None:
        raise JobError(
            "There is no snapshot of the shop yet.", remedy="Refresh the data, then try again."
        )
    return manifest
