"""Decided cases that resemble this one and how they ended; and those to decide along with it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.access import Identity
from app.context import Desk
from app.metrics import sign
from app.services.fraud import similar
from app.services.fraud.case_facts import CaseView
from app.services.fraud.similar import Alike
from app.ui import fraud_bulk, fraud_case, fraud_words, words

LOOKED_FOR = "_fraud_looked_for"


def show(desk: Desk, person: Identity, view: CaseView) -> None:
    """The five nearest decided cases; a click on one opens it."""
    if view.case is None:
        st.caption("Only cases are compared: this order has none.")
        return
    found = similar.alike(desk, person, view.case.case_id)
    if not found:
        st.caption("Nothing was decided yet that this case could be compared with.")
        return
    st.markdown(sentence(found))
    frame = pd.DataFrame([_cells(one) for one in found])
    columns = {
        "order": st.column_config.TextColumn("Order", width=88),
        "ended": st.column_config.TextColumn("Ended", width=82),
        "score": st.column_config.TextColumn("Score", width=58),
        "amount": st.column_config.NumberColumn(
            "Amount", format=f"{sign(desk.currency)} %,.0f", width=70
        ),
        "reason": st.column_config.TextColumn("Reason", width=170),
        "by": st.column_config.TextColumn("By", width=110),
        "why": st.column_config.TextColumn("What both have"),
    }
    ids = [one.row.order_id for one in found]
    fraud_case.opening(
        frame, columns, ids, key="case_alike", alt="Decided cases most like this one", rows=5
    )


def sentence(found: tuple[Alike, ...]) -> str:
    """How they ended, in a sentence."""
    declined = sum(one.row.verdict == "decline" for one in found)
    if declined == len(found):
        ended = f"all {declined} were declined" if declined > 1 else "it was declined"
    elif not declined:
        ended = f"all {len(found)} were approved" if len(found) > 1 else "it was approved"
    else:
        ended = f"{declined} declined, {len(found) - declined} approved"
    return f"Of the {words.counted(len(found), 'most alike case')}: **{ended}**."


def _cells(one: Alike) -> dict[str, object]:
    return {
        "order": one.row.order_id,
        "ended": fraud_words.standing(one.row),
        "score": fraud_words.score(one.row.score),
        "amount": one.row.amount,
        "reason": one.reason or "–",
        "by": one.decided_by or "–",
        "why": ", ".join(one.why) or "Much the same facts",
    }


def together(desk: Desk, person: Identity, view: CaseView) -> None:
    """Open cases that share something with this one, looked for when that is asked."""
    case = view.case
    if case is None or case.state == "closed":
        return
    if st.session_state.get(LOOKED_FOR) != case.case_id:
        st.button(
            "Find open cases like this one",
            key="find_alike",
            icon=":material/join_inner:",
            on_click=_look_for,
            args=(case.case_id,),
        )
        return
    found = similar.open_alike(desk, person, case.case_id)
    if not found:
        st.caption("No open case shares anything with this one.")
        return
    linked = sum(any(why.startswith("the same") for why in one.why) for one in found)
    said = words.counted(len(found), "other open case")
    more = f", {linked:,} linked with it" if linked else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{said} like this one{more}.", width="stretch")
        fraud_bulk.buttons([case, *(one.row for one in found)], key="alike", label="all")


def _look_for(case_id: int) -> None:
    st.session_state[LOOKED_FOR] = case_id
