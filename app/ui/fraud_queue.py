"""The queue of Fraud review: its figures, its table, and several cases decided at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import pandas as pd
import streamlit as st

from app.context import Desk
from app.metrics import money, sign
from app.services.fraud import messages
from app.services.fraud import queue as service
from app.services.fraud.reasons import kind_words
from app.services.fraud.views import CaseRow, Filters, QueuePage
from app.ui import acts, feedback, fraud_address, fraud_filters, fraud_words, kpis, state, words

if TYPE_CHECKING:
    from datetime import datetime

PAGE = 50
CLOCK = 30.0  # seconds between two looks at the figures
ROW, LONG = 31, 14  # pixels of a row, and rows from which the table scrolls
TABLE, TICKED = "queue_table", "_fraud_ticked"


@st.fragment(run_every=CLOCK)
def clock(desk: Desk, shown: QueuePage, filters: Filters) -> None:
    """The figures, renewed by themselves: time until shipping goes on, and cases come."""
    now = state.now()
    found = service.page(desk, state.identity(), filters, limit=1, now=now)
    figures(found, desk.currency, now)
    undelivered(desk)
    if (found.total, found.counts) == (shown.total, shown.counts):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":blue[:material/sync:] The queue has changed meanwhile.", width="stretch")
        if acts.pressed("Show it", key="show_changed"):
            st.rerun()


def figures(found: QueuePage, currency: str, now: datetime) -> None:
    """What waits, what is at stake, how soon, and how far the day's work is."""
    to_do = found.counts.get("todo", 0)
    others = [
        f"{found.counts[name]:,} {label}"
        for name, label in (("waiting", "waiting"), ("snoozed", "snoozed"))
        if found.counts.get(name)
    ]
    late, soon = found.overdue, found.due_soon
    left = "–" if found.next_due is None else _left(found.next_due, now)
    done = found.decided_today
    kpis.row(
        [
            kpis.Kpi(
                label="To do",
                value=words.counted(to_do, "case"),
                delta=", ".join(others) or "nothing else open",
                note=f"{found.counts.get('escalated', 0):,} escalated"
                if found.counts.get("escalated")
                else "None escalated",
                about="Cases that you can decide now. Those you escalated yourself wait for a "
                "second person and are not among them.",
            ),
            kpis.Kpi(
                label="Expected loss",
                value=money(found.expected_loss, currency),
                delta="if all of them went through",
                note="Score times amount, summed",
                about="What the shop would lose on average if every case to do was let through.",
            ),
            kpis.Kpi(
                label="Next to ship",
                value=left,
                delta=f"{words.counted(late, 'case')} late" if late else "none late",
                direction=0,
                good=False if late else True if to_do else None,
                note=f"{soon:,} more within 4 hours" if soon else "None within 4 hours",
                about="Time until the first order to do would be shipped.",
            ),
            kpis.Kpi(
                label="Decided today",
                value=f"{done:,} of {found.capacity:,}",
                delta=f"{found.decided_by_me:,} by you",
                note=f"{len(found.team)} people on duty"
                if found.team
                else "Capacity: orders a day",
                about="Verdicts since midnight, against the capacity that is set in Settings."
                + (f" On duty: {words.plain(', '.join(found.team))}." if found.team else ""),
            ),
        ]
    )


def undelivered(desk: Desk) -> None:
    """Decisions that the shop's server has refused or not answered to so far."""
    waiting, failed = messages.waiting(desk)
    if failed:
        feedback.watch(
            f"{words.counted(waiting, 'decision')} not told to the shop yet: its server did not "
            "take the last message. Sending goes on by itself; each case says what was answered."
        )


def _left(due: datetime, now: datetime) -> str:
    return fraud_words.left_short((due - now).total_seconds() / 3600)


def table(found: QueuePage, currency: str, *, turn: int) -> list[CaseRow]:
    """The page of cases: a click on one opens it, ticks choose several; gives those ticked.

    turn : rises with each decision, so that the ticks start anew.
    """
    if not found.rows:
        _empty(found)
        return []
    frame = pd.DataFrame([_cells(row) for row in found.rows])
    columns = _columns(found, currency)
    ids = [row.order_id for row in found.rows]
    # A table keeps ticks by position: one of other rows must be another table.
    key = f"{TABLE}_{turn}_{crc32(','.join(ids).encode()):x}"
    before: set[str] = st.session_state.get(TICKED, (turn, set()))[1]
    if st.session_state.get(TICKED, (turn,))[0] != turn:
        before = set()

    def selected() -> None:
        chosen = st.session_state[key].selection
        if chosen.cells and chosen.cells[0][0] < len(ids):
            fraud_address.open_order(ids[chosen.cells[0][0]])
        rows = {ids[row] for row in chosen.rows if row < len(ids)}
        st.session_state[TICKED] = (turn, rows)

    chosen = st.dataframe(
        frame,
        hide_index=True,
        column_order=list(columns),
        column_config=columns,
        alt="Cases of the queue in the chosen order",
        key=key,
        on_select=selected,
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"rows": [n for n, o in enumerate(ids) if o in before]}},
        height=ROW * (LONG + 1) if len(frame) > LONG else "auto",
    )
    ticked = sorted(row for row in chosen.selection.rows if row < len(found.rows))
    return [found.rows[row] for row in ticked]


def _cells(row: CaseRow) -> dict[str, object]:
    return {
        "order": row.order_id,
        "left": "–" if row.state == "closed" else fraud_words.left_short(row.hours_left),
        "score": row.score * 100,
        "risk": fraud_words.RISK_SIGNS.get(row.risk, row.risk),
        "loss": row.expected_loss,
        "amount": row.amount,
        "kind": kind_words(row.kind),
        "country": row.country or "–",
        "why": row.reason,
        "state": _standing(row),
    }


def _columns(found: QueuePage, currency: str) -> dict[str, Any]:
    config = st.column_config
    paid = f"{sign(currency)} %,.0f"
    columns: dict[str, Any] = {
        "order": config.TextColumn("Order", width=88),
        "left": config.TextColumn("Left", width=60, help="Time until it would be shipped"),
        "score": config.ProgressColumn(
            "Score", format="%.0f %%", min_value=0, max_value=100, width=96,
            help="Probability that it is fraud",
        ),
        "risk": config.TextColumn("Risk", width=60),
        "loss": config.NumberColumn("Loss", format=paid, width=64,
                                    help="Expected loss: score times amount"),
        "amount": config.NumberColumn("Amount", format=paid, width=68),
        "kind": config.TextColumn("Likely kind", width=122),
        "country": config.TextColumn("To", width=42, help="Shipped to"),
        "why": config.TextColumn("Strongest reason"),
    }  # fmt: skip
    if any(_standing(row) != "Open" for row in found.rows):
        columns["state"] = config.TextColumn("State", width=88)
    return columns


def _standing(row: CaseRow) -> str:
    """Its state, or whose it is while somebody works on it."""
    if row.state == "open" and row.claimed_by:
        return "Yours" if row.mine else f"with {row.claimed_by}"
    return "Waiting" if row.state == "waiting" else fraud_words.standing(row)


def _empty(found: QueuePage) -> None:
    said = fraud_filters.said(fraud_address.filters())
    if said:
        with st.container(horizontal_alignment="center"):
            feedback.empty(
                "No case fits these filters",
                f"Looked for: {words.plain(said)}. {found.counts.get('todo', 0):,} cases are to do "
                "without filters.",
                icon=":material/filter_alt:",
            )
            st.button(
                "Clear filters", key="clear_empty", on_click=fraud_address.put_all,
                args=(Filters(), fraud_address.sort()),
            )  # fmt: skip
        return
    feedback.empty(
        "Nothing waits for a decision",
        "New orders are scored within seconds of appearing in the shop; those whose risk calls "
        "for a person stand here, the costliest first.",
        icon=":material/check_circle:",
    )


def offset() -> int:
    """First row of the page that is asked for."""
    said = str(st.session_state.get("queue_page") or 1)
    return (max(int(said), 1) - 1) * PAGE if said.isdecimal() else 0


def pages(found: QueuePage) -> None:
    """Page control, where there is more than one page."""
    number = -(-found.total // PAGE)
    if number > 1:
        st.pagination(number, key="queue_page")
    else:
        st.session_state.pop("queue_page", None)
