"""One order as a case: read live from the shop and from what was scored, decided and noted.

Personal data is a question of its own (`person`), so that the view of a manager cannot hold it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import select

from app.access import Identity, Permission, require
from app.services.fraud import cases
from app.services.fraud.case_facts import (
    CaseView,
    Customer,
    Line,
    Order,
    OrderBrief,
    Payment,
    Person,
    ScoreFacts,
)
from app.services.fraud.checks import order_number
from app.services.fraud.reasons import score_facts
from app.services.fraud.views import FraudError
from data_access.queries import fraud_case as queries
from data_access.queries import live
from data_access.shop.tables import MONEY_SCALE
from data_access.state import fraud_links
from data_access.state.engine import utc_now
from data_access.state.fraud_tables import FraudScore

if TYPE_CHECKING:
    from app.context import Desk

Row = Mapping[str, Any]

ONE_VIEW = timedelta(minutes=5)
"""A page reruns at every click: within this time it is the same look at the same case."""

MOST_SCORES = 20


def read(
    desk: Desk, by: Identity, order_id: str, *, now: datetime | None = None
) -> CaseView | None:
    """All that is known about one order, without what is personal; None: the shop has no such one.

    Raises
    ------
    AccessDenied : the role may not read pages.
    """
    require(by, Permission.read_pages)
    try:
        order_number(order_id)
    except FraudError:  # an address is typed by people
        return None
    with desk.shop_engine.connect() as shop:
        found = _all(shop, live.one_order(order_id))
        if not found:
            return None
        lines = tuple(_line(row) for row in _all(shop, live.lines_of_order(order_id)))
        statuses = _all(shop, live.history_of_order(order_id))
        refunds = _all(shop, queries.refunds([order_id]))
        chargebacks = _all(shop, queries.chargebacks([order_id]))
        payments = _all(shop, live.payments_of_order(order_id))
        order = _order(found[0], lines, statuses)
        customer = _customer(desk, shop, order) if order.customer_id else None
    case = cases.of_order(desk, by, order_id, now=now)
    return CaseView(
        order=order,
        lines=lines,
        payments=tuple(_payment(row) for row in payments),
        statuses=tuple((row["status"], row["happened_at"]) for row in statuses),
        refunds=tuple((money(r["amount"]), r["reason"], r["happened_at"]) for r in refunds),
        chargebacks=tuple((money(r["amount"]), r["reason"], r["known_at"]) for r in chargebacks),
        customer=customer,
        case=case,
        scores=_scores(desk, order_id),
        acts=tuple(reversed(cases.history(desk, by, case.case_id))) if case else (),
        notes=tuple(reversed(cases.notes(desk, by, case.case_id))) if case else (),
    )


def person(desk: Desk, by: Identity, order_id: str) -> Person | None:
    """Who ordered, to where and from where; each view is noted in the audit.

    Raises
    ------
    AccessDenied : the role may not see personal data.
    """
    require(by, Permission.see_personal_fraud)
    with desk.shop_engine.connect() as shop:
        found = _all(shop, live.one_order(order_id, personal=True))
        if not found:
            return None
        order = found[0]
        account = order["customer_id"]
        known = _all(shop, live.one_customer(account, personal=True)) if account else []
        payments = _all(shop, live.payments_of_order(order_id, personal=True))
    # Before the data leaves this function: what is not noted is not seen.
    note_view(desk, by, order_id)
    who: Row = known[0] if known else {}
    return Person(
        **{
            name: who.get(name)
            for name in ("name", "email", "phone", "address", "city", "postcode")
        },
        shipping_address=order["shipping_address"],
        ip=order["ip"],
        device_id=order["device_id"],
        cards=tuple(
            dict.fromkeys(p["card_fingerprint"] for p in payments if p["card_fingerprint"])
        ),
    )


_noted: dict[tuple[str, str, str], datetime] = {}
_lock = threading.Lock()


def note_view(
    desk: Desk, by: Identity, order_id: str, *, act: str = "case.viewed", again: bool = False
) -> None:
    """Note in the audit that somebody saw the person behind an order.

    again : note it even if it was noted a moment ago, as for a file that leaves the desk.
    """
    now, key = utc_now(), (desk.state.url, f"{by.name}/{by.session_hash}", order_id)
    with _lock:
        for old in [one for one, at in _noted.items() if now - at > ONE_VIEW]:
            del _noted[old]
        if key in _noted and not again:
            return
    with desk.state.note(by.name, act, f"order:{order_id}", at=now):
        pass
    with _lock:
        _noted[key] = now


def briefs(desk: Desk, order_ids: Sequence[str]) -> list[OrderBrief]:
    """Orders in short, newest first; those that the shop no longer has are left out."""
    if not order_ids:
        return []
    with desk.shop_engine.connect() as shop:
        return _briefs(desk, shop, _all(shop, queries.orders(order_ids)))


def money(value: float | None) -> float:
    """Ten-thousandths as currency."""
    return (value or 0) / MONEY_SCALE


def _briefs(desk: Desk, shop: sa.Connection, orders: Sequence[Row]) -> list[OrderBrief]:
    ids = [row["order_id"] for row in orders]
    if not ids:
        return []
    goods = {row["order_id"]: row["goods"] for row in _all(shop, queries.goods(ids))}
    last = {row["order_id"]: row["status"] for row in _all(shop, queries.statuses(ids))}
    backs = {row["order_id"] for row in _all(shop, queries.chargebacks(ids))}
    returned: dict[str, float] = {}
    for row in _all(shop, queries.refunds(ids)):
        returned[row["order_id"]] = returned.get(row["order_id"], 0.0) + money(row["amount"])
    with desk.state.read() as session:
        cases = fraud_links.cases_of(session, ids)
    made = [
        OrderBrief(
            order_id=one,
            customer_id=row["customer_id"],
            placed_at=row["placed_at"],
            amount=money(goods.get(one, 0) + row["shipping_fee"] - row["discount_total"]),
            country=row["shipping_country"],
            status=last.get(one, "placed"),
            charged_back=one in backs,
            refunded=returned.get(one, 0.0),
            case=(cases[one].verdict or cases[one].state) if one in cases else None,
        )
        for row in orders
        for one in [row["order_id"]]
    ]
    return sorted(made, key=lambda one: (one.placed_at, one.order_id), reverse=True)


def _customer(desk: Desk, shop: sa.Connection, order: Order) -> Customer | None:
    assert order.customer_id is not None
    known = _all(shop, live.one_customer(order.customer_id))
    if not known:
        return None
    row = known[0]
    count = _all(shop, queries.count_of_customer(order.customer_id))[0]
    earlier = _all(shop, queries.orders_of_customer(order.customer_id))
    history = _briefs(desk, shop, [one for one in earlier if one["order_id"] != order.order_id])
    return Customer(
        customer_id=order.customer_id,
        country=row["country"],
        kind=row["kind"],
        channel=row["channel"],
        signed_up_at=row["signed_up_at"],
        orders=int(count["orders"]),
        first_order_at=count["first_at"],
        history=tuple(history),
    )


def _scores(desk: Desk, order_id: str) -> tuple[ScoreFacts, ...]:
    """What was said about an order, the newest first; what only watches is left out."""
    query = select(FraudScore).where(FraudScore.order_id == order_id, ~FraudScore.shadow)
    newest = query.order_by(FraudScore.made_at.desc(), FraudScore.score_id.desc())
    with desk.state.read() as session:
        found = list(session.scalars(newest.limit(MOST_SCORES)))
    return tuple(score_facts(one, desk.currency) for one in found)


def _order(row: Row, lines: Sequence[Line], statuses: Sequence[Row]) -> Order:
    return Order(
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        placed_at=row["placed_at"],
        channel=row["channel"],
        coupon=row["coupon"],
        goods=sum(line.total for line in lines),
        shipping_fee=money(row["shipping_fee"]),
        discount=money(row["discount_total"]),
        billing_country=row["billing_country"],
        shipping_country=row["shipping_country"],
        status=statuses[-1]["status"] if statuses else "placed",
    )


def _line(row: Row) -> Line:
    listed = row["list_price"]
    return Line(
        product_id=row["product_id"],
        product=row["product"] or row["product_id"],
        units=row["units"],
        unit_price=money(row["unit_price"]),
        list_price=None if listed is None else money(listed),
    )


def _payment(row: Row) -> Payment:
    same = {name: row[name] for name in Payment.__slots__ if name != "amount"}
    return Payment(**same, amount=money(row["amount"]))


def _all(shop: sa.Connection, statement: sa.Select[Any]) -> list[Row]:
    return [dict(row) for row in shop.execute(statement).mappings()]
