"""Frames of results: scores, their parts, what would change, what came."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ml.contract import Frames, Preview
from ml.fraud import labels, risk, samples
from ml.fraud.schema import BY_NAME, RIPE_DAYS
from ml.fraud.types import PARTS, Floats

ORDER = {"low": 0, "review": 1, "block": 2}


def frame(orders: pd.DataFrame, score: Floats, kind: np.ndarray) -> pd.DataFrame:
    return orders[["order_id", "placed_at", "amount"]].assign(score=score, kind=kind)


def contributions(orders: pd.DataFrame, every: Floats, columns: tuple[str, ...]) -> pd.DataFrame:
    """Order_id and one column a part: what each group of features adds, in probability."""
    found = orders[["order_id", "placed_at"]].copy()
    groups = np.array([BY_NAME[name].group for name in columns], object)
    for part in PARTS:
        mine = np.append(groups == part, part == "usual")
        found[part] = every[:, mine].sum(axis=1)
    return found


def preview(current: pd.DataFrame, proposed: pd.DataFrame) -> Preview:
    """Orders that change sides: low, review, block.

    Both frames may bring a column `risk`, by the thresholds in use; without it the usual ones.
    """
    both = with_risk(current)[["order_id", "placed_at", "amount", "score", "risk"]].merge(
        with_risk(proposed)[["order_id", "score", "risk"]],
        on="order_id",
        suffixes=("_now", "_then"),
    )
    changed = both[both["risk_now"] != both["risk_then"]].copy()
    changed["expected_loss"] = changed["amount"] * (changed["score_then"] - changed["score_now"])
    changed = changed.sort_values(
        "expected_loss", key=lambda s: -s.abs(), kind="stable"
    ).reset_index(drop=True)
    up = (changed["risk_then"].map(ORDER) > changed["risk_now"].map(ORDER)).sum()
    total = len(both)
    if changed.empty:
        sentence = f"None of {total:,} orders of the last {samples.SHOWN_DAYS} days changes sides."
    else:
        sentence = (
            f"{len(changed):,} of {total:,} orders of the last {samples.SHOWN_DAYS} days change "
            f"sides: {up:,} become riskier, {len(changed) - up:,} less risky."
        )
    columns = {
        "order_id": "Order",
        "placed_at": "Placed",
        "amount": "Amount",
        "score_now": "Score now",
        "score_then": "Score then",
        "risk_now": "Risk now",
        "risk_then": "Risk then",
    }
    return Preview(
        sentence=sentence,
        changed=len(changed),
        total=total,
        rows=changed[list(columns)],
        columns=columns,
    )


def with_risk(
    predictions: pd.DataFrame, review: float = risk.REVIEW, block: float = risk.BLOCK
) -> pd.DataFrame:
    if "risk" in predictions:
        return predictions
    return predictions.assign(risk=risk.levels(predictions["score"], review, block))


def outcome(predictions: pd.DataFrame, frames: Frames, as_of: date) -> pd.DataFrame:
    """1 for fraud as soon as it is known, 0 when the order is ripe, NaN before."""
    orders, said, end = samples.up_to(frames, as_of)
    wanted = predictions["order_id"].astype(str)
    mine = orders[orders["order_id"].astype(str).isin(set(wanted))]
    known = labels.known(mine, said, frames.get("releases"), end)
    by_order = dict(zip(known["order_id"].astype(str), known["fraud"], strict=True))
    came = wanted.map(by_order).astype("float64")
    told: dict[Any, pd.Timestamp] = {}
    if said is not None and len(said):
        bad = said[said["fraud"].astype(bool)]
        told = bad.groupby(bad["order_id"].astype(str))["known_at"].min().to_dict()
    ripe = {
        str(one): at + pd.Timedelta(days=RIPE_DAYS)
        for one, at in zip(mine["order_id"], mine["placed_at"], strict=True)
    }
    on = [
        (told.get(one) if value == 1.0 else ripe.get(one)) if not np.isnan(value) else None
        for one, value in zip(wanted, came, strict=True)
    ]
    return pd.DataFrame(
        {
            "entity": "order:" + wanted.to_numpy(object),
            "outcome": came.to_numpy(),
            "outcome_on": [None if at is None else pd.Timestamp(at).date() for at in on],
        }
    )
