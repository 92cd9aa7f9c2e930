"""How good scores have been on later orders, beside the plain rules on the same orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Measure
from ml.fraud import calibration, measures
from ml.fraud.measures import Sorted
from ml.fraud.types import Bools, Floats

ONE_PER_CENT = 0.01
CHANCE = 0.5
FEWEST = 10
"""Frauds among the judged orders under which figures are mostly luck."""

RULE = "the plain rules"

MEASURES: tuple[Measure, ...] = (
    Measure(slug="average_precision", label="Average precision", unit="share", better="higher",
            about="Mean share of fraud among the riskiest orders, over all depths; by chance it "
            "is the share of fraud in all orders."),
    Measure(slug="auc", label="AUC", unit="share", better="higher",
            about="How often a fraud has a higher score than a good order; 50 % is chance."),
    Measure(slug="precision_capacity", label="Precision within capacity", unit="share",
            better="higher", about="Share of fraud among the orders that analysts can review a "
            "day, taken by score."),
    Measure(slug="recall_capacity", label="Recall within capacity", unit="share",
            better="higher", about="Share of all fraud that lies within what analysts can review "
            "a day."),
    Measure(slug="precision_1", label="Precision at 1 % of orders", unit="share",
            better="higher", about="Share of fraud among the riskiest hundredth."),
    Measure(slug="recall_1", label="Recall at 1 % of orders", unit="share", better="higher",
            about="Share of all fraud within the riskiest hundredth."),
    Measure(slug="money_caught", label="Money caught at 1 % of orders", unit="share",
            better="higher", about="Share of all money lost to fraud that lies within the "
            "riskiest hundredth."),
    Measure(slug="good_held", label="Good orders held at 1 %", unit="share", better="lower",
            about="Share of all good orders that the riskiest hundredth would hold up."),
    Measure(slug="calibration_error", label="Calibration error", unit="share", better="lower",
            about="How far told probabilities were from what came, on average."),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Orders of the judged days whose truth is known, with two scores."""

    order_id: np.ndarray[Any, np.dtype[np.object_]]
    placed_at: pd.Series
    amount: Floats
    fraud: Floats  # 1 or 0
    weight: Floats
    money: Floats
    kind: np.ndarray[Any, np.dtype[np.object_]]
    score: Floats
    rule: Floats  # the plain rules' score
    capacity: int  # orders reviewed a day

    @property
    def day(self) -> np.ndarray[Any, Any]:
        return self.placed_at.to_numpy().astype("datetime64[D]").astype(np.int64)

    @property
    def frauds(self) -> int:
        return int((self.fraud == 1.0).sum())

    @property
    def whole(self) -> bool:
        """Whether there are both good and bad orders enough to tell anything."""
        return self.frauds >= FEWEST and bool((self.fraud == 0.0).any())

    def held_out(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "order_id": self.order_id,
                "placed_at": self.placed_at.to_numpy(),
                "score": self.score,
                "amount": self.amount,
                "fraud": self.fraud,
                "weight": self.weight,
            }
        )


def figures(judged: Judged, *, rule: bool = False) -> dict[str, float]:
    """By slug of `MEASURES`; without fraud to find, chance's own figures."""
    score = judged.rule if rule else judged.score
    if not len(score):
        return {measure.slug: CHANCE if measure.slug == "auc" else 0.0 for measure in MEASURES}
    ranked = Sorted.of(score)
    w, bad = judged.weight, judged.fraud
    lost = judged.money * bad * w
    hundredth = measures.top(score, ONE_PER_CENT)
    daily = measures.top_a_day(score, judged.day, judged.capacity)
    return {
        "average_precision": measures.average_precision(ranked, bad, w),
        "auc": measures.auc(ranked, bad, w),
        "precision_capacity": measures.share((w * bad)[daily], w[daily]),
        "recall_capacity": measures.share((w * bad)[daily], w * bad),
        "precision_1": measures.share((w * bad)[hundredth], w[hundredth]),
        "recall_1": measures.share((w * bad)[hundredth], w * bad),
        "money_caught": measures.share(lost[hundredth], lost),
        "good_held": measures.share((w * (1 - bad))[hundredth], w * (1 - bad)),
        "calibration_error": calibration.error(score, bad, w),
    }


def ends(judged: Judged, seed: int) -> dict[str, tuple[float, float]]:
    """95 % intervals; without fraud to find, no claim at all."""
    if not judged.whole:
        return {"average_precision": (0.0, 1.0), "auc": (0.0, 1.0), "lead": (-1.0, 1.0)}
    return measures.intervals(judged.score, judged.rule, judged.fraud, judged.weight, seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    beats: bool
    sentence: str
    chance: bool  # no better than chance on the judged orders


def verdict(
    judged: Judged,
    own: Mapping[str, float],
    simple: Mapping[str, float],
    ends: Mapping[str, tuple[float, float]],
    *,
    is_rule: bool,
) -> Verdict:
    """In one sentence with both figures; better only where chance alone would not make it so."""
    ours, theirs = own["average_precision"], simple["average_precision"]
    if not judged.whole:
        return Verdict(
            beats=False,
            sentence=f"No better than {RULE}, as far as can be told: only {judged.frauds} frauds "
            f"are known among {len(judged.fraud):,} ripe orders.",
            chance=False,
        )
    low, high = ends["auc"]
    chance = low <= CHANCE
    figures_ = f"average precision {per_cent(ours)}"
    if is_rule:
        return Verdict(
            beats=False,
            sentence=f"{RULE[:1].upper() + RULE[1:]} themselves: {figures_}."
            + (_by_chance(own, low, high) if chance else ""),
            chance=chance,
        )
    beats = ends["lead"][0] > 0 and ours > theirs and not chance
    word = "Better than" if beats else "No better than"
    told = f"{word} {RULE}: {figures_} against {per_cent(theirs)}."
    return Verdict(
        beats=beats, sentence=told + (_by_chance(own, low, high) if chance else ""), chance=chance
    )


def _by_chance(own: Mapping[str, float], low: float, high: float) -> str:
    return (
        f" On recent orders it is no better than chance: AUC {own['auc']:.2f}, "
        f"between {low:.2f} and {high:.2f}; 0.50 is chance."
    )


def tables(judged: Judged, ends: Mapping[str, tuple[float, float]]) -> dict[str, pd.DataFrame]:
    """by_week, by_kind, curve, calibration, intervals: kept with the version."""
    return {
        "by_week": _by_week(judged),
        "by_kind": _by_kind(judged),
        "curve": curve(judged),
        "calibration": pd.DataFrame(
            calibration.table(judged.score, judged.fraud, judged.weight),
            columns=["from", "to", "orders", "told", "came"],
        ),
        "intervals": pd.DataFrame(
            [{"measure": name, "low": low, "high": high} for name, (low, high) in ends.items()],
            columns=["measure", "low", "high"],
        ),
    }


def _by_week(judged: Judged) -> pd.DataFrame:
    columns = ["week", "orders", "frauds", "precision", "recall", "money_caught", "auc"]
    if not len(judged.score):
        return pd.DataFrame(columns=columns)
    chosen = measures.top(judged.score, ONE_PER_CENT)
    week = judged.placed_at.dt.to_period("W-SUN").dt.start_time.dt.date.astype(str).to_numpy()
    rows = []
    for name in np.unique(week):
        mine = week == name
        w = judged.weight[mine]
        bad = judged.fraud[mine] * w
        lost = judged.money[mine] * bad
        taken = chosen[mine]
        rows.append(
            {
                "week": str(name),
                "orders": int(mine.sum()),
                "frauds": int((judged.fraud[mine] == 1.0).sum()),
                "precision": measures.share(bad[taken], w[taken]),
                "recall": measures.share(bad[taken], bad),
                "money_caught": measures.share(lost[taken], lost),
                "auc": measures.auc(
                    Sorted.of(judged.score[mine]), judged.fraud[mine], judged.weight[mine]
                ),
            }
        )
    return pd.DataFrame(rows, columns=columns)


def _by_kind(judged: Judged) -> pd.DataFrame:
    """Frauds by their kind, where it was said or looks like one, and how many were found."""
    columns = ["kind", "frauds", "found", "recall", "money", "money_caught"]
    if not judged.frauds:
        return pd.DataFrame(columns=columns)
    chosen = measures.top(judged.score, ONE_PER_CENT)
    bad = judged.fraud == 1.0
    kind = np.array([str(one) if one is not None else "not told" for one in judged.kind], object)
    rows = []
    for name in sorted(set(kind[bad])):
        mine = bad & (kind == name)
        money = judged.money * judged.weight
        rows.append(
            {
                "kind": name,
                "frauds": int(mine.sum()),
                "found": int((mine & chosen).sum()),
                "recall": measures.share(judged.weight[mine & chosen], judged.weight[mine]),
                "money": float(money[mine].sum()),
                "money_caught": measures.share(money[mine & chosen], money[mine]),
            }
        )
    return pd.DataFrame(rows, columns=columns)


CURVE = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2)
"""Shares of orders in the queue for which the curve is kept."""


def curve(judged: Judged) -> pd.DataFrame:
    """By threshold: orders a day in the queue, precision, recall, money caught, good held."""
    columns = ["share", "threshold", "orders_a_day", "precision", "recall", "money_caught",
               "good_held"]  # fmt: skip
    if not len(judged.score):
        return pd.DataFrame(columns=columns)
    days = max(int(np.ptp(judged.day)) + 1, 1)
    bad, w = judged.fraud, judged.weight
    lost = judged.money * bad * w
    rows = []
    for share in CURVE:
        chosen = measures.top(judged.score, share)
        rows.append(
            {
                "share": share,
                "threshold": float(judged.score[chosen].min()),
                "orders_a_day": float(chosen.sum()) / days,
                "precision": measures.share((w * bad)[chosen], w[chosen]),
                "recall": measures.share((w * bad)[chosen], w * bad),
                "money_caught": measures.share(lost[chosen], lost),
                "good_held": measures.share((w * (1 - bad))[chosen], w * (1 - bad)),
            }
        )
    return pd.DataFrame(rows, columns=columns)


def without(judged: Judged, rows: Bools) -> float:
    """AUC with these orders left out."""
    keep = ~rows
    return measures.auc(Sorted.of(judged.score[keep]), judged.fraud[keep], judged.weight[keep])


def per_cent(value: float) -> str:
    return f"{value * 100:.1f} %"
