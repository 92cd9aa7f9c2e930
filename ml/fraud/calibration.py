"""From a learner's margin to a probability of fraud, learned on orders later than it learned from.

Two parameters in log-odds (Platt, 1999, with his correction for few cases). Smooth and rising, so
that a score can be told as a sum: a staircase would give some facts no effect and others a leap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ml.fraud.types import Floats

STEPS = 100
FEWEST = 10
"""Frauds under which no scale can be learned."""

MOST_ODDS = 12.0
"""Log-odds beyond which a probability is not told: nobody has a million cases to know it by."""


Link = Literal["log-odds", "share"]
"""What a learner's margin is: log-odds or any other score, or a share between 0 and 1."""

SMALLEST = 1e-4
"""Share under which a vote of trees is not told apart from none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """probability = 1 / (1 + exp(−(slope · margin + offset))); of a share, its log-odds."""

    slope: float = 1.0
    offset: float = 0.0
    link: Link = "log-odds"

    def log_odds(self, margin: Floats) -> Floats:
        linked = _linked(margin, self.link)
        return np.clip(self.slope * linked + self.offset, -MOST_ODDS, MOST_ODDS)

    def steepness(self, margin: Floats) -> Floats:
        """Probability gained for each unit of margin."""
        step = 1e-5
        above, below = self.probability(margin + step), self.probability(margin - step)
        return np.asarray((above - below) / (2 * step))

    def probability(self, margin: Floats) -> Floats:
        return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds(margin))))

    def to_json(self) -> dict[str, Any]:
        return {"slope": self.slope, "offset": self.offset, "link": self.link}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Calibration:
        return cls(
            slope=float(kept["slope"]),
            offset=float(kept["offset"]),
            link=kept.get("link", "log-odds"),
        )


def learn(
    margin: Floats, fraud: Floats, weight: Floats, link: Link = "log-odds"
) -> Calibration | None:
    """The scale that fits best; None where there are too few frauds, or it would turn round."""
    bad = float(weight[fraud == 1.0].sum())
    good = float(weight[fraud == 0.0].sum())
    if int((fraud == 1.0).sum()) < FEWEST or good <= 0:
        return None
    linked = _linked(margin, link)
    spread = float(linked.std())
    if spread == 0.0:
        return None
    center = float(linked.mean())
    x = (linked - center) / spread
    # Platt's targets: one case more of each kind than was seen.
    y = np.where(fraud == 1.0, (bad + 1) / (bad + 2), 1 / (good + 2))
    slope, offset = _newton(x, y, weight, float(np.log((bad + 1) / (good + 1))))
    if not np.isfinite(slope) or slope <= 1e-6:
        return None
    return Calibration(slope=slope / spread, offset=offset - slope * center / spread, link=link)


def by_rank(margin: Floats, review_share: float = 0.01, review: float = 0.15) -> Calibration:
    """Where no fraud is known: a scale on which the strangest `review_share` reach `review`.

    No probability, only an order: what is told with it says so.
    """
    high, middle = np.quantile(margin, [1 - review_share, 0.5])
    gap = float(high - middle)
    if gap <= 0:
        gap = max(float(margin.max() - middle), 1.0)
    odds_high, odds_middle = np.log(review / (1 - review)), np.log(0.002)
    slope = float((odds_high - odds_middle) / gap)
    return Calibration(slope=slope, offset=float(odds_high - slope * high))


def error(score: Floats, fraud: Floats, weight: Floats, bins: int = 10) -> float:
    """Expected calibration error over bins of equal fraud expected; 0 is perfect.

    Bins of equal counts would put 90 % of a shop's orders, all near zero, into nine bins and
    everything that matters into the last.
    """
    if not len(score):
        return 0.0
    found = table(score, fraud, weight, bins)
    total = sum(row["orders"] for row in found)
    gap = sum(abs(row["told"] - row["came"]) * row["orders"] for row in found)
    return float(gap / max(total, 1e-12))


def table(score: Floats, fraud: Floats, weight: Floats, bins: int = 10) -> list[dict[str, float]]:
    """By bins of the score: orders, the mean told, the share that came."""
    order = np.argsort(score, kind="stable")
    s, f, w = score[order], fraud[order], weight[order]
    mass = np.cumsum(s * w)
    if not len(mass) or mass[-1] <= 0:
        return []
    place = np.minimum((mass / mass[-1] * bins).astype(int), bins - 1)
    rows = []
    for bin_ in np.unique(place):
        mine = place == bin_
        weights = w[mine]
        rows.append(
            {
                "from": float(s[mine].min()),
                "to": float(s[mine].max()),
                "orders": float(weights.sum()),
                "told": float(np.average(s[mine], weights=weights)),
                "came": float(np.average(f[mine], weights=weights)),
            }
        )
    return rows


def _linked(margin: Floats, link: Link) -> Floats:
    if link == "log-odds":
        return margin
    share = np.clip(margin, SMALLEST, 1 - SMALLEST)
    return np.asarray(np.log(share / (1 - share)))


def _newton(x: Floats, y: Floats, weight: Floats, start: float) -> tuple[float, float]:
    slope, offset = 1.0, start
    for _ in range(STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(slope * x + offset, -30, 30)))
        gap = weight * (y - p)
        curve = weight * np.maximum(p * (1 - p), 1e-9)
        gradient = np.array([gap @ x, gap.sum()])
        hessian = np.array([[curve @ (x * x), curve @ x], [curve @ x, curve.sum()]])
        hessian += np.eye(2) * 1e-6
        step = np.linalg.solve(hessian, gradient)
        step = np.clip(step, -2.0, 2.0)
        slope, offset = slope + float(step[0]), offset + float(step[1])
        if float(np.abs(step).max()) < 1e-8:
            break
    return slope, offset
