"""What is watched of forecasting: sales by product and day, what the model says of them, and how
far each of it moves the forecast."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ml.contract import Frames, InputColumn, InputFrame
from ml.forecasting.kept import ForecastModel

DAILY = InputFrame(
    name="daily",
    row="one product and local day with sales; only what is watched reads it",
    columns=(
        InputColumn(name="product_id", dtype="text", about="product"),
        InputColumn(name="day", dtype="date", about="local day"),
        InputColumn(name="units", dtype="number", about="units sold"),
        InputColumn(name="price", dtype="number", about="average paid, currency"),
    ),
    required=False,
)

INPUTS: dict[str, str] = {
    "units": "Units of a product",
    "price": "Price paid",
    "price_to_list": "Price paid against list price",
    "stockout_days": "Days without stock, week before",
    "weeks_on_offer": "Weeks on offer",
    "category": "Category",
}
"""Columns of `watched` as staff know them."""

LABELS = INPUTS | {"forecast": "Prediction: against recent sales"}
MOST_A_DAY = 1_200
SAID_PRODUCTS = 150
SAID_WEEKS = 80
AHEAD = 4  # weeks of a forecast that are looked at
SEED = 7
WEEK = pd.Timedelta(days=7)


def watched(frames: Frames, *, first_day: date, last_day: date) -> pd.DataFrame:
    """`day` and the columns of `INPUTS`, one row a product and day with sales; where only weeks
    are known, one row a product and week on its Sunday."""
    panel = frames["panel"]
    daily = frames.get("daily")
    weekly = pd.DataFrame(
        {
            "product_id": panel["product_id"].astype(str),
            "week": pd.to_datetime(panel["week"]),
            "list_price": _column(panel, "list_price"),
            "stockout_days": _column(panel, "stockout_days"),
        }
    )
    if daily is None:
        rows = pd.DataFrame(
            {
                "product_id": weekly["product_id"],
                "day": weekly["week"] + pd.Timedelta(days=6),
                "units": _column(panel, "units"),
                "price": _column(panel, "price"),
            }
        )
        rows = rows[rows["units"] > 0]
    else:
        rows = daily[["product_id", "day", "units", "price"]].assign(
            product_id=lambda f: f["product_id"].astype(str), day=pd.to_datetime(daily["day"])
        )
    inside = (rows["day"] >= pd.Timestamp(first_day)) & (rows["day"] <= pd.Timestamp(last_day))
    rows = _drawn(rows[inside])
    return _told(rows, weekly, frames)


def cases_a_day(frames: Frames) -> pd.Series:
    """Rows by local day, all of them: products that sold."""
    daily = frames.get("daily")
    if daily is not None:
        return pd.to_datetime(daily["day"]).value_counts()
    sold = frames["panel"].loc[frames["panel"]["units"] > 0, "week"]
    return (pd.to_datetime(sold) + pd.Timedelta(days=6)).value_counts()


def _told(rows: pd.DataFrame, weekly: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    week = rows["day"] - pd.to_timedelta(rows["day"].dt.dayofweek, unit="D")
    rows = rows.assign(week=week.to_numpy(), before=(week - WEEK).to_numpy())
    rows = rows.merge(
        weekly[["product_id", "week", "list_price"]], how="left", on=["product_id", "week"]
    )
    rows = rows.merge(
        weekly[["product_id", "week", "stockout_days"]].rename(columns={"week": "before"}),
        how="left",
        on=["product_id", "before"],
    )
    if weekly["stockout_days"].notna().any():  # a week without a row is a week without a stock-out
        rows["stockout_days"] = rows["stockout_days"].fillna(0.0)
    ratio = (rows["price"] / rows["list_price"]).where(rows["list_price"] > 0)
    found = pd.DataFrame(
        {
            "day": rows["day"],
            "units": rows["units"],
            "price": rows["price"],
            "price_to_list": ratio,
            "stockout_days": rows["stockout_days"],
        }
    )
    products = frames.get("products")
    if products is not None:
        known = products.assign(product_id=products["product_id"].astype(str)).set_index(
            "product_id"
        )
        launched = pd.to_datetime(rows["product_id"].map(known["launched_on"]))
        found["weeks_on_offer"] = ((rows["day"] - launched).dt.days / 7).clip(lower=0)
        found["category"] = rows["product_id"].map(known["category_id"].astype(object))
    for name in found.columns:
        if name not in ("day", "category"):
            found[name] = found[name].astype("float32")
    usable = [name for name in found.columns if found[name].notna().any()]
    return found[usable].sort_values("day", kind="stable").reset_index(drop=True)


def said(model: ForecastModel, frames: Frames, *, first_day: date, last_day: date) -> pd.DataFrame:
    """`day` (a Sunday) and `forecast`: what the model says of the next weeks as a share of what
    the product sold of late, for some products."""
    from ml.forecasting.capability import FORECASTING

    few = _few(frames, SAID_PRODUCTS)
    panel = few["panel"]
    sold = panel.groupby(["week", "product_id"])["units"].sum().unstack().fillna(0.0)
    last = last_day - timedelta(days=(last_day.weekday() + 1) % 7)
    found = []
    for back in range(SAID_WEEKS):
        sunday = last - timedelta(weeks=back)
        until = sold[sold.index <= pd.Timestamp(sunday)]
        if sunday < first_day or len(until) < 26:
            break
        told = FORECASTING.predict(model, few, as_of=sunday)
        means = _means(told)
        late = until.tail(13).mean()
        share = (means / late.reindex(means.index).where(lambda s: s > 0)).dropna()
        found.append(pd.DataFrame({"day": pd.Timestamp(sunday), "forecast": share.to_numpy()}))
    if not found:
        return pd.DataFrame({"day": pd.to_datetime([]), "forecast": np.zeros(0)})
    return pd.concat(found[::-1], ignore_index=True)


def reach(model: ForecastModel, frames: Frames, *, as_of: date) -> dict[str, float]:
    """By column of `watched`: mean change, in units a week, of a product's forecast of the next
    four weeks when what is known of the last eight moves by one deviation; of categories: when
    every product is in another one."""
    from ml.forecasting.capability import FORECASTING

    few = _few(frames, SAID_PRODUCTS)
    base = _means(FORECASTING.predict(model, few, as_of=as_of))
    found = {}
    for name, changed in _changed(few, as_of).items():
        told = _means(FORECASTING.predict(model, changed, as_of=as_of))
        found[name] = float((told - base).abs().mean())
    return found


def _changed(few: Frames, as_of: date) -> dict[str, Frames]:
    """The frames with one column moved by a deviation in the last eight weeks."""
    panel = few["panel"]
    late = (pd.to_datetime(panel["week"]) > pd.Timestamp(as_of) - 8 * WEEK).to_numpy()
    moved: dict[str, Frames] = {}

    def put(name: str, **columns: pd.Series) -> None:
        moved[name] = {**few, "panel": panel.assign(**columns)}

    units = panel["units"]
    own = units.groupby(panel["product_id"].astype(str)).transform("std").fillna(0.0)
    put("units", units=units.where(~late, units + own))
    priced = [name for name in ("price", "list_price") if name in panel]
    if priced:
        paid = panel[priced[0]].astype("float64")
        usual = paid.groupby(panel["product_id"].astype(str)).transform("median")
        spread = float((paid / usual).std())
        higher = {name: panel[name].where(~late, panel[name] * (1 + spread)) for name in priced}
        put("price", **higher)
        put("price_to_list", **higher)
    if "stockout_days" in panel:
        days = panel["stockout_days"].astype("float64")
        more = (days + float(days.std() or 0.0)).clip(0, 7)
        put("stockout_days", stockout_days=days.where(~late, more))
    products = few.get("products")
    if products is not None:
        turned = products["category_id"].to_numpy(object)
        frames = {**few, "products": products.assign(category_id=np.roll(turned, 1))}
        if "category_id" in panel:
            frames["panel"] = panel.drop(columns="category_id")
        moved["category"] = frames
    return moved


def _means(told: pd.DataFrame) -> pd.Series:
    """Mean forecast a week of each product over the next weeks."""
    near = told[(told["level"] == "product") & (told["ahead"] <= AHEAD)]
    return near.groupby(near["series_id"].astype(str))["mean"].mean()


def _few(frames: Frames, most: int) -> Frames:
    """The frames of some products, drawn by the hash of their id."""
    panel = frames["panel"]
    ids = pd.Index(panel["product_id"].astype(str).unique())
    hashed = pd.util.hash_array(ids.to_numpy(object), categorize=False)
    chosen = set(ids[np.argsort(hashed, kind="stable")[:most]])
    mine = panel["product_id"].astype(str).isin(chosen).to_numpy()
    kept = panel[mine].assign(product_id=panel["product_id"][mine].astype(str))
    few: dict[str, pd.DataFrame] = {**frames, "panel": kept.reset_index(drop=True)}
    few.pop("daily", None)
    products = frames.get("products")
    if products is not None:
        few["products"] = products[products["product_id"].astype(str).isin(chosen)].reset_index(
            drop=True
        )
    return few


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """At most so many rows of a day, by the hash of product and day."""
    if not len(rows) or rows["day"].value_counts().iloc[0] <= MOST_A_DAY:
        return rows.reset_index(drop=True)
    codes, products = pd.factorize(rows["product_id"])
    hashed = pd.util.hash_array(products.to_numpy(object), categorize=False)[codes]
    days = rows["day"].to_numpy().astype("datetime64[D]").astype(np.uint64)
    mixed = pd.util.hash_array(hashed ^ days)
    place = pd.Series(mixed, index=rows.index).groupby(rows["day"]).rank(method="first")
    return rows[place <= MOST_A_DAY].reset_index(drop=True)


def _column(panel: pd.DataFrame, name: str) -> pd.Series:
    if name not in panel:
        return pd.Series(np.nan, index=panel.index)
    return panel[name].astype("float64")
