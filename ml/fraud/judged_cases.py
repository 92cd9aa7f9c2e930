"""What was said of which judged order, kept with an evaluation to compare versions by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml import case_rows
from ml.fraud import measures
from ml.fraud.evaluation import ONE_PER_CENT, Judged
from ml.fraud.measures import Sorted

BOUND_BY = ("customer", "device", "card")
"""Orders that share one of these are lucky or unlucky together."""


def of(judged: Judged, orders: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """One row a judged order, see `ml.contract.CASE_COLUMNS`; nothing personal.

    The unit is the first order of all that are linked by account, device or card; the segment
    whether it is the account's first order and whether it is larger than usual.

    Parameters
    ----------
    orders : the input frame, for what links orders.
    features : of the judged orders, in their order.
    """
    found = case_rows.frame(
        {
            "case": judged.order_id,
            "unit": units(pd.Series(judged.order_id, dtype=object), orders),
            "group": _segments(judged, features),
            "day": judged.placed_at.to_numpy().astype("datetime64[D]"),
            "actual": judged.fraud,
            "predicted": judged.score,
            "rule": judged.rule,
            "weight": judged.weight,
        }
    )
    return case_rows.sampled(found, always=judged.fraud == 1.0)


def units(order_id: pd.Series, orders: pd.DataFrame) -> Any:
    """[orders] the least order number of all those asked for that are linked with each."""
    from scipy.sparse import coo_matrix  # only whoever evaluates pays for it
    from scipy.sparse.csgraph import connected_components

    links = [name for name in BOUND_BY if name in orders]
    rows = orders.set_index("order_id")[links].reindex(order_id.to_numpy(object))
    size, left, right = len(rows), [], []
    nodes = size
    for name in links:
        codes, _ = pd.factorize(rows[name].astype(object))
        known = codes >= 0
        left.append(np.flatnonzero(known))
        right.append(codes[known] + nodes)
        nodes += int(codes.max(initial=-1)) + 1
    ends = (np.concatenate([*left, []]).astype(int), np.concatenate([*right, []]).astype(int))
    graph = coo_matrix((np.ones(len(ends[0]), np.int8), ends), shape=(nodes, nodes))
    _, part = connected_components(graph, directed=False)
    ids = order_id.astype(str).reset_index(drop=True)
    return ids.groupby(part[:size]).transform("min").to_numpy(object)


def figures(rows: pd.DataFrame, said: str) -> dict[str, float]:
    """Average precision, AUC, precision and recall of the riskiest hundredth, of one column."""
    score = rows[said].to_numpy(np.float64)
    bad = rows["actual"].to_numpy(np.float64)
    weight = rows["weight"].to_numpy(np.float64)
    ranked = Sorted.of(score)
    top = _top(ranked, weight)
    return {
        "average_precision": measures.average_precision(ranked, bad, weight),
        "auc": measures.auc(ranked, bad, weight),
        "precision_1": measures.share(bad * top, top),
        "recall_1": measures.share(bad * top, bad * weight),
    }


def _top(ranked: Sorted, weight: Any) -> Any:
    """[rows] the part of each row's weight that lies within the riskiest hundredth."""
    w = weight[ranked.order]
    before = np.cumsum(w) - w
    taken = np.clip(ONE_PER_CENT * weight.sum() - before, 0.0, w)
    found = np.zeros(len(w))
    found[ranked.order] = taken
    return found


def _segments(judged: Judged, features: pd.DataFrame) -> Any:
    usual = np.median(judged.amount) if len(judged.amount) else 0.0
    large = judged.amount > usual
    size = np.where(large, "larger amounts", "smaller amounts").astype(object)
    if "first_order" not in features or features["first_order"].isna().all():
        return np.array([str(one).capitalize() for one in size], object)
    first = features["first_order"].to_numpy(np.float64) == 1.0
    return np.where(first, "First orders, ", "Returning accounts, ").astype(object) + size
