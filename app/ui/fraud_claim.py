"""Whose case it is and who else looks at it, and the row in which it is decided."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services.fraud import queue
from app.services.fraud.case_facts import CaseView
from app.services.fraud.views import CaseRow, OpenedCase
from app.ui import acts, dialogs, feedback, fraud_act, fraud_words, skeleton, state, words

WHYS = {
    "score": "by its score",
    "audit": "drawn at random for an audit",
    "asked": "asked for by hand",
}
VIEWING = "_fraud_viewing"
LOOK = 45.0  # seconds after which an open page says again that it is


def show(desk: Desk, person: Identity, view: CaseView) -> None:
    """The card with what one may do now."""
    case = view.case
    with skeleton.card():
        if case is None:
            _uncased(person, view)
            return
        opened = queue.open_case(desk, person, case.case_id)
        st.session_state[VIEWING] = _seen(opened)
        _words(case)
        if not fraud_act.may(person):
            st.caption("Fraud analysts decide. You see the case as it stands.")
            return
        _others(opened, desk)
        if case.state == "closed":
            fraud_act.typed(case)
            _closed(case)
        elif case.escalated_by == person.name:
            st.markdown(
                ":material/group: You escalated this case: a second person closes it. "
                "Undo takes the escalation back."
            )
            _row_of_acts(view, decides=False)
        else:
            # The fields stay where somebody else holds the case: what was typed is not lost.
            fraud_act.bar(case)
            _row_of_acts(view, decides=opened.claimed_by is None)
    _still_here(case.case_id)


@st.fragment(run_every=LOOK)
def _still_here(case_id: int) -> None:
    """Say that the page is open; what others did meanwhile is shown."""
    desk, person = state.desk(), state.identity()
    if not fraud_act.may(person):
        return
    found = queue.open_case(desk, person, case_id)
    if st.session_state.get(VIEWING) != _seen(found):
        dialogs.renew_page()


def _seen(found: OpenedCase) -> tuple[object, ...]:
    """What the page shows of others: who looks, who holds it, and whether it was decided."""
    return (found.row.case_id, found.viewing, found.claimed_by, found.row.version)


def _words(case: CaseRow) -> None:
    """Where the case stands, in a line."""
    zone = state.desk().zone
    parts = [
        f"**{fraud_words.standing(case)}**",
        f"a case since {words.instant(case.opened_at, zone)}, {WHYS.get(case.why, case.why)}",
    ]
    if case.closed_at is not None and case.state == "closed":
        parts.append(f"closed {words.instant(case.closed_at, zone)}")
    if case.state == "snoozed" and case.snoozed_until is not None:
        parts.append(f"until {words.instant(case.snoozed_until, zone)}")
    if case.escalated_by:
        parts.append(f"escalated by {words.plain(case.escalated_by)}")
    st.markdown(" · ".join(parts))
    if case.asked:
        st.markdown(f":material/forum: Asked: “{fraud_words.said(case.asked)}”")
    if case.answer:
        st.markdown(f":material/reply: The customer: “{fraud_words.said(case.answer)}”")
    elif case.answered_at is not None:
        st.markdown(":material/reply: The customer answered; analysts see what.")
    if case.state == "waiting" and fraud_act.may(state.identity()):
        with st.expander("Type the customer's answer"):
            fraud_act.answer(case)


def _others(opened: OpenedCase, desk: Desk) -> None:
    others = [name for name in opened.viewing if name != opened.claimed_by]
    if others:
        names = words.plain(", ".join(others))
        st.markdown(f":orange[:material/visibility:] Also viewing: {names}")
    if opened.claimed_by is not None and opened.claimed_until is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":orange[:material/front_hand:] **{words.plain(opened.claimed_by)}** works on "
                f"this case until {words.clock(opened.claimed_until, desk.zone)[:5]}.",
                width="stretch",
            )
            fraud_act.take_over_button(opened.row)


def _closed(case: CaseRow) -> None:
    st.caption(
        "The case is closed. Score the order again when something new is known: a risk that has "
        "risen opens it anew."
    )
    _again(case.order_id)


def _row_of_acts(view: CaseView, *, decides: bool) -> None:
    assert view.case is not None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if decides:
            fraud_act.act_buttons(view.case)
        fraud_act.note_button(view.case)
        _again(view.order.order_id)


def _uncased(person: Identity, view: CaseView) -> None:
    if view.score is None:
        why = "this order was never scored"
    elif view.score.risk == "low":
        why = "its score did not call for a person"
    else:
        why = "it was scored when it was too late to hold the order"
    st.markdown(f"**No case**: {why}.")
    if fraud_act.may(person):
        _again(view.order.order_id)


def _again(order_id: str) -> None:
    if acts.pressed(
        "Score again", key="score_again", icon=":material/refresh:",
        help="With all that is known now: chargebacks, links, verdicts",
    ):  # fmt: skip
        with feedback.explain_errors():
            from app.services.fraud import scoring  # what scores is not read before it is asked

            found = scoring.score_again(state.desk(), state.identity(), order_id)
            feedback.done(f"Scored again: {fraud_words.score(found.score)}")
            st.rerun()
