"""What a version would forecast, beside what is forecast now: the material of a preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from app.services import serving
from app.services.forecasting import inputs, response, stored
from app.services.forecasting.inputs import Inputs
from app.services.training import SEED, newest_snapshot, scopes
from data_access.models import ModelVersion
from data_access.snapshots.manifest import Manifest
from data_access.state import served
from data_access.state.publications import newest_publication
from ml.contract import Frames, Preview, rule_of_thumb
from ml.forecasting import BOUNDS, FORECASTING, ForecastModel

if TYPE_CHECKING:
    from app.context import Desk

COLUMNS = (*stored.KEYS, "mean", *BOUNDS)


def now_and_then(desk: Desk, proposed: ModelVersion) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As `Forecasting.predict`, of the products of the version's scope, on the newest snapshot:
    by what decides now, and by the version; no farther ahead than both reach.

    What decides now has mostly been published: then it is read, not computed.
    """
    manifest = newest_snapshot(desk)
    read = inputs.read(desk, manifest)
    answers = response.read_or_learn(desk, read)
    frames = {**read.frames, **({"response": answers} if answers is not None else {})}
    frames = dict(scopes.cut(frames, proposed.scope))
    then = FORECASTING.predict(_load(desk, proposed.number), frames, as_of=read.as_of)
    now = _published(desk, manifest, read)
    if now is None:
        model = _deciding(desk, proposed, frames, read)
        now = FORECASTING.predict(model, frames, as_of=read.as_of)
    reach = min(int(now["ahead"].max()), int(then["ahead"].max()))
    mine = set(then.loc[then["level"] == "product", "series_id"].astype(str))
    return (
        now[(now["ahead"] <= reach) & _is_of(now, mine, proposed)],
        then[(then["ahead"] <= reach) & _is_of(then, mine, proposed)],
    )


def consequences(desk: Desk, now: pd.DataFrame, then: pd.DataFrame) -> Preview:
    """What changes in the order list."""
    from app.services import ordering

    return ordering.compare(desk, now, then, newest_snapshot(desk))


def _is_of(rows: pd.DataFrame, products: set[str], proposed: ModelVersion) -> pd.Series[bool]:
    """A version of a part of the shop is compared by that part's products alone."""
    product = rows["level"] == "product"
    if proposed.scope.whole:
        return product | ~product
    return product & rows["series_id"].astype(str).isin(products)


def _load(desk: Desk, number: int) -> ForecastModel:
    found: ForecastModel = serving.loaded(desk, FORECASTING.key, number)
    return found


def _published(desk: Desk, manifest: Manifest, read: Inputs) -> pd.DataFrame | None:
    """The stored forecast, where it is of today's champions and of the newest snapshot."""
    from app.jobs.following import versions_by_key

    with desk.state.read() as session:
        version, scoped = served.answering(session, FORECASTING.key)
        found = newest_publication(session, FORECASTING.key)
    if (
        found is None
        or (found.summary.get("experiment") or {}).get("categories")  # the challenger speaks too
        or (found.snapshot, found.model_version) != (manifest.number, version)
        or found.summary.get("scoped", {}) != versions_by_key(FORECASTING.key, scoped)
        or found.as_of != read.as_of
    ):
        return None
    return stored.read(desk, found, COLUMNS)


def _deciding(desk: Desk, proposed: ModelVersion, frames: Frames, read: Inputs) -> ForecastModel:
    """The model that speaks now for the scope of another."""
    with desk.state.read() as session:
        number, scoped = served.answering(session, FORECASTING.key)
    for scope in scopes.most_specific(proposed.scope, frames):
        if scope in scoped:
            number = scoped[scope]
            break
    if number is not None:
        return _load(desk, number)
    rule = rule_of_thumb(FORECASTING).key
    return FORECASTING.fit(rule, frames, as_of=read.as_of, seed=SEED)
