"""When a refresh must read everything instead of what changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from data_access.snapshots import tables
from data_access.snapshots.manifest import FORMAT, Manifest, schema_hash

FULL_AFTER = timedelta(days=7)
FULL_AFTER_INCREMENTALS = 168
"""A full refresh is due after a week, or a week of hourly ones: only it finds every delete."""
SLACK = timedelta(minutes=5)
"""By which the clocks of two machines may differ."""


def why_full(
    before: Manifest | None, here: tuple[str, str, str, str], *, now: datetime, full: bool | None
) -> str | None:
    """A sentence why everything is to be read, "" if nothing needs saying; None: changes suffice.

    Parameters
    ----------
    before : the newest snapshot.
    here : the shop's address, its currency, its zone and the mark of the hash key.
    now : naive UTC.
    full : asked for (True), asked not to (False), or as is due (None).
    """
    if full or before is None:
        return ""
    if before.format != FORMAT or any(
        table.name not in before.tables
        or before.tables[table.name].schema_hash != schema_hash(table)
        for table in (*tables.COPIED, *tables.DERIVED)
    ):
        return "The layout of snapshots has changed, so everything was read."
    if here != (before.source, before.currency, before.zone, before.key_mark):
        return (
            "The shop, its currency, its zone, the hash key or what is hashed is another, "
            "so all was read."
        )
    if before.created_at > now + SLACK or any(
        facts.watermark is not None and facts.watermark > now + SLACK
        for facts in before.tables.values()
    ):
        return (
            "The clock was ahead when the last snapshot was taken: it is dated "
            f"{before.created_at:%Y-%m-%d %H:%M} UTC. So everything was read again."
        )
    if full is None and (
        before.last_full_at is None
        or now - before.last_full_at >= FULL_AFTER
        or before.incrementals_since_full >= FULL_AFTER_INCREMENTALS
    ):
        return "A full refresh was due, which also finds deleted rows."
    return None
