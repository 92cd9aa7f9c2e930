"""What came of an experiment so far: each arm's figure, which is better and how surely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from app.services.experiments.arms import CHALLENGER, CHAMPION, SHADOW, UNIT, unit_of
from app.services.experiments.views import ExperimentView, view_of
from data_access.state import experiments as store
from ml import trials
from ml.trials import Compared

if TYPE_CHECKING:
    from app.context import Desk
    from data_access.state.model_tables import Experiment
    from ml.contract import Capability, Measure

BASELINE = "baseline"  # arm of the rule of thumb where it decides
MOST_ROWS = 10_000
"""Graded predictions of an arm, the newest: enough to tell, few enough to draw from at a click."""

INTEREST = 0.1
"""A difference of interest, as a share of the champion's figure."""

SEED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCount:
    """How much of an arm is known."""

    predictions: int
    graded: int
    units: int  # different ones among all predictions; 0: the log does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Both arms side by side."""

    experiment: ExperimentView
    measure: Measure
    champion: ArmCount
    challenger: ArmCount
    compared: Compared | None  # None: nothing is graded in one of the arms
    uneven: bool  # units fell so unlike the share that the split itself is in doubt
    needed: int | None  # units in all to tell a difference of interest; None: cannot be said
    interest: float  # that difference, in the measure's unit; NaN where there is no figure yet


def arms_of(row: Experiment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names in the prediction log of the champion's and of the challenger's arm."""
    return (CHAMPION, BASELINE), ((SHADOW,) if row.mode == "shadow" else (CHALLENGER,))


def stamp(desk: Desk, experiment_id: int) -> tuple[str, ...]:
    """Changes whenever the outcomes do: what was counted, and when the last outcome came."""
    with desk.state.read() as session:
        row = store.get_experiment(session, experiment_id)
        first, second = arms_of(row)
        counts = [
            store.logged(session, row, arms=first, number=row.champion, prefix=UNIT),
            store.logged(session, row, arms=second, number=row.challenger, prefix=UNIT),
        ]
    return (*(str(one) for one in counts), str(row.version))


def outcomes(desk: Desk, experiment_id: int, *, interest: float = INTEREST) -> Outcomes:
    """Figures by the capability's primary measure.

    Parameters
    ----------
    interest : a difference worth knowing, as a share of the champion's figure.

    Raises
    ------
    DataError : there is no such experiment.
    """
    from ml.contract import capability

    with desk.state.read() as session:
        row = store.get_experiment(session, experiment_id)
        first, second = arms_of(row)
        left = store.logged(session, row, arms=first, number=row.champion, prefix=UNIT)
        right = store.logged(session, row, arms=second, number=row.challenger, prefix=UNIT)
        rows = [
            _rows(store.graded(session, row, arms=arms, number=number, limit=MOST_ROWS))
            for arms, number in ((first, row.champion), (second, row.challenger))
        ]
    found = capability(row.capability)
    measure = next(one for one in found.measures if one.slug == found.primary)
    compared = _compared(found, measure, row.mode == "shadow", *rows)
    sought = interest * abs(compared.champion.value) if compared is not None else math.nan
    return Outcomes(
        experiment=view_of(row),
        measure=measure,
        champion=ArmCount(predictions=left.predictions, graded=left.graded, units=left.units),
        challenger=ArmCount(predictions=right.predictions, graded=right.graded, units=right.units),
        compared=compared,
        uneven=row.mode == "split" and trials.uneven(left.units, right.units, row.share),
        needed=trials.units_needed(compared.spread, sought) if compared is not None else None,
        interest=sought,
    )


def _rows(found: list[store.GradedRow]) -> pd.DataFrame:
    """Case rows of one arm; an entity that was asked several times counts once in all."""
    frame = pd.DataFrame(found, columns=["entity", "ref", "day", "predicted", "actual"])
    frame["unit"] = [
        unit_of(entity, ref) for entity, ref in zip(frame["entity"], frame["ref"], strict=True)
    ]
    frame["case"] = frame["entity"] + "|" + frame["day"].astype(str)
    frame["day"] = pd.to_datetime(frame["day"]).astype("datetime64[ns]")
    asked = frame.groupby("entity")["case"].transform("size") if len(frame) else 1
    return frame.assign(
        group="", rule=math.nan, weight=(1.0 / asked if len(frame) else 1.0)
    ).astype({"predicted": "float64", "actual": "float64", "weight": "float64"})


def _compared(
    capability: Capability,
    measure: Measure,
    shadow: bool,
    champion: pd.DataFrame,
    challenger: pd.DataFrame,
) -> Compared | None:
    def figure(rows: pd.DataFrame, said: str = "predicted") -> float:
        return capability.figures(rows, said).get(measure.slug, math.nan)

    if shadow:
        both = champion.merge(
            challenger[["case", "predicted"]].rename(columns={"predicted": "challenger"}),
            on="case",
        )
        if both.empty:
            return None
        return trials.paired(
            both,
            figure,
            lambda rows: figure(rows, "challenger"),
            better=measure.better,
            seed=SEED,
        )
    if champion.empty or challenger.empty:
        return None
    return trials.split(champion, challenger, figure, better=measure.better, seed=SEED)
