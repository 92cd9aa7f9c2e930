"""Scoring orders: by the champion, with reasons, on what the event store knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.access import Identity, Permission, require
from app.services.fraud import casing, checks, saying
from app.services.fraud.casing import Cause, Scored
from app.services.fraud.views import FraudError
from app.services.serving import standing
from data_access.state import fraud_scores
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    import pandas as pd

    from app.context import Desk

KEY = "fraud"
CASE_FACTS = ("amount", "placed_at", "shipping_country", "method")

AT_ONCE = 1_000
"""Orders of one question; more are asked in turns."""


def score_orders(
    desk: Desk, order_ids: Sequence[str], *, cause: Cause, now: datetime | None = None
) -> list[Scored]:
    """Score orders that the event store knows, keep the scores, and open cases.

    Parameters
    ----------
    cause : "new" (once an order, as things were when it was placed), "again" (with all that is
        known now; a case that was approved opens anew where its risk has risen a level), "asked"
        (as "new", but again where it was scored before).

    Returns
    -------
    In the order asked for; orders that are not known are left out.
    """
    now = now or utc_now()
    wanted = list(dict.fromkeys(checks.order_number(one) for one in order_ids))
    if cause == "new" and wanted:
        with desk.state.read() as session:
            known = fraud_scores.scored_already(session, wanted)
        wanted = [one for one in wanted if one not in known]
    found: list[Scored] = []
    for start in range(0, len(wanted), AT_ONCE):
        found += _score_part(desk, wanted[start : start + AT_ONCE], cause, now)
    return found


def _score_part(desk: Desk, wanted: list[str], cause: Cause, now: datetime) -> list[Scored]:
    import pandas as pd

    from app.services.fraud import events
    from ml.fraud import features

    if cause == "asked":
        events.remember(desk, wanted, now=now)
    orders, chargebacks, profiles = events.rows_for(desk, wanted)
    known = set(orders["order_id"])
    asked = [one for one in wanted if one in known]
    if not asked:
        return []
    made = features.compute(
        orders,
        of=asked,
        chargebacks=chargebacks,
        profiles=profiles,
        known_by=pd.Timestamp(now) if cause == "again" else None,
    )
    facts = _facts(orders, asked)
    return keep(desk, made, facts, cause=cause, now=now, orders=orders)


def _facts(orders: pd.DataFrame, asked: list[str]) -> pd.DataFrame:
    """What a case says of its order, in the order asked for."""
    place = {order_id: number for number, order_id in enumerate(orders["order_id"])}
    columns = [name for name in CASE_FACTS if name in orders]
    return orders[columns].iloc[[place[one] for one in asked]]


def score_unseen(
    desk: Desk, raw: Sequence[Mapping[str, Any]], *, now: datetime | None = None
) -> list[Scored]:
    """Score orders that are not in the shop's database yet, by their raw fields.

    What is said is kept with its features, in hashes; a case is opened once the order appears.
    An order that is known already is scored as the shop has it: nobody rewrites it from outside.

    raw : see `events.hashed_rows`; `placed_at` is now where it is missing.
    """
    from app.services.fraud import events
    from data_access.state import fraud_events
    from ml.fraud import features

    now = now or utc_now()
    given = {checks.order_number(one["order_id"]): {"placed_at": now, **one} for one in raw}
    with desk.state.read() as session:
        seen = set(fraud_events.events(session, list(given)))
    known = score_orders(desk, sorted(seen), cause="asked", now=now) if seen else []
    unseen = [row for order_id, row in given.items() if order_id not in seen]
    said: dict[str, Scored] = {one.order_id: one for one in known}
    if unseen:
        more = events.hashed_rows(desk, unseen)
        ids = list(more["order_id"])
        # Before anything is looked up: of two that are asked for at once, one knows the other.
        events.remember_asked(desk, more, now=now)
        orders, chargebacks, profiles = events.rows_for(desk, ids, more=more)
        made = features.compute(orders, of=ids, chargebacks=chargebacks, profiles=profiles)
        facts = _facts(orders, ids)
        fresh = saying.say(desk, made, facts, now=now, cause="asked", orders=orders)
        with desk.state.write() as session:
            fraud_scores.add_scores(session, casing.rows_of(fresh.scored, made, "asked", now))
        said |= {one.order_id: one for one in fresh.scored}
    return [said[order_id] for order_id in given if order_id in said]


def keep(
    desk: Desk,
    features: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    cause: Cause,
    now: datetime,
    orders: pd.DataFrame | None = None,
) -> list[Scored]:
    """Score by features, keep what was said, and open cases.

    Parameters
    ----------
    features : index order_id, columns of `ml.fraud.schema.NAMES`.
    facts : rows alike; amount, placed_at, and shipping_country and method where known.
    orders : rows of the orders frame that tell how these orders are linked with others; while an
        experiment runs, linked orders go to one arm. None: each goes by itself.
    """
    said = saying.say(desk, features, facts, now=now, cause=cause, orders=orders)
    with desk.state.write() as session:
        found = casing.keep(
            desk.hash_key, session, said.scored, facts, features, said.rules, cause, now
        )
        if said.shadow:
            rows = casing.rows_of(said.shadow, features, cause, now, shadow=True)
            fraud_scores.add_scores(session, rows)
        saying.log(session, said, cause=cause, now=now, zone=desk.zone)
    return found


def champion_version(desk: Desk) -> int:
    """Number of the version that decides, as it was last found; 0: the plain rules."""
    return standing(desk, KEY).version or 0


def score_again(desk: Desk, by: Identity, order_id: str, *, now: datetime | None = None) -> Scored:
    """Score one order with all that is known now, asked for by a person.

    Raises
    ------
    AccessDenied, FraudError : the role may not, or the order is not known to the event store.
    """
    require(by, Permission.decide_fraud)
    checks.order_number(order_id)
    now = now or utc_now()
    with desk.state.note(by.name, "order.scored", f"order:{order_id}", at=now):
        pass
    found = score_orders(desk, [order_id], cause="again", now=now)
    if not found:
        raise FraudError(
            f"Order {order_id} is older than what is kept for scoring.",
            remedy="Its earlier score stands.",
        )
    return found[0]
