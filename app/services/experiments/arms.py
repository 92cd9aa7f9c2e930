"""Whose turn it is: the arm of a unit, and what runs now.

Light: what scores and publishes asks this for every batch, so nothing is loaded but one row.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from data_access.state import experiments as store
from data_access.state.model_tables import Experiment

if TYPE_CHECKING:
    from app.context import Desk

Arm = Literal["champion", "challenger"]
Mode = Literal["split", "shadow"]

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
SHADOW: Final = "shadow"
"""Arm under which the prediction log keeps what a challenger in shadow said."""

UNIT = "unit:"
"""Before the unit in `Prediction.features_ref`, wherever an experiment has a say."""

_STEPS = 2**53  # as many as a float holds exactly, so that the largest is still below one


def place_of(salt: str, unit: str) -> float:
    """Where a unit stands between 0 and 1 (never 1): the same for ever, spread evenly."""
    # A salt holds no line break, so no two pairs give the same text.
    digest = hashlib.blake2b(f"{salt}\n{unit}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / _STEPS


def arm_of(salt: str, unit: str, share: float) -> Arm:
    """Who decides for a unit; raising the share never takes a unit from the challenger.

    Parameters
    ----------
    unit : what decisions hang together by, e.g. customers linked by device or card.
    share : 0 to 1 of the units that the challenger decides.

    Raises
    ------
    ValueError : the share is outside 0 to 1.
    """
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise ValueError(f"no such share: {share}")
    return CHALLENGER if place_of(salt, unit) < share else CHAMPION


def unit_ref(unit: str) -> str:
    """What `Prediction.features_ref` keeps while an experiment runs, of champion, challenger and
    shadow alike: cases of one unit are drawn together when luck is measured.
    """
    return UNIT + unit


def unit_of(entity: str, features_ref: str | None) -> str:
    """The unit of a logged prediction; where none was kept, its entity without the day."""
    if features_ref is not None and features_ref.startswith(UNIT):
        return features_ref.removeprefix(UNIT)
    return entity.rpartition("/")[0] or entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The experiment of a capability that runs now."""

    experiment_id: int
    capability: str
    mode: Mode
    champion: int | None  # None: the rule of thumb
    challenger: int
    share: float  # 0 to 1 of the units; 0 in shadow
    salt: str
    started_at: datetime  # naive UTC
    started_by: str
    row_version: int  # hand it back with a change

    @property
    def shadow(self) -> bool:
        """The challenger is asked everything and decides nothing."""
        return self.mode == "shadow"

    def arm(self, unit: str) -> Arm:
        """Who decides for a unit; in shadow always the champion."""
        return CHAMPION if self.shadow else arm_of(self.salt, unit, self.share)


def running(desk: Desk, capability: str) -> Running | None:
    """What runs now, or None; one row by a unique index."""
    with desk.state.read() as session:
        row = store.running_experiment(session, capability)
        return running_of(row) if row is not None else None


def running_of(row: Experiment) -> Running:
    return Running(
        experiment_id=row.experiment_id,
        capability=row.capability,
        mode="shadow" if row.mode == "shadow" else "split",
        champion=row.champion,
        challenger=row.challenger,
        share=row.share,
        salt=row.salt,
        started_at=row.started_at,
        started_by=row.started_by,
        row_version=row.version,
    )
