"""The cards of one case: figures, reasons, payment, person, basket, history, course, notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from app.context import Desk
from app.metrics import money, sign
from app.services.fraud.case_facts import CaseView, Customer, Event, Payment, Person, ScoreFacts
from app.services.fraud.reasons import kind_words
from app.services.fraud.timeline import CHECKS
from app.services.fraud.views import DONE, Act
from app.ui import charts, fraud_address, fraud_words, kpis, state, tables, waterfall, words
from app.ui.fraud_words import said as flat
from app.ui.theme import palette
from app.ui.words import plain

GOOD_CHECKS = ("match", "passed")
BAD_CHECKS = ("none", "failed")
BAD, NEITHER = ":red[:material/close:]", ":orange[:material/remove:]"
SHOWN_FACTORS = 7
EVENT, ROW = 58, 31  # pixels of one event, about, and of a row of a table
TONES = {"good": "green", "bad": "red", "watch": "orange"}
ICONS = {
    "account": ":material/person:",
    "payment": ":material/credit_card:",
    "order": ":material/shopping_bag:",
    "score": ":material/speed:",
    "case": ":material/folder_open:",
    "decision": ":material/gavel:",
    "note": ":material/edit_note:",
    "money": ":material/payments:",
}


def _risk(score: ScoreFacts | None) -> str:
    if score is None:
        return "not scored"
    if score.unsure:
        return f"not sure ({(score.confidence or 0.0) * 100:.0f} %): nothing is done by it"
    return f"risk: {score.risk}"


def figures(view: CaseView, currency: str, now: datetime) -> None:
    """Score, amount, expected loss, and the time until it would be shipped."""
    score, case, order = view.score, view.case, view.order
    kind = plain(kind_words(score.kind).lower()) if score else ""
    usual = _usual(view.customer)
    times = "" if not usual else f"{order.amount / usual:.1f} × the customer's mean"
    lasting = "–"
    if case is not None and case.state != "closed":
        lasting = fraud_words.left((case.due_at - now).total_seconds() / 3600)
    late = case is not None and case.due_at < now and case.state != "closed"
    kpis.row(
        [
            kpis.Kpi(
                label="Probability of fraud",
                value="–" if score is None else fraud_words.score(score.score),
                delta=_risk(score),
                good=None
                if score is None or score.unsure or score.risk == "review"
                else score.risk == "low",
                note=f"Likely kind: {kind}" if score else "",
            ),
            kpis.Kpi(
                label="Amount",
                value=money(order.amount, currency, exact=True),
                delta=times or "no earlier orders",
                note=f"{words.counted(sum(line.units for line in view.lines), 'unit')} in "
                f"{words.counted(len(view.lines), 'line')}",
            ),
            kpis.Kpi(
                label="Expected loss",
                value="–" if case is None else money(case.expected_loss, currency),
                delta="score times amount",
                note="On average, if let through",
            ),
            kpis.Kpi(
                label="Time left",
                value=lasting,
                delta="late" if late else "until it would be shipped"
                if lasting != "–"
                else f"order {order.status}",
                good=False if late else None,
                note="" if case is None else f"Due {words.instant(case.due_at, _zone())}",
            ),
        ]
    )  # fmt: skip


def _zone() -> ZoneInfo:
    return state.desk().zone


def _usual(customer: Customer | None) -> float | None:
    """Mean of what the account ordered otherwise."""
    if customer is None or not customer.history:
        return None
    return sum(one.amount for one in customer.history) / len(customer.history)


def reasons(score: ScoreFacts | None) -> None:
    """The waterfall from the usual order's score to this one's, and the facts beneath."""
    if score is None:
        st.markdown("This order has not been scored.")
        return
    most, rest = score.factors[:SHOWN_FACTORS], score.factors[SHOWN_FACTORS:]
    colours = palette()
    parts = [("Usual order", score.base * 100)]
    parts += [(one.label, one.contribution * 100) for one in most]
    if rest:
        parts.append(("Everything else", sum(one.contribution for one in rest) * 100))
    drawn = waterfall.contributions(
        parts,
        total=score.score * 100,
        total_label="This order, %",
        height=300,
        # What raises the risk is the bad side here.
        colours=replace(colours, primary=colours.bad, bad=colours.good),
        longest_name=40,
    )
    drawn["data"][0]["marker"]["color"][0] = colours.muted  # where every order starts
    charts.show(
        drawn,
        key="case_reasons",
        alt="What makes up the score, in points of probability: "
        + "; ".join(f"{one.label} {one.contribution * 100:+.0f}" for one in most),
    )
    st.markdown(
        "\n".join(
            f"- {_arrow(one.contribution)} {plain(one.sentence)} "
            f":gray[({waterfall.amount(one.contribution * 100, signed=True)} points)]"
            for one in most
            if abs(one.contribution) >= 0.0005
        )
    )


def _arrow(contribution: float) -> str:
    if contribution > 0:
        return ":red[:material/north_east:]"
    return ":green[:material/south_east:]"


def payment(view: CaseView, currency: str) -> None:
    """Attempts to pay with what the bank said of each, and the countries side by side."""
    if not view.payments:
        st.caption("No payment of this order is known.")
    for paid in reversed(view.payments[-3:]):
        with st.container(gap="xxsmall"):
            sign = ":green[:material/check:]" if paid.succeeded else ":red[:material/close:]"
            st.markdown(
                f"{sign} **{plain(paid.method.capitalize())}** "
                f"{money(paid.amount, currency, exact=True)} "
                f":gray[{words.instant(paid.attempted_at, _zone())}]"
            )
            said = [_check(paid, name) for name in CHECKS]
            told = "  \n".join(one for one in said if one)
            st.markdown(told or ":gray[The bank said nothing.]")
    failed = sum(not one.succeeded for one in view.payments)
    if failed:
        st.markdown(f":orange[:material/flag:] {words.counted(failed, 'attempt')} failed")
    st.markdown("**Countries**")
    countries(view)


def _check(paid: Payment, name: str) -> str | None:
    said = getattr(paid, name)
    if said is None:
        return None
    what, told = CHECKS[name]
    text = f"{words.sentence(what)} {plain(told.get(said, said))}"
    if said in GOOD_CHECKS:
        return f":green[:material/check:] {text}"
    return f"{BAD if said in BAD_CHECKS else NEITHER} {text}"


def countries(view: CaseView) -> None:
    """Where the bill, the parcel, the card and the account are from; a difference is marked."""
    cards = [one.card_country for one in view.payments if one.card_country]
    home = view.order.billing_country
    known = {
        "Bill": home,
        "Parcel": view.order.shipping_country,
        "Card": cards[-1] if cards else None,
        "Account": view.customer.country if view.customer else None,
    }
    told = [
        f"{what} **{plain(code)}**"
        if code == home or home is None
        else f"{what} :orange[**{plain(code)}** :material/flag: not where the bill is]"
        for what, code in known.items()
        if code
    ]
    st.markdown("  \n".join(told) or ":gray[None is known.]")


def customer(view: CaseView, person: Person | None, *, hidden: bool, currency: str) -> None:
    """Who ordered, and what became of the account's other orders."""
    found = view.customer
    if person is not None:
        _person(person)
    elif hidden:
        st.caption(":material/lock: Names and addresses are shown to fraud analysts only.")
    if found is None:
        st.markdown("Ordered without an account.")
        return
    since = "" if found.signed_up_at is None else f", since {words.day(found.signed_up_at.date())}"
    st.markdown(
        f"Account **{plain(found.customer_id)}** ({plain(found.kind)}{since}), "
        f"{words.counted(found.orders, 'order')}"
        + (f", {money(found.spent, currency)} spent besides this one" if found.history else "")
        + (f", :red[**{found.charged_back} charged back**]" if found.charged_back else "")
    )
    if found.history:
        _history(found, currency)


def _person(person: Person) -> None:
    rows = {
        "Name": person.name,
        "E-mail": person.email,
        "Telephone": person.phone,
        "Address": person.address,
        "Shipped to": None
        if person.shipping_address == person.address
        else person.shipping_address,
        "IP": person.ip,
        "Device": person.device_id,
        "Cards": ", ".join(person.cards),
    }
    # A table and no text: Markdown would make links of the addresses.
    st.dataframe(
        pd.DataFrame([{"what": what, "value": value} for what, value in rows.items() if value]),
        hide_index=True,
        column_config={
            "what": st.column_config.TextColumn("Personal data", width=110),
            "value": st.column_config.TextColumn("", width="large"),
        },
        alt="Who ordered, to where and from where",
    )


def _history(found: Customer, currency: str) -> None:
    zone = _zone()
    frame = pd.DataFrame(
        [
            {
                "order": one.order_id,
                "placed": words.local(one.placed_at, zone),
                "amount": one.amount,
                "country": one.country or "–",
                "outcome": words.sentence(one.outcome),
            }
            for one in found.history
        ]
    )
    ids = [one.order_id for one in found.history]
    columns = {
        "order": st.column_config.TextColumn("Order", width=86),
        "placed": st.column_config.DatetimeColumn("Placed", format="D MMM YY", width=78),
        "amount": tables.money_column("Amount", currency),
        "country": st.column_config.TextColumn("To", width=42),
        "outcome": st.column_config.TextColumn("Outcome", width=92),
    }
    opening(frame, columns, ids, key="case_history", alt="Other orders of this account", rows=5)


def opening(
    frame: pd.DataFrame,
    columns: dict[str, Any],
    ids: list[str],
    *,
    key: str,
    alt: str,
    rows: int,
) -> None:
    """A table of orders; a click on one opens its case."""

    def opened() -> None:
        cells = st.session_state[key].selection.cells
        if cells and cells[0][0] < len(ids):
            fraud_address.open_order(ids[cells[0][0]])

    st.dataframe(
        frame,
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        alt=alt,
        key=key,
        on_select=opened,
        selection_mode="single-cell",
        height=ROW * (rows + 1) + 2 if len(frame) > rows else "auto",
    )


def basket(view: CaseView, currency: str) -> None:
    """Lines, and how they come to the amount."""
    frame = pd.DataFrame(
        [
            {
                "product": line.product,
                "units": line.units,
                "price": line.unit_price,
                "sum": line.total,
            }
            for line in view.lines
        ]
    )
    if frame.empty:
        st.caption("The shop knows no lines of this order.")
        return
    paid = f"{sign(currency)} %,.2f"
    tables.show(
        frame,
        {
            "product": st.column_config.TextColumn("Product", width=190),
            "units": st.column_config.NumberColumn("Units", width=48),
            "price": st.column_config.NumberColumn("Price", format=paid, width=72),
            "sum": st.column_config.NumberColumn("Sum", format=paid, width=76),
        },
        alt="Lines of the order",
    )
    order = view.order
    parts = [f"{money(order.goods, currency, exact=True)} goods"]
    if order.shipping_fee:
        parts.append(f"+ {money(order.shipping_fee, currency, exact=True)} shipping")
    if order.discount:
        coupon = f" ({plain(order.coupon)})" if order.coupon else ""
        parts.append(f"− {money(order.discount, currency, exact=True)} coupon{coupon}")
    st.caption(f"{' '.join(parts)} = {money(order.amount, currency, exact=True)}")


def time_line(found: tuple[Event, ...], desk: Desk, *, height: int) -> None:
    """What happened, the newest first; a long one scrolls.

    height : pixels of what stands beside it, which it does not outgrow.
    """
    lines = []
    for one in reversed(found):
        icon = ICONS.get(one.kind, ":material/circle:")
        tone = TONES.get(one.tone)
        head = f":{tone}[{icon}]" if tone else icon
        text = f" :gray[{flat(one.text)}]" if one.text else ""
        lines.append(
            f"{head} **{plain(one.title)}**{text}  \n:gray[{words.instant(one.at, desk.zone)}]"
        )
    with st.container(
        height=height if len(found) * EVENT > height else "content", border=False, gap="small"
    ):
        for line in lines:
            st.markdown(line)


def acts(view: CaseView, desk: Desk) -> None:
    """Who did what with the case, and the notes, the newest first."""
    if not view.acts and not view.notes:
        st.caption("Nothing was decided or noted yet.")
        return
    for act in view.acts:
        st.markdown(_act(act, desk))
    for note in view.notes:
        st.markdown(
            f":material/edit_note: **{plain(note.by)}** "
            f":gray[{words.instant(note.at, desk.zone)}]  \n{flat(note.text)}"
        )


def _act(act: Act, desk: Desk) -> str:
    said = f":material/gavel: **{DONE.get(act.act, act.act).capitalize()}** by {plain(act.by)}"
    said += f" :gray[{words.instant(act.at, desk.zone)}, score {fraud_words.score(act.score)}]"
    if act.undone_at is not None:
        said = f":gray[~~{said}~~ taken back by {plain(act.undone_by or '')}]"
    told = [part for part in (act.reason, act.note) if part]
    text = f"  \n{flat('. '.join(told))}" if told else ""
    sent = {
        "waiting": "the shop has not been told yet",
        "sent": "the shop was told",
        "failed": "the shop could not be reached; tried again",
        "held back": "the shop was never told",
    }.get(act.message or "")
    return said + text + (f"  \n:gray[{sent}]" if sent else "")
