"""What is watched of fraud review: the features of orders by day, the scores, and how far each
feature moves them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ml.contract import Frames
from ml.fraud import samples
from ml.fraud.kept import FraudModel
from ml.fraud.schema import BY_NAME, NAMES
from ml.fraud.types import Floats

MOST_A_DAY = 600
"""Orders looked at of one day, drawn by the hash of their number: more would show nothing that
these do not."""

REACHED = 2_000  # newest orders on which the reach is measured
SEED = 7
LABELS = {name: feature.label for name, feature in BY_NAME.items()} | {"score": "Prediction: score"}


def watched(frames: Frames, *, first_day: date, last_day: date) -> pd.DataFrame:
    """`day` (local) and every feature that the shop allows, one row an order; codes as words."""
    day, features = _features(frames, first_day, last_day)
    columns = [name for name in NAMES if features[name].notna().any()]
    found = features[columns].astype("float32").reset_index(drop=True)
    for name in columns:
        feature = BY_NAME[name]
        if feature.unit == "code":
            words = np.array([*feature.codes, None], dtype=object)
            codes = features[name].to_numpy(np.float64)
            known = ~np.isnan(codes) & (codes >= 0) & (codes < len(feature.codes))
            found[name] = words[np.where(known, np.nan_to_num(codes), -1).astype(int)]
    found.insert(0, "day", day)
    return found


def said(model: FraudModel, frames: Frames, *, first_day: date, last_day: date) -> pd.DataFrame:
    """`day` (local) and `score` of the orders of `watched`, by the model as it stands."""
    day, features = _features(frames, first_day, last_day)
    return pd.DataFrame({"day": day, "score": model.score(features)})


def reach(model: FraudModel, frames: Frames, *, as_of: date) -> dict[str, float]:
    """By feature: mean change of the score (probability) when it moves by one deviation up or
    down; of words and yes or no: when it is that of another order."""
    first = (pd.Timestamp(as_of) - pd.Timedelta(days=samples.SHOWN_DAYS - 1)).date()
    _, features = _features(frames, first, as_of)
    features = features.tail(REACHED)
    if not len(features):
        return {}
    x = model.matrix(features)
    base = _score(model, x)
    chance = np.random.default_rng(SEED)
    found = {}
    for place, name in enumerate(model.columns):
        column = x[:, place]
        known = column[~np.isnan(column)]
        if not len(known):
            continue
        if BY_NAME[name].unit in ("code", "yes"):
            others = [chance.permutation(column)]
        else:
            others = [column + known.std(), column - known.std()]
        moved = []
        for other in others:
            changed = x.copy()
            changed[:, place] = other
            moved.append(float(np.abs(_score(model, changed) - base).mean()))
        found[name] = float(np.mean(moved))
    return found


def _score(model: FraudModel, x: Floats) -> Floats:
    return model.calibration.probability(model.learner.margin(x))


def _features(frames: Frames, first_day: date, last_day: date) -> tuple[pd.Series, pd.DataFrame]:
    """Local day and features of the drawn orders of these days, in the order of time."""
    orders, labels, _ = samples.up_to(frames, last_day)
    day = local_days(orders)
    inside = (day >= pd.Timestamp(first_day)) & (day <= pd.Timestamp(last_day))
    chosen = orders.loc[inside, ["order_id"]].assign(day=day[inside])
    hashed = pd.util.hash_array(chosen["order_id"].astype(str).to_numpy(object), categorize=False)
    chosen = chosen.assign(hashed=hashed)
    place = chosen.groupby("day")["hashed"].rank(method="first")
    chosen = chosen[place <= MOST_A_DAY]
    ids = chosen["order_id"].astype(object).tolist()
    return chosen["day"].reset_index(drop=True), samples.compute(orders, labels, ids)


def cases_a_day(frames: Frames) -> pd.Series:
    """Orders by local day, all of them."""
    return local_days(frames["orders"]).value_counts()


def local_days(orders: pd.DataFrame) -> pd.Series:
    """The shop's day of each order: UTC, moved by the difference to the local hour where that is
    known."""
    placed = orders["placed_at"]
    if "hour" in orders:
        hour = orders["hour"].to_numpy(np.float64, na_value=np.nan)
        apart = (hour - placed.dt.hour.to_numpy() + 12) % 24 - 12
        placed = placed + pd.to_timedelta(np.nan_to_num(apart), unit="h")
    days: pd.Series = placed.dt.normalize()
    return days
