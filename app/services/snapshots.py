"""Take a snapshot of the shop: the one way, for first start, command line and job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.context import Desk
from data_access.snapshots.manifest import Manifest
from data_access.snapshots.refresh import refresh


def take_snapshot(
    desk: Desk, *, full: bool | None, now: datetime, progress: Callable[[str, float], None]
) -> Manifest:
    """Refresh and publish.

    Parameters
    ----------
    full : True reads everything, False only what changed, None decides by itself.
    now : naive UTC.

    Raises
    ------
    SnapshotRefused : a hard check failed; nothing was published.
    """
    return refresh(
        desk.shop_engine,
        desk.store,
        zone=desk.zone,
        currency=desk.currency,
        hash_key=desk.hash_key,
        now=now,
        full=full,
        progress=progress,
        made_by=desk.mark.made_by if desk.mark else None,
    )
