"""What lies over every candidate's forecast alike: planned prices, and look-alikes of new products.

Candidates learn the base: what sells if prices stay as they are. A layer changes the base of the
products that it knows something about, and says by how much and under which part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting import newcomers, plans
from ml.forecasting.answers import Answers
from ml.forecasting.features import YEAR
from ml.forecasting.panel import Panel
from ml.forecasting.plans import Planned
from ml.forecasting.types import Bools, Floats

USUAL, PRICE, PROMOTION = "usual level", "price", "promotion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """A forecast after its layers."""

    mean: Floats  # [n, H] units
    parts: dict[str, Floats] = field(default_factory=dict)  # part → [n, H] units added to it
    wobbles: Floats | None = None  # [n] units: how far weeks stray; None: as the panel shows
    newcomers: pd.DataFrame | None = None  # as `newcomers.Newcomers.used`; None: no product is new


Holds = Literal["plans", "year", "nothing"]
"""What a base forecast already holds of promotions: what is planned, what ran in the same weeks a
year before, or neither."""


def over(panel: Panel, frames: Frames, mean: Floats, *, holds: Holds = "plans") -> Layered:
    """The layers over a base forecast from the panel's last week.

    Parameters
    ----------
    panel : the products that are forecast, in the order of `mean`.
    frames : `price_plans`, `promotions`, `look_alikes` and `response` (see `response.learn`)
        are read where they are there.
    mean : [n, H] units, by a candidate.
    holds : of promotions. "plans" for a candidate that looks at planned ones; for the others
        what they will lift is added here, less what last year's same weeks were lifted by where
        these are the forecast ("year").

    Returns
    -------
    Units, never negative; the parts are what was added to `mean`, so that they sum to the change.
    """
    base = np.maximum(np.asarray(mean, np.float64), 0.0)
    parts: dict[str, Floats] = {}
    new = newcomers.forecast(panel, frames, base)
    now = base
    if new is not None:
        now = new.mean
        parts[USUAL] = now - base
    answers = Answers.of(frames)
    if answers is not None:
        for part, factor in (
            (PRICE, _price(panel, frames, answers)),
            (PROMOTION, None if holds == "plans" else _promotion(panel, frames, answers, holds)),
        ):
            if factor is not None:
                parts[part] = now * (factor - 1)
                now = now * factor
    return Layered(
        mean=now.astype(np.float32),
        parts={name: units.astype(np.float32) for name, units in parts.items()},
        wobbles=None if new is None else new.wobbles,
        newcomers=None if new is None else new.used,
    )


def _price(panel: Panel, frames: Frames, answers: Answers) -> Floats | None:
    """[n, H] factor on units of planned prices; None where none is planned."""
    planned = plans.known(panel, frames, "price_plans", "change")
    if not planned:
        return None
    rows = plans.touched(planned)
    place = np.full(panel.n, -1)
    place[rows] = np.arange(len(rows))
    # By day: log of the planned price over today's.
    log = np.zeros((len(rows), panel.horizon * plans.DAYS))
    for plan in planned:
        at = place[plan.rows]
        step = float(np.log1p(plan.value))
        done = _done(panel, plan, step)
        begin = max(plan.first, 0)
        log[at, begin : plan.last + 1] = np.where(done, 0.0, step)[:, None]
        log[at[done], plan.last + 1 :] = -step  # back to the price before the plan
    ids = panel.products[rows]
    elasticity = answers.elasticity(ids, panel.categories[panel.category_of[rows]])
    factor = np.ones((panel.n, panel.horizon))
    factor[rows] = plans.by_week(np.exp(elasticity[:, None] * log))
    return factor


def _done(panel: Panel, plan: Planned, step: float) -> Bools:
    """Products whose list price already moved as planned: what they sell knows it."""
    if plan.first >= 0:
        return np.zeros(len(plan.rows), bool)
    week = panel.n_weeks + plan.first // plans.DAYS - 1  # the one before the plan began
    if week < 0:
        return np.ones(len(plan.rows), bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = np.log(panel.price[plan.rows, -1] / panel.price[plan.rows, week])
    return np.asarray(np.abs(moved - step) < 0.5 * abs(step))


def _promotion(panel: Panel, frames: Frames, answers: Answers, holds: Holds) -> Floats | None:
    """[n, H] factor on units of promotions; None where none is planned."""
    planned = plans.known(panel, frames, "promotions", "discount")
    if not planned:
        return None
    rows = plans.touched(planned)
    place = np.full(panel.n, -1)
    place[rows] = np.arange(len(rows))
    discount = np.zeros((len(rows), panel.horizon * plans.DAYS))
    for plan in planned:
        at, days = place[plan.rows], slice(max(plan.first, 0), plan.last + 1)
        discount[at, days] = np.maximum(discount[at, days], plan.value)
    names = panel.products[rows], panel.categories[panel.category_of[rows]]
    lifted = plans.by_week(np.exp(answers.promotion(*names, discount)))
    if holds == "year":
        before = np.exp(answers.promotion(*names, _a_year_before(panel)[rows]))
        lifted = np.where(lifted != 1, lifted / before, 1.0)
    factor = np.ones((panel.n, panel.horizon))
    factor[rows] = lifted
    return factor


def _a_year_before(panel: Panel) -> Floats:
    """[n, H] discount (times its share of the week) in the weeks a year before those ahead."""
    weeks = panel.n_weeks + np.arange(panel.horizon) - YEAR
    return np.where(weeks >= 0, panel.promotions.deepest[:, np.maximum(weeks, 0)], 0.0)


def planned_products(panel: Panel, frames: Frames) -> pd.Index:
    """Products whose forecast a planned price changes, for a publication's facts."""
    planned = plans.known(panel, frames, "price_plans", "change")
    return pd.Index(panel.products[plans.touched(planned)] if planned else [])
