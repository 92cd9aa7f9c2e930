"""Training: one candidate or several, for the whole shop, a category or a product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.jobs.kinds import ReportProgress
from app.services.training.choices import (
    FIRST_BUDGET_S,
    TrainedBefore,
    default_candidates,
    request,
)
from app.services.training.material import CapabilityService, newest_snapshot, service_of
from app.services.training.one import SEED
from app.services.training.scopes import label_of
from app.services.training.several import Failure, Trained, asked, best, train_several
from data_access.models import ModelVersion

if TYPE_CHECKING:
    from app.context import Desk

__all__ = [
    "FIRST_BUDGET_S",
    "SEED",
    "CapabilityService",
    "Failure",
    "Trained",
    "TrainedBefore",
    "asked",
    "best",
    "default_candidates",
    "label_of",
    "newest_snapshot",
    "request",
    "service_of",
    "train",
    "train_several",
]


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
    """Train one candidate for the whole; see `train_several`."""
    wanted = {"capability": capability, "candidate": candidate, "parameters": parameters}
    trained = train_several(desk, wanted, asked_by=asked_by, job_id=job_id, progress=progress)
    return trained.versions[0]
