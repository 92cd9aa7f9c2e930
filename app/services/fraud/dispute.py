"""A file for disputing a chargeback: the evidence that a shop may give to its bank, to be printed.

It holds what the order, its payment and the customer's own history show. Scores and the notes of
staff stay inside: they are judgements, not evidence, and no shopper may come to see them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

from app.access import Identity, Permission, require
from app.metrics import money
from app.services.fraud import case_reading
from app.services.fraud.case_facts import CaseView, OrderBrief, Person
from app.services.fraud.timeline import CHECKS
from app.services.fraud.views import FraudError
from data_access.state.engine import utc_now

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from app.context import Desk

OLD = timedelta(days=120)
"""Earlier undisputed orders of this age or more are what card schemes accept as a history."""

Paid = Callable[[float], str]
At = Callable[[datetime], str]

_STYLE = """
@page { margin: 18mm; }
body { font: 11pt/1.45 Inter, "Helvetica Neue", Arial, sans-serif; color: #1d2524;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 17pt; margin: 0 0 .2rem; } h2 { font-size: 12.5pt; margin: 1.5rem 0 .4rem; }
p { margin: .3rem 0; } .lead { color: #5c6b73; }
table { border-collapse: collapse; width: 100%; page-break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: .28rem .5rem .28rem 0;
  border-bottom: 1px solid #dedad0; } th { font-weight: 600; }
td.n, th.n { text-align: right; } tr.sum td { font-weight: 600; }
footer { margin-top: 2rem; color: #5c6b73; font-size: 9.5pt; }
"""


def file(desk: Desk, by: Identity, order_id: str, *, now: datetime | None = None) -> bytes:
    """The file of one order as a whole HTML page, UTF-8; noted in the audit.

    Raises
    ------
    AccessDenied : the role may not see personal data.
    FraudError : the shop has no such order.
    """
    require(by, Permission.see_personal_fraud)
    view = case_reading.read(desk, by, order_id)
    person = case_reading.person(desk, by, order_id) if view else None
    if view is None or person is None:
        raise FraudError(
            f"The shop has no order {order_id}.", remedy="Check the number, or go to the queue."
        )
    case_reading.note_view(desk, by, order_id, act="case.dispute_file", again=True)
    return html(view, person, desk.currency, desk.zone, now or utc_now()).encode()


def html(view: CaseView, person: Person, currency: str, zone: ZoneInfo, now: datetime) -> str:
    """The page; everything from data is escaped, and there is no script in it."""
    order = view.order

    def at(value: datetime) -> str:
        local = value.replace(tzinfo=UTC).astimezone(zone)
        return f"{local.day} {local:%b %Y, %H:%M}"

    def paid(value: float) -> str:
        return money(value, currency, exact=True)

    parts = [
        f"<h1>Order {_safe(order.order_id)}: evidence</h1>",
        f'<p class="lead">Placed {at(order.placed_at)} for {paid(order.amount)}. '
        f"{_disputed(view, paid, at)}</p>",
        "<h2>Order</h2>",
        _pairs(
            ("Ordered through", order.channel),
            ("Name of the account", person.name),
            ("E-mail", person.email),
            ("Telephone", person.phone),
            ("Billing country", order.billing_country),
            ("Shipped to", person.shipping_address),
            ("Shipping country", order.shipping_country),
            ("Device", person.device_id),
            ("IP address", person.ip),
        ),
        "<h2>Basket</h2>",
        _table(
            ("Product", "Units", "Price", "Sum"),
            [
                *((li.product, li.units, paid(li.unit_price), paid(li.total)) for li in view.lines),
                *([("Shipping", "", "", paid(order.shipping_fee))] if order.shipping_fee else []),
                *([("Coupon", "", "", paid(-order.discount))] if order.discount else []),
                ("Total", "", "", paid(order.amount)),
            ],
            numbers=(1, 2, 3),
            total=True,
        ),
        "<h2>Payment and the bank's checks</h2>",
        _table(
            ("When", "Method", "Result", "Address check", "Security code", "3-D Secure", "Sum"),
            [
                (
                    at(one.attempted_at),
                    one.method,
                    "succeeded" if one.succeeded else "failed",
                    *(
                        words.get(said, said) if (said := getattr(one, name)) else "–"
                        for name, (_, words) in CHECKS.items()
                    ),
                    paid(one.amount),
                )
                for one in view.payments
            ],
            numbers=(6,),
        ),
        "<h2>Delivery</h2>",
        _table(("What", "When"), [(status, at(when)) for status, when in view.statuses])
        if view.statuses
        else "<p>The shop has no shipment of this order yet.</p>",
        "<h2>The customer's history</h2>",
        _history(view, paid, at),
    ]
    if view.refunds:
        parts += [
            "<h2>Refunds</h2>",
            _table(
                ("When", "Reason", "Sum"),
                [(at(when), why or "–", paid(amount)) for amount, why, when in view.refunds],
                numbers=(2,),
            ),
        ]
    body = "".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Order {_safe(order.order_id)}: evidence</title><style>{_STYLE}</style></head>"
        f"<body>{body}<footer>Made {at(now)} ({_safe(str(zone))}) from the shop's records. "
        "Times are in this zone.</footer></body></html>"
    )


def _disputed(view: CaseView, paid: Paid, at: At) -> str:
    if not view.chargebacks:
        return "No chargeback is known so far."
    amount, reason, when = view.chargebacks[-1]
    why = f" as “{_safe(reason.replace('_', ' '))}”" if reason else ""
    return f"Charged back {at(when)}: {paid(amount)}{why}."


def _history(view: CaseView, paid: Paid, at: At) -> str:
    customer = view.customer
    if customer is None:
        return "<p>The order was placed without an account.</p>"
    placed = view.order.placed_at
    before = [one for one in customer.history if one.placed_at < placed]
    fine = [one for one in before if not one.charged_back and one.status == "delivered"]
    old = [one for one in fine if placed - one.placed_at >= OLD]
    since = f"Account since {at(customer.signed_up_at)}. " if customer.signed_up_at else ""
    if not before:
        return f"<p>{since}It is the account's first order.</p>"
    said = (
        f"<p>{since}{_orders(before)} before this one, {len(fine)} of them delivered and never "
        f"charged back; {len(old)} of those at least {OLD.days} days earlier.</p>"
    )
    if not fine:
        return said
    return said + _table(
        ("Order", "Placed", "Country", "Sum"),
        [(o.order_id, at(o.placed_at), o.country or "–", paid(o.amount)) for o in fine[:20]],
        numbers=(3,),
    )


def _orders(found: Sequence[OrderBrief]) -> str:
    return f"{len(found)} {'order' if len(found) == 1 else 'orders'}"


def _pairs(*pairs: tuple[str, str | None]) -> str:
    return _table(None, [(what, value) for what, value in pairs if value])


def _table(
    head: Sequence[str] | None,
    rows: Iterable[Sequence[object]],
    *,
    numbers: Sequence[int] = (),
    total: bool = False,
) -> str:
    """A table; `numbers` are columns that stand at the right, `total` marks the last row."""

    def cells(values: Sequence[object], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if at in numbers else ''}>{_safe(str(value))}</{tag}>"
            for at, value in enumerate(values)
        )

    lines = [f"<tr>{cells(row, 'td')}</tr>" for row in rows]
    if total and lines:
        lines[-1] = lines[-1].replace("<tr>", '<tr class="sum">', 1)
    top = f"<tr>{cells(head, 'th')}</tr>" if head else ""
    return f"<table>{top}{''.join(lines)}</table>"


def _safe(text: str) -> str:
    return escape(text, quote=True)
