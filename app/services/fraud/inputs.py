"""What fraud review reads of a snapshot, as the frames that `ml.fraud` declares."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import sqlalchemy as sa

from app.services.fraud import nothing
from app.services.home import last_whole_day
from data_access.queries import fraud as queries
from data_access.snapshots import tables
from data_access.snapshots.analytics import Analytics
from data_access.snapshots.manifest import Manifest
from data_access.state.fraud_tables import FraudDecision, FraudRelease
from ml.contract import Frames
from ml.fraud import schema
from ml.fraud.features import missing_columns

if TYPE_CHECKING:
    from app.context import Desk

ROWS_A_PIECE = 400_000
"""Orders that are asked for at once: the engine joins so many within a quarter of its memory."""

NEWEST = 300
"""Orders that tell which columns the shop fills."""

VERDICTS = ("approve", "decline")

_COLUMN_WORDS = {
    "customer": "the account of an order",
    "signed_up_at": "when an account signed up",
    "email_domain": "e-mail addresses of accounts",
    "channel": "the channel of an order",
    "hour": "the time of day of an order",
    "lines": "lines of the basket",
    "units": "units of the basket",
    "dearest": "prices of the lines",
    "category": "categories of products",
    "discount": "discounts by coupon",
    "coupon": "coupon codes",
    "billing_country": "the billing country",
    "shipping_country": "the shipping country",
    "ip_country": "the country of the IP address",
    "card_country": "the country of the card",
    "device": "a device id",
    "card": "a card fingerprint",
    "address": "the shipping address",
    "ip": "the IP address",
    "method": "the payment method",
    "avs": "the bank's address check",
    "cvv": "the check of the security code",
    "secure": "the result of 3-D Secure",
    "attempts_failed": "failed attempts to pay",
}


def as_of(desk: Desk, manifest: Manifest) -> date:
    """The last local day that the snapshot knows whole: today's is not over."""
    return last_whole_day(manifest, desk.zone)


def frames(desk: Desk, manifest: Manifest) -> Frames:
    """Every frame of the capability: orders, labels, releases."""
    return {
        "orders": nothing.without(orders(desk, manifest), manifest.placeholders),
        "labels": labels(desk, manifest),
        "releases": releases(desk),
    }


def orders(desk: Desk, manifest: Manifest) -> pd.DataFrame:
    """The frame `schema.ORDERS` of every order of the snapshot; words as categories, which five
    million rows need."""
    spans = _spans(manifest)
    statements = [queries.orders_between(first, after) for first, after in spans]
    if len(spans) == 1:
        return desk.analytics.compact_frame(manifest.number, statements, plain=("order_id",))
    # An engine of its own, closed at the end: what it caches is as large as the answer.
    settings = desk.settings
    engine = Analytics(
        desk.store, memory_mb=settings.duckdb_memory_mb, threads=settings.duckdb_threads
    )
    with closing(engine):
        return engine.compact_frame(manifest.number, statements, plain=("order_id",))


def labels(desk: Desk, manifest: Manifest) -> pd.DataFrame:
    """The frame `schema.LABELS`: chargebacks, and verdicts that stand."""
    told = desk.analytics.frame(manifest.number, queries.chargebacks())
    told = told.assign(source="chargeback", fraud=True)
    said = _verdicts(desk)
    wanted = [column.name for column in schema.LABELS.columns]
    found = told if said.empty else pd.concat([told, said], ignore_index=True)
    return found[wanted]


def releases(desk: Desk) -> pd.DataFrame:
    """The frame `schema.RELEASES`: orders that chance let through or sent to review."""
    table = FraudRelease
    with desk.state.read() as session:
        rows = session.execute(sa.select(table.order_id, table.share).order_by(table.order_id))
        found = pd.DataFrame(rows.all(), columns=["order_id", "share"])
    return found.astype({"order_id": object, "share": "float64"})


def missing(frames: Frames) -> list[tuple[str, str]]:
    """What the shop does not tell, and what each would add: words for the column, and the
    features that only it allows or that it is needed for, as a sentence."""
    found = []
    for column in missing_columns(frames["orders"]):
        labels = [f.label for f in schema.FEATURES if column in f.needs]
        found.append((_COLUMN_WORDS.get(column, column), _adds(labels)))
    if frames["labels"].empty:
        found.append(
            ("chargebacks", "Would let models learn from fraud that was found, and measure them.")
        )
    return found


def not_told(desk: Desk) -> list[tuple[str, str]]:
    """As `missing`, by the newest orders of the newest snapshot; empty before the first one."""
    from app.services.fraud import events

    manifest = desk.store.newest()
    if manifest is None:
        return []
    table = tables.orders
    newest = sa.select(table.c.order_id).order_by(table.c.placed_at.desc()).limit(NEWEST)
    ids = desk.analytics.frame(manifest.number, newest)["order_id"].astype(str).tolist()
    known = manifest.tables["chargebacks"].rows
    labels = pd.DataFrame(index=range(min(known, 1)))
    return missing({"orders": events.frame_of(desk, ids), "labels": labels})


def _spans(manifest: Manifest) -> list[tuple[date | None, date | None]]:
    """Local days into which the orders are cut, open at both ends, so that none is left out."""
    pieces = -(-manifest.tables["orders"].rows // ROWS_A_PIECE)
    days = (manifest.as_of_day - manifest.first_day).days
    cuts = [
        manifest.first_day + timedelta(days=days * number // pieces) for number in range(1, pieces)
    ]
    ends = sorted({cut for cut in cuts if cut > manifest.first_day})
    return list(zip([None, *ends], [*ends, None], strict=True))


def _adds(labels: list[str]) -> str:
    shown = ", ".join(labels[:SHOWN])
    more = len(labels) - SHOWN
    return f"Would add: {shown}" + (f" and {more} more." if more > 0 else ".")


SHOWN = 4  # features named for a missing column; a longer list is not read


def _verdicts(desk: Desk) -> pd.DataFrame:
    table = FraudDecision
    with desk.state.read() as session:
        rows = session.execute(
            sa.select(table.order_id, table.at, table.act, table.reason)
            .where(table.act.in_(VERDICTS), table.undone_at.is_(None))
            .order_by(table.decision_id)
        ).all()
    return pd.DataFrame(
        {
            "order_id": pd.Series([row.order_id for row in rows], dtype=object),
            "known_at": pd.to_datetime([row.at for row in rows]).astype("datetime64[ns]"),
            "source": "verdict",
            "fraud": [row.act == "decline" for row in rows],
            "amount": 0.0,
            "kind": [row.reason if row.act == "decline" else None for row in rows],
        }
    )
