"""Experiments as pages and programs see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.services.experiments.arms import Mode
from data_access.errors import DataError
from data_access.state.model_tables import Experiment

Ending = Literal["promoted", "dropped", "overtaken"]


class ExperimentRefused(DataError):  # noqa: N818 - reads as what happened
    """An experiment cannot begin, change or end like that; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentView:
    """One experiment, running or ended."""

    experiment_id: int
    capability: str
    mode: Mode
    champion: int | None  # when it began; None: the rule of thumb
    challenger: int
    share: float  # 0 to 1 of the units; 0 in shadow
    started_at: datetime  # naive UTC
    started_by: str
    ended_at: datetime | None
    ended_by: str | None
    ending: str | None  # promoted, dropped or overtaken; None: it runs
    reason: str | None
    row_version: int  # hand it back with a change

    @property
    def runs(self) -> bool:
        return self.ending is None


def view_of(row: Experiment) -> ExperimentView:
    return ExperimentView(
        experiment_id=row.experiment_id,
        capability=row.capability,
        mode="shadow" if row.mode == "shadow" else "split",
        champion=row.champion,
        challenger=row.challenger,
        share=row.share,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        ending=row.ending,
        reason=row.reason,
        row_version=row.version,
    )
