"""Case: one order with all that is known about it, and the decision."""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Identity, Permission
from app.context import Desk
from app.services.fraud import case_reading, explaining, graph, timeline
from app.services.fraud.case_facts import CaseView
from app.services.fraud.explaining import Explained
from app.ui import (
    feedback,
    fraud_act,
    fraud_address,
    fraud_alike,
    fraud_bulk,
    fraud_case,
    fraud_claim,
    fraud_files,
    fraud_graph,
    fraud_heading,
    fraud_words,
    skeleton,
    state,
    words,
)
from app.ui.skeleton import Row


def show(desk: Desk, person: Identity, *, title: Row, right: Row) -> None:
    """`title` holds the question, `right` the search by order number."""
    now, order_id = state.now(), fraud_address.order()
    with right:
        fraud_act.back_button()
        fraud_address.search(order_id)
    view = None if order_id is None else case_reading.read(desk, person, order_id, now=now)
    buttons = fraud_heading.heading(desk, title, facts=_facts(desk, view))
    with buttons:
        case = view.case if view else None
        fraud_act.next_button(person, after=case.case_id if case else None)
        fraud_act.help_card()
    fraud_act.show_last(person)
    if view is None:
        _none(order_id)
        return
    fraud_case.figures(view, desk.currency, now)
    fraud_claim.show(desk, person, view)
    explained = explaining.of_order(desk, view.order.order_id) if view.score else None
    _why_and_payment(view, desk, explained)
    _links_and_course(desk, person, view)
    _customer_and_basket(desk, person, view, explained)
    with skeleton.card("Decided cases that are most alike"):
        fraud_alike.show(desk, person, view)
        if fraud_act.may(person):
            fraud_alike.together(desk, person, view)
    fraud_files.buttons(desk, person, view)
    if case is not None:
        fraud_act.dialog(case)
    fraud_bulk.dialog()


def _facts(desk: Desk, view: CaseView | None) -> list[str | None]:
    if view is None:
        return fraud_heading.live(desk, state.now())
    order, case = view.order, view.case
    return [
        f"Order {words.plain(order.order_id)}, placed {words.instant(order.placed_at, desk.zone)}",
        "no case" if case is None else fraud_words.standing(case).lower(),
        None if view.score is None else f"scored by {_version(view.score.model_version)}",
    ]


def _version(number: int) -> str:
    return f"version {number}" if number else "the rules"


def _none(order_id: str | None) -> None:
    if order_id is None:
        feedback.empty(
            "No case is open",
            "Press N for the next case of the queue, or type an order number at the upper right.",
            icon=":material/folder_open:",
        )
        return
    feedback.empty(
        f"The shop has no order {words.plain(order_id[:64])}",
        "Check the number, or go back to the queue.",
        icon=":material/search_off:",
    )


def _why_and_payment(view: CaseView, desk: Desk, explained: Explained | None) -> None:
    main, aside = skeleton.chart_and_why(
        "Why this score", "Payment and its checks", wide_share=1.7,
        why_about="What the bank said of each attempt to pay.",
    )  # fmt: skip
    with main:
        fraud_case.reasons(view.score)
    with aside:
        if explained is not None:
            fraud_words.level("payment", explained.payment)
        fraud_case.payment(view, desk.currency)


def _links_and_course(desk: Desk, person: Identity, view: CaseView) -> None:
    main, aside = skeleton.chart_and_why(
        "Linked accounts and orders", "What happened", wide_share=1.7
    )
    order_id = view.order.order_id
    with main:
        keys = graph.keys_of(desk, order_id)
        newest = cached.manifest()
        older = (
            cached.fraud_links(cached.dated(newest.number), tuple(sorted(keys.items())))
            if newest
            else ()
        )
        links = graph.graph(desk, person, order_id, keys, older)
        fraud_graph.show(links, desk.currency)
        fraud_graph.as_list(links, desk.currency)
    with aside:
        height = fraud_graph.HEIGHT + 40 if links.orders else 240
        fraud_case.time_line(timeline.events(view, desk.currency), desk, height=height)


def _customer_and_basket(
    desk: Desk, person: Identity, view: CaseView, explained: Explained | None
) -> None:
    left, right = st.columns(2)
    sees = person.may(Permission.see_personal_fraud)
    with left, skeleton.card("Customer"):
        who = case_reading.person(desk, person, view.order.order_id) if sees else None
        if explained is not None and explained.customer is not None:
            fraud_words.level("customer", explained.customer)
        fraud_case.customer(view, who, hidden=not sees, currency=desk.currency)
    with right:
        with skeleton.card("Basket"):
            fraud_case.basket(view, desk.currency)
        with skeleton.card("Decisions and notes"):
            fraud_case.acts(view, desk)
