"""What is too unsure to be ordered by: below the capability's threshold nothing is proposed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.forecasting.confidence import of_range

NOTHING = ("packs", "units", "value", "saved")
"""What a proposal consists of; a stock-out stays at risk whether it is known well or not."""


def told(rows: pd.DataFrame, bound: float | None) -> pd.DataFrame:
    """Rows of `propose` with `confidence` (0 to 1, of the demand that is ordered for), `unsure`,
    and `would` (units that would be proposed otherwise); what is unsure is proposed nothing.

    bound : confidence below which nothing is done; None: everything is.
    """
    low, high = rows["demand_low"], rows["demand_high"]
    sure = of_range(*(one.to_numpy(float) for one in (rows["demand"], low, high)))
    unsure = np.zeros(len(rows), bool) if bound is None else sure < bound
    nothing = {name: rows[name].mask(unsure, rows[name] * 0.0) for name in NOTHING}
    return rows.assign(confidence=sure, unsure=unsure, would=rows["units"], **nothing)
