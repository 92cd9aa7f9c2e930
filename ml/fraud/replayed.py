"""What a model would have said of orders that came after a day and are ripe by now."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ml import case_rows
from ml.contract import CASE_COLUMNS, Frames
from ml.fraud import judged_cases
from ml.fraud.kept import FraudModel
from ml.fraud.rules import UNTRAINED, Rules
from ml.fraud.samples import Material


def replay(model: FraudModel, material: Material, frames: Frames, *, since: date) -> pd.DataFrame:
    """One row an order of the judged days placed after `since`; see `ml.contract.CASE_COLUMNS`.

    Orders are told as things were when they were placed. Only ripe ones count: of the others a
    fraud is known sooner than a good order, and any score would look too good.
    """
    after = pd.Timestamp(since) + pd.Timedelta(days=1)
    rows = material.judged & np.asarray(material.placed >= after)
    if not rows.any():
        return pd.DataFrame(columns=list(CASE_COLUMNS))
    features = material.of(rows)
    orders = material.orders[rows]
    ids = orders["order_id"]
    rules = Rules(columns=tuple(features.columns))
    margin = rules.margin(features.to_numpy(np.float64))
    return case_rows.frame(
        {
            "case": ids.to_numpy(object),
            "unit": judged_cases.units(ids.astype(object), frames["orders"]),
            "group": "Orders",
            "day": orders["placed_at"].to_numpy().astype("datetime64[D]"),
            "actual": material.at_end.fraud[rows],
            "predicted": model.score(features),
            "rule": UNTRAINED.probability(margin),
            "weight": material.at_end.weight[rows],
        }
    )
