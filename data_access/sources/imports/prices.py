"""List prices of a shop that kept only what was paid: the usual price of each week."""

from __future__ import annotations

import pandas as pd

from data_access.sources.imports.cells import to_utc


def observed_prices(lines: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Price history from paid prices: one row where the week's most frequent price changes.

    A week's price is the one that most lines paid; of equally frequent ones the one of more
    units, then the higher. It holds from Monday 00:00 local time, so that it covers the week it
    was seen in.

    Parameters
    ----------
    lines : product, local (naive local instant), units, price (ten-thousandths).

    Returns
    -------
    DataFrame : product_id, valid_from (naive UTC), price, reason ("observed").
    """
    day = lines["local"].dt.normalize()
    monday = day - pd.to_timedelta(day.dt.weekday, unit="D")
    counted = (
        lines.assign(week=monday)
        .groupby(["product", "week", "price"], sort=False)["units"]
        .agg(["size", "sum"])
        .reset_index()
        .sort_values(["product", "week", "size", "sum", "price"], kind="stable")
    )
    usual = counted.drop_duplicates(["product", "week"], keep="last")
    changed = usual["price"].ne(usual.groupby("product")["price"].shift())
    kept = usual[changed]
    return pd.DataFrame(
        {
            "product_id": kept["product"].to_numpy(),
            "valid_from": to_utc(kept["week"].astype(object), zone).to_numpy(),
            "price": kept["price"].to_numpy(),
            "reason": "observed",
        }
    )
