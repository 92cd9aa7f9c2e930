"""Whether input frames keep their contract."""

from __future__ import annotations

from ml import frames as checked
from ml.contract import Frames
from ml.errors import WrongFrame
from ml.fraud import schema


def check(frames: Frames) -> None:
    """Raise `WrongFrame` with the difference between what is wanted and what was given."""
    checked.check((schema.ORDERS, schema.LABELS, schema.RELEASES), frames)
    orders = frames["orders"]
    if orders["order_id"].isna().any() or orders["placed_at"].isna().any():
        raise WrongFrame(
            "The frame 'orders' has rows without order_id or placed_at.",
            remedy="Leave orders without a number or an instant out.",
        )
    if orders["order_id"].duplicated().any():
        twice = orders.loc[orders["order_id"].duplicated(), "order_id"].iloc[0]
        raise WrongFrame(
            f"The frame 'orders' holds order {twice} twice.", remedy="Give one row an order."
        )
