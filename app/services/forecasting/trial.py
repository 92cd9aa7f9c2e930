"""An experiment about forecasts: its units are categories, each decided by one of two models.

The unit is the category that a product lies in itself. Only categories without others below them
are logged by arm: a sum over several may hold the words of both models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.services import serving
from app.services.experiments.arms import CHALLENGER, CHAMPION, SHADOW, Running, running, unit_ref
from data_access.state.predictions import Believed
from ml.forecasting import KEY
from ml.forecasting.panel import UNCATEGORISED, ancestors

if TYPE_CHECKING:
    import pandas as pd

    from app.context import Desk
    from ml.contract import Frames
    from ml.forecasting import ForecastModel
    from ml.forecasting.telling import Beside

MIXED = "mixed"
"""Arm in the log of sums in which both models have a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An experiment as one publication carries it out."""

    running: Running
    model: ForecastModel | None  # the challenger; None: its files are refused
    arms: dict[str, str]  # by category with products of its own
    leaves: frozenset[str]  # of these, those that are logged by arm

    @property
    def beside(self) -> Beside | None:
        """What the challenger speaks for; None where it decides nothing."""
        from ml.forecasting.telling import Beside

        mine = frozenset(name for name, arm in self.arms.items() if arm == CHALLENGER)
        if self.model is None or not mine:
            return None
        return Beside(self.model, mine)

    def to_json(self) -> dict[str, Any]:
        """As the publication remembers it."""
        told = self.beside
        return {
            "id": self.running.experiment_id,
            "mode": self.running.mode,
            "challenger": self.running.challenger,
            "categories": sorted(told.categories) if told else [],
        }


def of(desk: Desk, frames: Frames, scoped: Collection[str] = ()) -> Trial | None:
    """The experiment that runs now, with the arm of each category.

    scoped : keys of scopes for which yet another model speaks; a category among them is in no arm.
    """
    test = running(desk, KEY)
    if test is None:
        return None
    own = _own_categories(frames)
    above = {name for one in own for name in ancestors(frames).get(one, [one])[1:]}
    return Trial(
        running=test,
        model=serving.challenger(desk, KEY, test.challenger),
        arms={name: test.arm(unit_of(name)) for name in sorted(own)},
        leaves=frozenset(name for name in own - above if f"{KEY}/{unit_of(name)}" not in scoped),
    )


def unit_of(category: str) -> str:
    """The unit of a category: the entity in the prediction log without its week."""
    return f"category:{category}"


def believed(
    trial: Trial, forecast: pd.DataFrame, entities: pd.Series, folder: str
) -> Iterator[tuple[str, Believed]]:
    """Arm and entry of the log for rows of a forecast of shop and categories."""
    speaks = trial.beside is not None
    rows = zip(forecast["level"], forecast["series_id"], entities, forecast["mean"], strict=True)
    for level, series, entity, units in rows:
        name = str(series)
        leaf = level == "category" and name in trial.leaves
        arm = CHAMPION if not speaks else trial.arms[name] if leaf else MIXED
        ref = unit_ref(unit_of(name)) if leaf else folder
        yield arm, Believed(entity=entity, prediction=float(units), features_ref=ref)


def in_shadow(trial: Trial, forecast: pd.DataFrame, entities: pd.Series) -> list[Believed]:
    """Entries of the log for what a challenger in shadow says of categories."""
    told = zip(forecast["level"], forecast["series_id"], entities, forecast["mean"], strict=True)
    return [
        Believed(entity=entity, prediction=float(units), features_ref=unit_ref(unit_of(str(name))))
        for level, name, entity, units in told
        if level == "category" and str(name) in trial.leaves
    ]


def _own_categories(frames: Frames) -> set[str]:
    given = frames.get("products")
    source = frames["panel"] if given is None or given.empty else given
    return {str(one) for one in source["category_id"].fillna(UNCATEGORISED).unique()}


__all__ = ["CHALLENGER", "MIXED", "SHADOW", "Trial", "believed", "in_shadow", "of", "unit_of"]
