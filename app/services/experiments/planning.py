"""Before a split begins: how many units it takes, learned from the champion's own cases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from app.services.experiments.outcomes import INTEREST, SEED
from data_access.errors import DataError
from data_access.state import champions
from ml import trials

if TYPE_CHECKING:
    from app.context import Desk
    from ml.contract import Measure

PLANNED = ("fraud",)
"""Capabilities whose cases are kept with the unit that a split divides by."""

MOST_ROWS = 6_000
CASES = "evaluation.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a split would take."""

    measure: Measure
    champion: int
    figure: float  # of the champion on its own cases
    interest: float  # the difference sought, in the measure's unit
    needed: int | None  # units in all; None: more than anybody waits for
    days: float | None  # until so many came, at the pace of those cases


def plan(desk: Desk, capability: str, share: float, *, interest: float = INTEREST) -> Plan | None:
    """None where it cannot be said: no champion, or its cases were not kept.

    Parameters
    ----------
    share : of the units that the challenger would decide, above 0 and below 1.
    """
    from ml.contract import capability as found

    if capability not in PLANNED:
        return None
    number = champion_of(desk, capability)
    if number is None:
        return None
    rows = _cases(desk, capability, number)
    if rows is None or rows.empty:
        return None
    one = found(capability)
    measure = next(each for each in one.measures if each.slug == one.primary)

    def figure(drawn: pd.DataFrame) -> float:
        return one.figures(drawn).get(measure.slug, math.nan)

    # Those left out when the cases were kept count too: each row stands for `weight` of them.
    units = rows["unit"].nunique() * float(rows["weight"].sum()) / len(rows)
    spread = trials.spread_beforehand(rows, figure, share, units=units, seed=SEED)
    value = figure(rows)
    sought = interest * abs(value)
    needed = trials.units_needed(spread, sought) if math.isfinite(sought) else None
    span = max((rows["day"].max() - rows["day"].min()).days + 1, 1)
    return Plan(
        measure=measure,
        champion=number,
        figure=value,
        interest=sought,
        needed=needed,
        days=needed / (units / span) if needed is not None else None,
    )


def champion_of(desk: Desk, capability: str) -> int | None:
    """Number of the version that decides; None: the rule of thumb."""
    with desk.state.read() as session:
        row = champions.get_champion(session, capability)
    return row.model_version if row is not None else None


def _cases(desk: Desk, capability: str, number: int) -> pd.DataFrame | None:
    try:
        path = desk.models.file(capability, number, CASES)
    except DataError:  # what serves says why; a plan can do without
        return None
    if path is None:
        return None
    rows = pd.read_parquet(path)
    if len(rows) <= MOST_ROWS:
        return rows
    rare = rows["actual"] > 0
    kept = rows[~rare].sample(max(MOST_ROWS - int(rare.sum()), 1), random_state=SEED)
    more = (~rare).sum() / max(len(kept), 1)
    return pd.concat([rows[rare], kept.assign(weight=kept["weight"] * more)])
