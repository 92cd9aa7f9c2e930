"""What happened around an order, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator

from app.metrics import money
from app.services.fraud.case_facts import CaseView, Event
from app.services.fraud.views import DONE, WHYS

CAUSES = {"new": "Scored", "again": "Scored again", "asked": "Scored on request"}
CHECKS = {
    "avs": ("address check", {"match": "matches", "partial": "matches in part", "none": "fails"}),
    "cvv": ("security code", {"match": "matches", "none": "is missing"}),
    "three_d_secure": (
        "3-D Secure",
        {"passed": "passed", "failed": "failed", "absent": "was not used"},
    ),
}


def events(view: CaseView, currency: str) -> tuple[Event, ...]:
    """All that is known to have happened, the oldest first.

    Sign-up, attempts to pay, the order and its course, scores, acts, notes, money that went back.
    """
    found = [*_account(view), *_shop(view, currency), *_desk(view)]
    order = {"account": 0, "payment": 1, "order": 2, "score": 3, "case": 4}
    return tuple(sorted(found, key=lambda one: (one.at, order.get(one.kind, 5))))


def _account(view: CaseView) -> Iterator[Event]:
    customer, order = view.customer, view.order
    if customer is None:
        return
    if customer.signed_up_at is not None and customer.signed_up_at <= order.placed_at:
        yield Event(at=customer.signed_up_at, kind="account", title="Account opened")
    before = [one for one in customer.history if one.placed_at < order.placed_at]
    if before:
        last = before[0]
        yield Event(
            at=last.placed_at,
            kind="account",
            title=f"Earlier order {last.order_id}",
            text=last.outcome,
            tone="bad" if last.charged_back else "plain",
        )


def _shop(view: CaseView, currency: str) -> Iterator[Event]:
    for paid in view.payments:
        yield Event(
            at=paid.attempted_at,
            kind="payment",
            title=f"Payment by {paid.method} {'succeeded' if paid.succeeded else 'failed'}",
            text=", ".join(
                f"{what} {words.get(said, said)}"
                for name, (what, words) in CHECKS.items()
                if (said := getattr(paid, name)) is not None
            ),
            tone="plain" if paid.succeeded else "watch",
        )
    yield Event(
        at=view.order.placed_at,
        kind="order",
        title="Order placed",
        text=money(view.order.amount, currency, exact=True),
    )
    for status, at in view.statuses:
        bad = status in ("declined", "cancelled")
        yield Event(at=at, kind="order", title=f"Order {status}", tone="watch" if bad else "plain")
    for amount, reason, at in view.refunds:
        why = f"{money(amount, currency, exact=True)}{f', {reason}' if reason else ''}"
        yield Event(at=at, kind="money", title="Refunded", text=why)
    for amount, reason, at in view.chargebacks:
        why = f"{money(amount, currency, exact=True)}{f', {reason}' if reason else ''}"
        yield Event(at=at, kind="money", title="Charged back", text=why, tone="bad")


def _desk(view: CaseView) -> Iterator[Event]:
    for score in view.scores:
        by = f"version {score.model_version}" if score.model_version else "the rules"
        yield Event(
            at=score.made_at,
            kind="score",
            title=f"{CAUSES.get(score.cause, 'Scored')}: {score.score * 100:.0f} %",
            text=f"by {by}",
            tone="bad" if score.risk == "block" else "watch" if score.risk == "review" else "plain",
        )
    case = view.case
    if case is not None:
        yield Event(
            at=case.opened_at, kind="case", title="Case opened", text=WHYS.get(case.why, case.why)
        )
        if case.answered_at is not None:
            yield Event(
                at=case.answered_at,
                kind="case",
                title="The customer answered",
                text=case.answer or "",
            )
    for act in view.acts:
        if act.act in ("answer", "undo"):
            continue
        back = "" if act.undone_at is None else f", taken back by {act.undone_by}"
        tone = {"approve": "good", "decline": "bad"}.get(act.act, "watch")
        yield Event(
            at=act.at,
            kind="decision",
            title=f"{DONE.get(act.act, act.act).capitalize()} by {act.by}{back}",
            text=". ".join(part for part in (act.reason, act.note) if part),
            tone="plain" if back else tone,  # type: ignore[arg-type]
        )
    for note in view.notes:
        yield Event(at=note.at, kind="note", title=f"Note by {note.by}", text=note.text)
