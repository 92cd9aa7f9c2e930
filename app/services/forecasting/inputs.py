"""What forecasting reads of a snapshot, as the frames that `ml.forecasting` declares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import lookalikes, response, said
from app.services.home import last_whole_day
from data_access.queries.sales import daily_prices, training_panel
from data_access.snapshots import tables
from data_access.snapshots.manifest import Manifest
from ml.contract import Frames
from ml.forecasting import MAX_HORIZON, last_complete_week

if TYPE_CHECKING:
    from app.context import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The frames, and the last whole local day that they know."""

    frames: Frames
    as_of: date
    snapshot: int


def as_of(desk: Desk, manifest: Manifest) -> date:
    """The last local day that the snapshot knows whole: today's is not over."""
    return last_whole_day(manifest, desk.zone)


def read(desk: Desk, manifest: Manifest) -> Inputs:
    """Every frame of the capability, from one snapshot, and the day it is told as of."""
    return Inputs(
        frames=frames(desk, manifest), as_of=as_of(desk, manifest), snapshot=manifest.number
    )


def frames(desk: Desk, manifest: Manifest) -> Frames:
    """Every frame of the capability, from one snapshot."""
    first, last = first_whole_week(manifest.first_day), as_of(desk, manifest)
    ahead = last + timedelta(weeks=MAX_HORIZON + 1)
    known_by = latest_origin(last)
    return {
        "panel": panel(desk, manifest, first, last),
        "products": desk.analytics.frame(manifest.number, _products()),
        "categories": desk.analytics.frame(manifest.number, _categories()),
        "promotions": promotions(desk, manifest),
        "holidays": public_holidays(desk.settings.country, first, ahead),
        "price_plans": said.price_plans(desk, known_by),
        "external": said.external(desk, known_by),
        "look_alikes": lookalikes.frame(desk),
        **response.known_frames(desk),
    }


def watched_frames(desk: Desk, manifest: Manifest) -> Frames:
    """As `frames`, with the sales of every day: what is watched is looked at day by day."""
    return {
        **frames(desk, manifest),
        "daily": desk.analytics.frame(manifest.number, daily_prices()),
    }


def promotions(desk: Desk, manifest: Manifest) -> pd.DataFrame:
    """The shop's own promotions, and those that staff plan."""
    last = as_of(desk, manifest)
    known_by = latest_origin(last)
    own = desk.analytics.frame(manifest.number, _promotions())
    told = own["announced_at"]
    since = (told > pd.Timestamp(known_by)) & (told < pd.Timestamp(last + timedelta(days=1)))
    own["announced_at"] = told.mask(since, pd.Timestamp(known_by))
    planned = said.promotions(desk, known_by)
    if planned.empty:
        return own
    return planned if own.empty else pd.concat([own, planned], ignore_index=True)


def latest_origin(day: date) -> date:
    """The Sunday that ends the last complete week, from which a forecast made now begins.

    What became known since then is known to that forecast: a promotion that is announced on
    Tuesday is in the forecast of Wednesday, though that begins from the Sunday before.
    """
    return last_complete_week(day) + timedelta(days=6)


def panel(desk: Desk, manifest: Manifest, first: date, last: date) -> pd.DataFrame:
    """The training panel; product ids as categories, which 6 million rows need."""
    rows = training_panel(first, last).order_by(None).subquery("rows")
    wanted = sa.select(
        rows.c.product_id,
        rows.c.week,
        rows.c.units,
        rows.c.price,
        rows.c.list_price,
        rows.c.stockout_days,
    )
    frame = desk.analytics.frame(manifest.number, wanted)
    frame["product_id"] = frame["product_id"].astype("category")
    for name in ("units", "price", "list_price", "stockout_days"):
        frame[name] = frame[name].astype("float32")
    return frame


def public_holidays(country: str, first: date, last: date) -> pd.DataFrame:
    """day · name of the country's public holidays; none where the country is not known."""
    import holidays  # here, since it takes most of a second and only charts and jobs want it

    try:
        found = dict(holidays.country_holidays(country, years=range(first.year, last.year + 1)))
    except NotImplementedError:
        found = {}
    days = sorted((day, str(name)) for day, name in found.items() if first <= day <= last)
    return pd.DataFrame(
        {
            "day": pd.to_datetime([day for day, _ in days]),
            "name": [name for _, name in days],
        }
    )


def first_whole_week(first_day: date) -> date:
    """The Monday of the first week that is known from its beginning."""
    return first_day + timedelta(days=-first_day.weekday() % 7)


def _products() -> sa.Select[tuple[object, ...]]:
    p = tables.products
    return sa.select(
        p.c.product_id,
        p.c.category_id,
        p.c.launched_on,
        p.c.ended_on,
        p.c.name,
        p.c.brand,
        p.c.price_tier,
        p.c.variant_group,
    )


def _categories() -> sa.Select[tuple[object, ...]]:
    return sa.select(tables.categories.c.category_id, tables.categories.c.parent_id)


def _promotions() -> sa.Select[tuple[object, ...]]:
    p = tables.promotions
    return sa.select(
        p.c.product_id, p.c.category_id, p.c.discount, p.c.starts_on, p.c.ends_on, p.c.announced_at
    )
