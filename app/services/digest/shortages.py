"""Products that run out before their next delivery, as the order list knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from app.services.ordering import applied, inputs, lists
from app.services.ordering.views import OrderQuestion
from app.services.settings import setting_value
from data_access.state.tables import Publication

if TYPE_CHECKING:
    from app.context import Desk


def read(desk: Desk, publication: Publication) -> pd.DataFrame:
    """product_id · on_hand (units) · out_on, arrives_on (days) · order (units) · too_late
    (currency missed before an order of today could arrive); none where no stock is known."""
    manifest = desk.store.newest()
    if manifest is None:
        return _none()
    level = setting_value(desk.state, "service_level")
    question = OrderQuestion(
        publication=publication.publication_id,
        snapshot=manifest.number,
        service_level=float(level) if isinstance(level, int | float) else 0.95,
    )
    found = lists.order_list(
        desk,
        inputs.demand(desk, publication),
        inputs.supplied(desk, manifest),
        applied.uploaded(desk, applied.uploads(desk)),
        question,
    )
    if not found.has_stock:
        return _none()
    columns = ["product_id", "on_hand", "out_on", "arrives_on", "order", "too_late"]
    return found.rows.loc[found.rows["short"], columns].reset_index(drop=True)


def _none() -> pd.DataFrame:
    return pd.DataFrame(
        columns=["product_id", "on_hand", "out_on", "arrives_on", "order", "too_late"]
    )
