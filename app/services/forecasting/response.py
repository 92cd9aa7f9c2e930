"""How sales answer to price and promotion: learned with a publication, kept beside it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import sqlalchemy as sa

from app.services.forecasting import stored
from data_access.queries.response import (
    days_without_stock,
    list_prices,
    numbered_products,
    orders_by_day,
)
from data_access.state.publications import newest_publication
from data_access.state.tables import Publication
from ml.contract import Frames
from ml.forecasting import KEY
from ml.forecasting.answers import PROMOTION, PROMOTION_SPREAD

if TYPE_CHECKING:
    from app.context import Desk
    from app.services.forecasting.inputs import Inputs

FILE = "response.parquet"

YEARS = 3
"""Years that are learned from: what customers did before says little about today's."""

NUMBERS = (
    "elasticity",
    "elasticity_sd",
    "low",
    "high",
    "changes",
    "largest",
    "promotions",
    "deepest",
    *PROMOTION,
    *PROMOTION_SPREAD,
)


def read_or_learn(desk: Desk, read: Inputs) -> pd.DataFrame | None:
    """The response of every product as of the inputs; see `ml.forecasting.response.learn`.

    What the newest publication learned from the same snapshot is read, not learned again.
    """
    with desk.state.read() as session:
        found = newest_publication(session, KEY)
    if found is not None and found.snapshot == read.snapshot:
        kept = of_publication(desk, found)
        if kept is not None:
            return kept if len(kept) else None
    return learn_anew(desk, read)


def learn_anew(desk: Desk, read: Inputs) -> pd.DataFrame | None:
    """The response of every product, from the snapshot of the inputs."""
    from ml.forecasting import response

    first = read.as_of - timedelta(days=365 * YEARS + 1)
    ids = desk.analytics.frame(read.snapshot, numbered_products())["product_id"]
    daily = desk.analytics.frame(read.snapshot, orders_by_day(first, read.as_of))
    daily["product_id"] = pd.Categorical.from_codes(
        daily.pop("number").to_numpy(np.int32),  # type: ignore[arg-type]  # a list would be long
        categories=pd.Index(ids.astype(object)),
    )
    frames = {
        "daily": daily,
        "prices": desk.analytics.frame(read.snapshot, list_prices(read.as_of)),
        "stock_outs": desk.analytics.frame(read.snapshot, days_without_stock()),
        **{name: read.frames[name] for name in ("products", "categories", "promotions")},
    }
    return response.learn(frames, as_of=read.as_of)


def write(folder: Path, table: pd.DataFrame | None) -> None:
    """Store the response; a shop whose prices taught nothing has an empty one."""
    columns = ["product_id", "category_id", *NUMBERS]
    kept = pd.DataFrame(columns=columns) if table is None else table[columns]
    kept = kept.astype({"product_id": str, "category_id": str, **dict.fromkeys(NUMBERS, float)})
    stored.write_table(folder / FILE, kept.sort_values("product_id"))


def newest(desk: Desk) -> pd.DataFrame | None:
    """What the newest publication knows; None before the first."""
    with desk.state.read() as session:
        found = newest_publication(session, KEY)
    return None if found is None else of_publication(desk, found)


def known_frames(desk: Desk) -> Frames:
    """The newest response as a frame of the forecast's inputs; no frame where prices taught none.

    A computation that does not learn it anew, as a preview, so moves planned prices alike.
    """
    found = newest(desk)
    return {} if found is None or found.empty else {"response": found}


def of_publication(desk: Desk, publication: Publication) -> pd.DataFrame | None:
    """Everything that was stored beside a publication; None: nothing was."""
    path = desk.settings.artifacts / publication.folder / FILE
    return pd.read_parquet(path) if path.exists() else None


def table(publication_id: int) -> sa.Table:
    """The stored response as a table for `Analytics.published_frame`."""
    return sa.Table(
        f"response_{publication_id}",
        sa.MetaData(),
        sa.Column("product_id", sa.String()),
        sa.Column("category_id", sa.String()),
        *(sa.Column(name, sa.Float()) for name in NUMBERS),
    )


def register(desk: Desk, publication: Publication) -> sa.Table | None:
    """The stored response of a publication as a table; None where none was stored."""
    if not (desk.settings.artifacts / publication.folder / FILE).exists():
        return None
    return stored.register(desk, publication, table(publication.publication_id), FILE)
