"""What the order list is made of: forecast demand, and what the shop knows of stock and suppliers.

The demand is stored beside the forecast at publication, a row a product, so that a page reads a
small file; stock, open orders and lead times come from the newest snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.services.forecasting import stored
from app.services.home import last_whole_day
from app.services.preferences import definition
from app.services.settings import setting_value
from data_access.queries import stock
from data_access.snapshots.manifest import Manifest
from data_access.state.tables import Publication
from ml.forecasting import BOUNDS
from ml.ordering import Demand, from_forecast, from_frame, lead_times, to_frame

if TYPE_CHECKING:
    from app.context import Desk

FILE = "orders.parquet"

DELIVERIES_FROM = timedelta(days=730)
"""Past orders from which lead times are learned: two years, since suppliers change."""

PAID_FROM = timedelta(weeks=13)
"""Weeks whose mean price stands in where no list price is known."""


@dataclass(frozen=True, eq=False)
class Supplied:
    """What a snapshot knows besides demand; frames are shared and never changed."""

    snapshot: int
    known_until: datetime
    """Naive UTC instant up to which it knows the shop."""
    day: date
    """Today: the first local day that it does not know whole."""
    products: pd.DataFrame
    """As `stock.catalogue`, with on_hand (NaN: not known), changed_on, lead_days, lead_sd_days,
    deliveries (how many taught the lead time)."""
    receipts: pd.DataFrame
    """product_id · units · days (from today) of the shop's own open orders."""

    @property
    def week(self) -> date:
        """Monday of the order list."""
        return self.day - timedelta(days=self.day.weekday())

    @property
    def has_stock(self) -> bool:
        return bool(self.products["on_hand"].notna().any())


def write(folder: Path, forecast: pd.DataFrame, totals: pd.DataFrame) -> None:
    """Store the demand of a publication beside its forecast."""
    to_frame(from_forecast(forecast, totals)).to_parquet(
        folder / FILE, index=False, compression="zstd"
    )


def demand(desk: Desk, publication: Publication) -> Demand:
    """The demand of a publication; of one made before it was stored, from its forecast."""
    path = desk.settings.artifacts / publication.folder / FILE
    if path.exists():
        return from_frame(pd.read_parquet(path))
    columns = ("level", "series_id", "week", "ahead", "mean", *BOUNDS)
    rows = stored.read(desk, publication, columns, lambda t: t.c.level == "product")
    source = stored.register(
        desk, publication, stored.totals_table(publication.publication_id), stored.TOTALS
    )
    sums = desk.analytics.published_frame(source.select().where(source.c.level == "product"))
    return from_forecast(rows, sums)


def supplied(desk: Desk, manifest: Manifest) -> Supplied:
    """Stock, prices, costs, packs, open orders and lead times of one snapshot."""
    day = last_whole_day(manifest, desk.zone) + timedelta(days=1)
    until = manifest.as_of

    def read(statement: object) -> pd.DataFrame:
        return desk.analytics.frame(manifest.number, statement)  # type: ignore[arg-type]

    products = read(stock.catalogue())
    products = products.merge(read(stock.stock_levels()), on="product_id", how="left")
    paid = products["product_id"].map(
        read(stock.paid_prices(day - PAID_FROM)).set_index("product_id")["paid"]
    )
    leads = _leads(desk, read(stock.promises()), read(
        stock.deliveries(until, until - DELIVERIES_FROM)
    ))  # fmt: skip
    products = products.merge(leads, on="supplier_id", how="left")
    usual = default_lead(desk)
    products = products.assign(
        on_hand=products["on_hand"].astype("float64"),
        price=products["price"].fillna(paid),
        lead_days=products["lead_days"].fillna(usual[0]),
        lead_sd_days=products["lead_sd_days"].fillna(usual[1]),
        deliveries=products["deliveries"].fillna(0).astype("int64"),
    )
    return Supplied(
        snapshot=manifest.number,
        known_until=until,
        day=day,
        products=products,
        receipts=_receipts(read(stock.open_purchases(until)), leads, day, usual),
    )


def default_lead(desk: Desk) -> tuple[float, float]:
    """Mean and standard deviation of a lead time that nobody states, days."""
    days = setting_value(desk.state, "order_lead_days")
    assert isinstance(days, int | float)
    found = lead_times(
        pd.DataFrame(
            {"supplier_id": [""], "lead_time_days": [np.nan], "lead_time_sd_days": [np.nan]}
        ),
        _no_deliveries(),
        default_days=float(days),
    )
    return float(found["lead_days"].iloc[0]), float(found["lead_sd_days"].iloc[0])


def default_days(desk: Desk, key: str) -> int:
    """A setting in whole days."""
    value = setting_value(desk.state, key)
    return int(value) if isinstance(value, int | float) else int(str(definition(key).default))


def _no_deliveries() -> pd.DataFrame:
    return pd.DataFrame({"supplier_id": [], "deliveries": [], "mean_days": [], "variance_days": []})


def _leads(desk: Desk, promised: pd.DataFrame, delivered: pd.DataFrame) -> pd.DataFrame:
    return lead_times(promised, delivered, default_days=default_days(desk, "order_lead_days"))


def _receipts(
    purchases: pd.DataFrame, leads: pd.DataFrame, day: date, usual: tuple[float, float]
) -> pd.DataFrame:
    """When open orders should come: as promised or as the supplier usually takes, the later.

    One that is overdue by that comes within the spread of the supplier's lead time from today, as
    nobody knows better.
    """
    known = purchases.merge(leads, on="supplier_id", how="left")
    mean = known["lead_days"].fillna(usual[0])
    spread = known["lead_sd_days"].fillna(usual[1])
    ordered = (known["ordered_on"] - pd.Timestamp(day)).dt.days + mean
    promised = (known["promised_on"] - pd.Timestamp(day)).dt.days
    due = np.fmax(ordered, promised)
    return pd.DataFrame(
        {
            "product_id": known["product_id"],
            "units": known["units"].astype("float64"),
            "days": np.where(due >= 1, due, np.maximum(spread, 1.0)),
        }
    )
