"""What changes in the order list if another forecast decides."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ml.contract import Preview
from ml.ordering.demand import Demand
from ml.ordering.proposal import propose
from ml.ordering.types import Policy

COLUMNS = {
    "product_id": "Product",
    "before": "To order now, units",
    "after": "To order then, units",
    "change": "Change, units",
    "money": "Change, money at cost",
}


def compare(
    current: Demand,
    proposed: Demand,
    supply: pd.DataFrame,
    receipts: pd.DataFrame,
    *,
    policy: Policy,
    day: date,
) -> Preview:
    """Products of which another quantity would be ordered, largest change of money first.

    Where no product's stock is known, the level to order up to is compared instead.

    Parameters
    ----------
    current, proposed : demand by the model that decides and by the one that would.
    supply, receipts, policy, day : as in `propose`.
    """
    now = propose(current, supply, receipts, policy=policy, day=day)
    then = propose(proposed, supply, receipts, policy=policy, day=day)
    known = bool(now["on_hand"].notna().any())
    both = _side_by_side(now, then, supply, "units" if known else "up_to")
    changed = both[both["change"] != 0]
    order = np.lexsort((changed["product_id"], -changed["money"].abs().fillna(0)))
    return Preview(
        sentence=_sentence(both, changed, known),
        changed=len(changed),
        total=len(both),
        rows=changed.iloc[order].reset_index(drop=True),
        columns=COLUMNS if known else {**COLUMNS, "before": "Level now, units",
                                       "after": "Level then, units"},
    )  # fmt: skip


def _side_by_side(
    now: pd.DataFrame, then: pd.DataFrame, supply: pd.DataFrame, column: str
) -> pd.DataFrame:
    """product_id · before · after · change (units) · money (change at unit cost, else price)."""
    both = pd.DataFrame(
        {
            "before": now.set_index("product_id")[column],
            "after": then.set_index("product_id")[column],
        }
    ).fillna(0.0)
    both["change"] = both["after"] - both["before"]
    worth = supply.set_index("product_id")[["unit_cost", "price"]].reindex(both.index)
    both["money"] = both["change"] * worth["unit_cost"].fillna(worth["price"]).fillna(0.0)
    return both.rename_axis("product_id").reset_index()


def _sentence(both: pd.DataFrame, changed: pd.DataFrame, known: bool) -> str:
    what = "the quantity to order" if known else "the level to order up to"
    if changed.empty:
        return f"For none of {len(both):,} products would {what} change."
    before, after = both["before"].sum(), both["after"].sum()
    return (
        f"For {len(changed):,} of {len(both):,} products {what} would change: "
        f"{before:,.0f} units in all now, {after:,.0f} then."
    )
