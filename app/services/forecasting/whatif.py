"""What if the price were another, or a promotion ran: against the forecast as it stands.

Read from the stored forecast and the stored response of sales to prices; nothing is learned here.
Sums of many products are made where they lie, in one question.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import reading, response, whatif_rows
from app.services.forecasting.views import ForecastQuestion, ForecastView
from data_access.errors import DataError
from ml.forecasting.answers import DEEPEST

if TYPE_CHECKING:
    from app.context import Desk
    from app.services.forecasting.views import Range

CHEAPEST, DEAREST = -0.9, 2.0
"""Changes of price that are reckoned with: beyond them it is another product."""

TRUSTED = 2.0
"""Times the largest change seen up to which an effect is told without a warning."""


class WhatIfError(DataError):
    """A question that has no answer, with what to ask instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfQuestion:
    """A change of price and a promotion over some weeks of one series."""

    question: ForecastQuestion
    change: float  # of the list price, share: −0.1 is 10 % cheaper
    discount: float  # of a promotion, share of the list price; 0: none
    first: date  # Monday
    last: date  # Monday, inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One figure of the chosen weeks, as it stands and as it would be."""

    before: float
    after: float
    low: float  # of `after`, as far as the answer to the price is uncertain; 80 %
    high: float

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def share(self) -> float | None:
        return self.after / self.before - 1 if self.before > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How sure the answer to prices is, and what it rests on."""

    elasticity: float  # of many products: weighted by what is forecast of them
    low: float  # 80 %
    high: float
    changes: int  # of list prices
    largest: float  # of them, share
    promotions: int
    deepest: float  # discount, share
    products: int  # of the series whose answer is known
    unknown: int  # without a list price: left as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The series under the change; one value a week ahead."""

    asked: WhatIfQuestion
    weeks: tuple[date, ...]
    before: tuple[float, ...]  # units as forecast
    after: tuple[float, ...]
    low: tuple[float, ...]  # 80 %: of the forecast and of the answer together
    high: tuple[float, ...]
    units: Effect  # of the weeks asked for
    revenue: Effect | None  # at list prices less the promotion; None: no list price is known
    margin: Effect | None  # None where no unit cost is known
    costed: float  # share of the revenue whose unit cost is known
    price: float | None  # list price now, of a product
    answer: Answer
    warnings: tuple[str, ...]


def compute(desk: Desk, asked: WhatIfQuestion, found: ForecastView | None = None) -> WhatIf:
    """The series with the change, beside its forecast.

    Parameters
    ----------
    found : the series' forecast, where it was read already.

    Raises
    ------
    WhatIfError : nonsense was asked, or prices have not taught enough; with what to do.
    """
    _check(asked)
    publication = reading.publication(desk, asked.question.publication)
    found = found or reading.forecast(desk, asked.question)
    if not found.known:
        raise WhatIfError(
            f"There is no forecast of {found.label}.",
            remedy="Look at its category, or at the whole shop.",
        )
    weeks = [week for week in found.future if asked.first <= week <= asked.last]
    if not weeks:
        raise WhatIfError(
            "None of these weeks is forecast.",
            remedy=f"Choose weeks from {found.future[0]} to {found.future[-1]}.",
        )
    rows = whatif_rows.by_week(desk, publication, asked)
    if rows is None or rows.empty or not int(rows["known"].max()):
        raise _taught_nothing()
    return _view(asked, found, rows, _answer(rows))


def known(desk: Desk, publication_id: int) -> bool:
    """Whether prices have taught anything by the time of a publication."""
    found = reading.publication(desk, publication_id)
    source = response.register(desk, found)
    if source is None:
        return False
    some = desk.analytics.published_frame(sa.select(source.c.product_id).limit(1))
    return len(some) > 0


def _check(asked: WhatIfQuestion) -> None:
    for value in (asked.change, asked.discount):
        if not math.isfinite(value):
            raise WhatIfError("That is no number.", remedy="Give a change in per cent.")
    if asked.change <= -1:
        raise WhatIfError(
            "A price cannot be zero or less.",
            remedy=f"Make it at most {-CHEAPEST:.0%} cheaper.".replace("%", " %"),
        )
    if not CHEAPEST <= asked.change <= DEAREST:
        raise WhatIfError(
            "So large a change of price is beyond anything that sales can tell of.",
            remedy="Stay between 90 % cheaper and 200 % dearer.",
        )
    if not 0 <= asked.discount <= DEEPEST:
        raise WhatIfError(
            "A promotion takes between 0 and 90 % off the price.",
            remedy="Choose a smaller discount.",
        )
    if asked.last < asked.first:
        raise WhatIfError(
            "The last week lies before the first.", remedy="Choose a later last week."
        )


def _taught_nothing() -> WhatIfError:
    return WhatIfError(
        "How sales answer to prices is not known here.",
        remedy="It is learned from changes of list prices: import the price history, or change "
        "some prices for a few weeks each. Then compute the forecast anew.",
    )


def _answer(rows: pd.DataFrame) -> Answer:
    """What the answer rests on; of many products, weighted by what is forecast of them."""
    row = rows[rows["inside"]].iloc[0].fillna(0.0)
    weight = max(float(row["answered"]), 1e-9)
    return Answer(
        elasticity=float(row["elasticity"]) / weight,
        low=float(row["low"]) / weight,
        high=float(row["high"]) / weight,
        changes=int(row["changes"]),
        largest=float(row["largest"]),
        promotions=int(row["promotions"]),
        deepest=float(row["deepest"]),
        products=int(row["known"]),
        unknown=int(row["unknown"]),
    )


def _view(
    asked: WhatIfQuestion,
    found: ForecastView,
    rows: pd.DataFrame,
    answer: Answer,
) -> WhatIf:
    rows = rows.set_index(rows["week"].dt.date).reindex(list(found.future))
    said = np.array(found.mean)
    # Overrides changed the forecast since: everything is told against what now holds.
    ours = said / rows["units"].where(rows["units"] > 0).to_numpy(float)
    ours = np.where(np.isfinite(ours), ours, 0.0)
    factor = {
        name: (rows[f"units_{name}"] / rows["units"].where(rows["units"] > 0)).fillna(1).to_numpy()
        for name in ("after", "low", "high")
    }
    after = said * factor["after"]
    low, high = _around(found.ranges, said, after, factor)
    inside = np.array([asked.first <= week <= asked.last for week in found.future])
    costed = float(rows["costed"].fillna(0).sum() / max(rows["revenue"].fillna(0).sum(), 1e-9))

    def effect(name: str) -> Effect | None:
        columns = [name, *(f"{name}_{end}" for end in ("after", "low", "high"))]
        values = rows[columns].to_numpy(float) * ours[:, None]
        if not np.isfinite(values[inside]).any():
            return None
        before, changed, least, most = np.nansum(values[inside], axis=0)
        ends = sorted((float(least), float(most)))
        return Effect(before=float(before), after=float(changed), low=ends[0], high=ends[1])

    units = effect("units")
    assert units is not None
    one = rows[rows["inside"].fillna(False).astype(bool)].iloc[0]
    alone = asked.question.level == "product" and one["units"] > 0 and pd.notna(one["revenue"])
    return WhatIf(
        asked=asked,
        weeks=found.future,
        before=tuple(map(float, said)),
        after=tuple(map(float, after)),
        low=tuple(map(float, low)),
        high=tuple(map(float, high)),
        units=units,
        revenue=effect("revenue"),
        margin=effect("margin"),
        costed=costed,
        price=float(one["revenue"] / one["units"]) if alone else None,
        answer=answer,
        warnings=_warnings(asked, answer),
    )


def _around(
    ranges: tuple[Range, ...], said: Any, after: Any, factor: dict[str, Any]
) -> tuple[Any, Any]:
    """80 % range under the change: the forecast's own and the answer's, as independent."""
    eighty = next((one for one in ranges if one.level == 80), None)
    base_low = np.array(eighty.low) if eighty else said
    base_high = np.array(eighty.high) if eighty else said
    safe = np.maximum(said, 1e-9)
    below = np.hypot((said - base_low) / safe, 1 - factor["low"] / factor["after"])
    above = np.hypot((base_high - said) / safe, factor["high"] / factor["after"] - 1)
    return np.maximum(after * (1 - below), 0.0), after * (1 + above)


def _warnings(asked: WhatIfQuestion, answer: Answer) -> tuple[str, ...]:
    told = []
    one = asked.question.level == "product"
    whose = "this product's" if one else "these products'"
    if asked.change and not answer.changes:
        told.append(f"No change of {whose} price was seen: products like it speak for it.")
    elif abs(asked.change) > TRUSTED * answer.largest:
        told.append(
            f"The largest change of {whose} price so far was {answer.largest:.0%}: what so large a "
            "change does is a guess.".replace("%", " %")
        )
    if asked.discount and not answer.promotions:
        told.append("No promotion of it was seen: products like it speak for it.")
    elif asked.discount > TRUSTED * answer.deepest:
        told.append(
            f"The deepest discount so far was {answer.deepest:.0%}: what so deep a one does is a "
            "guess.".replace("%", " %")
        )
    if answer.unknown:
        told.append(f"{answer.unknown:,} products without a list price are left as they are.")
    return tuple(told)
