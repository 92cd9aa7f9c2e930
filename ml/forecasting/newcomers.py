"""New products: forecast by look-alikes until their own sales say enough.

A new product follows two or three established ones and its category in season and trend, and the
shop's past launches in how it starts; how much it sells is told by its own first sales against
what these did on the same weeks. Measured on past launches (`python -m tests.benchmarks what_if`):
that beats both the candidates alone and the category's median until about the eighth week, so it
is used until then, the candidate's own forecast counting for more each week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.forecasting import features, lookalikes
from ml.forecasting.lookalikes import ESTABLISHED, Traits
from ml.forecasting.panel import Panel
from ml.forecasting.types import Bools, Floats, Ints

NEW_WEEKS = 8
"""Weeks on offer with stock until which a product is new."""

BELIEF, CHOSEN_BELIEF = 0.5, 2.0
"""Units of sales that the look-alikes' level counts for; of those that staff chose."""

OWN_FIRST, OWN_STEP = 0.25, 0.05
"""Share of the candidate's own forecast in the first week, and what each later week adds."""

CURVE_WEEKS = 20
FEWEST_LAUNCHES = 20
"""Past launches under which they do not say how a launch goes."""

MEAN_AWAY = 0.8
"""Mean distance from the mean of a bell curve, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    mean: Floats  # [n, H] units, of all products
    wobbles: Floats  # [n] units
    used: pd.DataFrame  # one row a new product and look-alike, the most alike first
    """product_id · alike · similarity (0 to 1) · chosen (by staff) · weeks (seen on offer) · sold
    (units in them)"""


def rows_of_new(panel: Panel) -> Ints:
    """Products launched within the history that were on offer with stock for few weeks."""
    weeks = panel.seen.sum(1)
    return np.flatnonzero((panel.launch > 0) & (weeks < NEW_WEEKS))


def forecast(panel: Panel, frames: Frames, base: Floats) -> Newcomers | None:
    """Forecasts of all products, those of new ones by look-alikes.

    Parameters
    ----------
    base : [n, H] units, by a candidate; the look-alikes' own are read from it.

    Returns
    -------
    None where no product is new, or none is established that could be alike.
    """
    new = rows_of_new(panel)
    old = established(panel)
    if not len(new) or not old.any():
        return None
    known = _Known(panel, base, old)
    alike = _alike(panel, frames, new, old)
    wobble = features.wobbles(panel, panel.n_weeks - 1)
    mean = base.copy()
    told = []
    for row in new:
        others, similar, chosen = alike[int(row)]
        if not len(others):
            continue
        weeks, sold = int(panel.seen[row].sum()), float(panel.units[row].sum())
        belief = CHOSEN_BELIEF if chosen else BELIEF
        shaped = known.scaled(int(row), known.reference(others, panel.category_of[row]), belief)
        if not chosen:
            kind = known.of_category(int(panel.category_of[row]))
            shaped = (shaped + known.scaled(int(row), kind, belief)) / 2
        own = OWN_FIRST + OWN_STEP * weeks
        mean[row] = own * base[row] + (1 - own) * shaped
        usual = known.relative_wobble(others, wobble)
        level = float(mean[row].mean())
        wobble[row] = level * np.sqrt(usual**2 + MEAN_AWAY**2 / (sold + belief))
        for other, likeness in zip(others, similar, strict=True):
            told.append((panel.products[row], panel.products[other], likeness, chosen, weeks, sold))
    columns = ["product_id", "alike", "similarity", "chosen", "weeks", "sold"]
    return Newcomers(mean=mean, wobbles=wobble, used=pd.DataFrame(told, columns=columns))


def established(panel: Panel) -> Bools:
    """[n] products with `ESTABLISHED` weeks on offer with stock, that have sold."""
    return np.asarray((panel.seen.sum(1) >= ESTABLISHED) & (panel.units.sum(1) > 0))


class _Known:
    """What the established products and past launches say."""

    def __init__(self, panel: Panel, base: Floats, old: Bools) -> None:
        self.panel, self.base, self.old = panel, base, old
        self.recent = slice(max(panel.n_weeks - ESTABLISHED, 0), panel.n_weeks)
        smooth = pd.DataFrame(panel.group_sold[:-1].T).rolling(3, center=True, min_periods=1)
        self.season = smooth.mean().to_numpy().T  # [c, T] of each category
        self.curve = launch_curve(panel, self.season)
        self._of_category: dict[int, tuple[float, Floats]] = {}

    def reference(self, others: Ints, category: int) -> tuple[float, Floats]:
        """Their level against the category's sales, and [H] their mean forecast."""
        seen, units = self.panel.seen[:, self.recent], self.panel.units[:, self.recent]
        usual = (seen[others] * self.season[category, self.recent]).sum()
        return float(units[others].sum() / max(usual, 1e-9)), self.base[others].mean(0)

    def of_category(self, category: int) -> tuple[float, Floats]:
        """The reference of all established products of a category; of the shop where none is."""
        if category not in self._of_category:
            found = np.flatnonzero(self.old & (self.panel.category_of == category))
            others = found if len(found) else np.flatnonzero(self.old)
            self._of_category[category] = self.reference(others, category)
        return self._of_category[category]

    def scaled(self, row: int, reference: tuple[float, Floats], belief: float) -> Floats:
        """[H] the reference's forecast, at the level that the first sales tell."""
        panel, (level, ahead) = self.panel, reference
        season = self.season[panel.category_of[row]]
        since = np.arange(panel.launch[row], panel.n_weeks)
        seen = panel.seen[row, since]
        expected = (level * season[since] * self.at(since - panel.launch[row]))[seen].sum()
        scale = (panel.units[row].sum() + belief) / (expected + belief)
        weeks = np.arange(panel.n_weeks, panel.n_weeks + panel.horizon) - panel.launch[row]
        return np.asarray(scale * ahead * self.at(weeks))

    def at(self, weeks: Ints) -> Floats:
        """Share of its later level that a product sells so many weeks after its launch."""
        return self.curve[np.minimum(weeks, len(self.curve) - 1)]

    def relative_wobble(self, others: Ints, wobble: Floats) -> float:
        """How far single weeks of the others stray from their mean, as a share of it."""
        units, seen = self.panel.units[others][:, self.recent], self.panel.seen[others]
        mean = units.sum(1) / np.maximum(seen[:, self.recent].sum(1), 1)
        return float(np.median(wobble[others] / np.maximum(mean, features.SCALE_FLOOR)))


def launch_curve(panel: Panel, season: Floats) -> Floats:
    """[weeks + 1] sales by week since a launch, as shares of the level of the weeks after it.

    From the shop's own launches; 1 throughout where there were too few. The last value is 1.
    """
    length = CURVE_WEEKS + ESTABLISHED
    rows = np.flatnonzero((panel.launch > 0) & (panel.launch + length <= panel.n_weeks))
    if len(rows) < FEWEST_LAUNCHES:
        return np.ones(CURVE_WEEKS + 1)
    at = panel.launch[rows, None] + np.arange(length)
    units, seen = panel.units[rows[:, None], at], panel.seen[rows[:, None], at]
    category = season[panel.category_of[rows][:, None], at]
    later = slice(CURVE_WEEKS, None)
    usual = np.maximum((seen * category)[:, later].sum(1), 1e-9)
    level = (units * seen)[:, later].sum(1) / usual
    expected = (level[:, None] * category * seen)[:, :CURVE_WEEKS].sum(0)
    share = ((units * seen)[:, :CURVE_WEEKS].sum(0) + 10) / (expected + 10)
    return np.append(np.clip(share, 0.02, 3.0), 1.0)


def _alike(
    panel: Panel, frames: Frames, new: Ints, old: Bools
) -> dict[int, tuple[Ints, Floats, bool]]:
    """Row of a new product → rows that it is alike, how much, and whether staff chose them."""
    traits = traits_of(panel, frames)
    place = {str(product): row for row, product in enumerate(panel.products)}
    chosen = frames.get("look_alikes")
    by_staff: dict[str, list[int]] = {}
    if chosen is not None:
        for product, other in zip(chosen["product_id"], chosen["alike"], strict=True):
            row = place.get(str(other))
            if row is not None and old[row]:
                by_staff.setdefault(str(product), []).append(row)
    found = {}
    for row in new:
        given = by_staff.get(str(panel.products[row]))
        others = (
            np.array(given[: lookalikes.MOST])
            if given
            else lookalikes.nearest(traits, int(row), old)
        )
        similar = lookalikes.similarity(traits, int(row), others)
        found[int(row)] = (others, similar, bool(given))
    return found


def traits_of(panel: Panel, frames: Frames) -> Traits:
    """Traits of the panel's products, in its order; without names where none are given."""
    price = pd.Series(panel.price[:, -1].astype(float), index=pd.Index(panel.products))
    given = frames.get("products")
    if given is None or given.empty:
        frame = pd.DataFrame({"product_id": panel.products})
    else:
        frame = given.drop_duplicates("product_id").set_index("product_id")
        frame = frame.reindex(panel.products).rename_axis("product_id").reset_index()
    frame["category_id"] = panel.categories[panel.category_of]
    return Traits.of(frame, price)
