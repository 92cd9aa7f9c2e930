"""Fraud review: inputs for training, what decides, what a version would change, outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from app.context import Desk
    from app.jobs.kinds import ReportProgress
    from data_access.models import ModelVersion
    from data_access.snapshots.manifest import Manifest
    from ml.contract import Frames, Preview

__all__ = ["as_of", "consequences", "frames", "grade", "now_and_then", "publish"]

# Everything is imported where it is called: pages read single modules of this folder, and none of
# them should load what only training needs.


def frames(desk: Desk, manifest: Manifest) -> Frames:
    """All inputs of the capability from one snapshot; see `inputs.frames`."""
    from app.services.fraud import inputs

    return inputs.frames(desk, manifest)


def as_of(desk: Desk, manifest: Manifest) -> date:
    """The last local day that is wholly known; see `inputs.as_of`."""
    from app.services.fraud import inputs

    return inputs.as_of(desk, manifest)


def publish(desk: Desk, *, job_id: str, progress: ReportProgress) -> dict[str, Any]:
    """Log the champion's scores of the open cases; see `learning.publish`."""
    from app.services.fraud import learning

    return learning.publish(desk, job_id=job_id, progress=progress)


def now_and_then(desk: Desk, proposed: ModelVersion) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores by what decides now and by a version; see `learning.now_and_then`."""
    from app.services.fraud import learning

    return learning.now_and_then(desk, proposed)


def consequences(desk: Desk, now: pd.DataFrame, then: pd.DataFrame) -> Preview | None:
    """What changes in the queue; see `learning.consequences`."""
    from app.services.fraud import learning

    return learning.consequences(desk, now, then)


def grade(desk: Desk) -> int:
    """Write down what came of logged scores; see `learning.grade`."""
    from app.services.fraud import learning

    return learning.grade(desk)
