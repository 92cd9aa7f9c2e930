"""Thresholds replayed on orders whose end is known: what the queue, the analysts and good customers
would have had of them.

An order at or above the review threshold waits in the queue; at or above the block threshold it is
held besides, so that it is stopped even on a day on which nobody gets to it. Within a day the
queue is worked from the highest score down, as far as the analysts' capacity goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.contract import InputColumn, NotEnoughData, WrongFrame

Floats = npt.NDArray[np.float64]

COLUMNS = (
    InputColumn(name="order_id", dtype="str", about="The order."),
    InputColumn(name="placed_at", dtype="datetime64[ns]", about="UTC."),
    InputColumn(name="score", dtype="float64", about="Probability of fraud, 0 to 1."),
    InputColumn(name="amount", dtype="float64", about="Currency."),
    InputColumn(name="fraud", dtype="bool", about="Whether it was fraud; null: not known yet."),
    InputColumn(name="weight", dtype="float64", about="How many orders like it it stands for."),
)
"""Of the frame of scored orders."""

FEWEST_FRAUDS = 5
"""Known frauds below which shares of them say nothing."""

POINTS = 41  # of a curve: more cannot be told apart in a chart of half a page
DRAWS = 200  # of the bootstrap: enough for the ends of an 80 % range
MOST_SHARE = 0.05
"""Of all orders: a queue longer than that is no review any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the analysts can do, and what a good customer turned away costs."""

    capacity: float  # orders that are looked at in a day
    minutes: float  # an analyst needs for one
    margin: float  # share of an order's amount that is lost with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What two thresholds would have come to, a day on average; money in the currency."""

    review: float  # thresholds, probability of fraud
    block: float
    orders: float  # a day in the queue
    blocked: float  # of these held at once
    hours: float  # of analysts a day, for the whole queue
    beyond: float  # orders a day in the queue that nobody gets to
    caught: float  # money a day of frauds that are stopped
    missed: float  # money a day of frauds that are not
    caught_share: float  # of the money of all known frauds
    caught_low: float  # 80 % range of it
    caught_high: float
    frauds_share: float  # of the known frauds in number (recall)
    precision: float  # frauds among the orders in the queue
    good_held: float  # good orders a day that wait in the queue
    good_blocked: float  # good orders a day that are held at once
    good_share: float  # of all good orders that wait
    margin_at_stake: float  # margin a day of good orders that are held at once


class Replay:
    """Ripe scored orders, ready to be asked about any thresholds.

    Parameters
    ----------
    scored : columns as in `COLUMNS`, any order; rows without a known end are left out, since the
        weights of those drawn by chance stand for them.

    Raises
    ------
    WrongFrame : a column is missing.
    NotEnoughData : fewer than five known frauds.
    """

    def __init__(self, scored: pd.DataFrame) -> None:
        missing = [column.name for column in COLUMNS if column.name not in scored]
        if missing:
            raise WrongFrame(
                f"Scored orders lack: {', '.join(missing)}.",
                remedy="Train the model again; its scores are kept with it.",
            )
        known = scored.loc[scored["fraud"].notna() & scored["score"].notna()]
        frauds = int(known["fraud"].astype(bool).sum())
        if frauds < FEWEST_FRAUDS:
            raise NotEnoughData(
                "Frauds that are known by now, among the scored orders",
                found=frauds,
                needed=FEWEST_FRAUDS,
                remedy="Wait for more chargebacks, or let analysts decide more cases.",
            )
        day = known["placed_at"].dt.floor("D")
        # The highest score of a day first; the order's number keeps equal scores in one order.
        known = known.assign(day=day).sort_values(
            ["day", "score", "order_id"], ascending=[True, False, True], kind="stable"
        )
        self.first: pd.Timestamp = day.min()
        self.last: pd.Timestamp = day.max()
        self.days = int((self.last - self.first).days) + 1
        self.score: Floats = known["score"].to_numpy(np.float64)
        self.amount: Floats = known["amount"].to_numpy(np.float64)
        self.weight: Floats = known["weight"].fillna(1.0).to_numpy(np.float64)
        self.fraud: npt.NDArray[np.bool_] = known["fraud"].to_numpy(bool)
        total = known.assign(weight=self.weight).groupby("day", sort=False)["weight"].cumsum()
        self.ahead: Floats = total.to_numpy(np.float64) - self.weight  # before it on its day
        self._fraud_money = self.weight * self.amount * self.fraud
        self._drawn = (
            np.random.default_rng(7).poisson(1.0, size=(DRAWS, frauds))
            * (self._fraud_money[self.fraud])
        )

    @property
    def orders(self) -> float:
        """Orders a day, in the queue or not."""
        return float(self.weight.sum() / self.days)

    @property
    def frauds(self) -> int:
        """Known frauds, as they are."""
        return int(self.fraud.sum())

    def at(self, review: float, block: float, work: Work) -> Outcome:
        """What a pair of thresholds would have come to; `block` is at least `review`."""
        block = max(block, review)
        queued, held = self.score >= review, self.score >= block
        looked = queued & (self.ahead < work.capacity)
        stopped = looked | held
        good = ~self.fraud
        fraud_money = float(self._fraud_money.sum())
        caught = float(self._fraud_money[stopped].sum())
        low, high = self._range(stopped)
        a_day = self._a_day
        queue, frauds = a_day(queued), a_day(self.fraud)
        return Outcome(
            review=review,
            block=block,
            orders=queue,
            blocked=a_day(held),
            hours=queue * work.minutes / 60,
            beyond=a_day(queued & ~looked),
            caught=caught / self.days,
            missed=(fraud_money - caught) / self.days,
            caught_share=caught / fraud_money if fraud_money > 0 else float("nan"),
            caught_low=low,
            caught_high=high,
            frauds_share=a_day(self.fraud & stopped) / frauds,
            precision=a_day(queued & self.fraud) / queue if queue > 0 else float("nan"),
            good_held=a_day(queued & good),
            good_blocked=a_day(held & good),
            good_share=a_day(queued & good) / max(a_day(good), 1e-12),
            margin_at_stake=work.margin
            * float((self.weight * self.amount)[held & good].sum())
            / self.days,
        )

    def threshold(self, orders: float) -> float:
        """The lowest threshold above which no more than so many orders a day lie on average.

        Orders of one score cannot be told apart: the whole group stays out where it would be more.
        """
        order = np.argsort(-self.score, kind="stable")
        scores = self.score[order]
        reached = np.cumsum(self.weight[order]) / self.days
        last_of_score = np.append(scores[1:] != scores[:-1], True)
        fits = last_of_score & (reached <= orders + 1e-9)
        if not fits.any():
            return float(np.nextafter(scores[0], 2.0))
        return float(scores[np.flatnonzero(fits)[-1]])

    def most(self) -> float:
        """Orders a day beyond which a queue is not offered."""
        return self.orders * MOST_SHARE

    def curve(self, block: float, work: Work, points: int = POINTS) -> pd.DataFrame:
        """The outcome by the length of the queue: a row a threshold, columns as in `Outcome`."""
        # Closer together where the queue is short: there each order counts.
        lengths = self.most() * np.linspace(0.0, 1.0, points)[1:] ** 1.6
        rows: list[dict[str, Any]] = []
        seen: set[float] = set()
        for length in lengths:
            review = self.threshold(float(length))
            if review in seen:
                continue
            seen.add(review)
            found = self.at(review, max(block, review), work)
            rows.append({name: getattr(found, name) for name in Outcome.__slots__})
        return pd.DataFrame(rows, columns=list(Outcome.__slots__))

    def _a_day(self, mask: npt.NDArray[np.bool_]) -> float:
        return float(self.weight[mask].sum() / self.days)

    def _range(self, stopped: npt.NDArray[np.bool_]) -> tuple[float, float]:
        """80 % range of the caught share of money, by drawing the known frauds anew."""
        money = self._fraud_money[self.fraud]
        if money.sum() <= 0:
            return float("nan"), float("nan")
        total = self._drawn.sum(axis=1)
        shares = (self._drawn @ stopped[self.fraud])[total > 0] / total[total > 0]
        low, high = np.quantile(shares, [0.1, 0.9])
        return float(low), float(high)
