"""Acting on a case: next, decide, note, snooze, ask, undo; each by a button and by a key.

All acts are callbacks: they run before the page is drawn, so that what follows shows the next case
at once. What went wrong is kept for that drawing; what was typed stays in its fields.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import streamlit as st

from app.access import Identity, Permission
from app.services.fraud import cases, deciding, queue, together
from app.services.fraud.views import REASONS, CaseConflictError, CaseRow, Decided, DecidedMany
from app.ui import acts, dialogs, feedback, fraud_address, fraud_words, state, words

ERROR, LAST, TURN, TYPED = "_fraud_error", "_fraud_last", "_fraud_turn", "_fraud_typed"
DIALOG = "_fraud_dialog"

KEYS = {
    "N": "Next case",
    "A": "Approve",
    "D": "Decline",
    "E": "Escalate to a second person",
    "Q": "Ask the customer a question",
    "S": "Snooze",
    "O": "Write a note",
    "U": "Undo the last decision, for 15 minutes",
    "B": "Back to the queue",
}

SNOOZES: dict[str, tuple[str, timedelta]] = {
    "1": ("1 hour", timedelta(hours=1)),
    "2": ("4 hours", timedelta(hours=4)),
    "3": ("1 day", timedelta(days=1)),
    "4": ("3 days", timedelta(days=3)),
}

REASONED = ("decline", "approve", "escalate")

QUESTIONS = (
    "Did you place this order yourself?",
    "Please confirm the address that we shall ship to.",
    "Please confirm the last four digits of the card you paid with.",
    "Is the parcel for you, or for somebody else?",
)


def may(person: Identity) -> bool:
    return person.may(Permission.decide_fraud)


def turn() -> int:
    """Rises with each act, so that ticks and fields start anew."""
    return int(st.session_state.get(TURN, 0))


def help_card() -> None:
    """The keys, one beneath the other."""
    with st.popover("Keys", icon=":material/keyboard:", help="What each key does"):
        st.markdown("\n".join(f"- **{key}** {what}" for key, what in KEYS.items()))
        st.caption("Keys rest while you type in a field: click beside it to go on by key.")


def next_button(person: Identity, *, after: int | None = None, label: str = "Next case") -> None:
    st.button(
        label,
        key="next_case",
        type="primary",
        icon=":material/arrow_forward:",
        shortcut=_key("N"),
        disabled=not may(person),
        on_click=_next,
        args=(after,),
        help=None if may(person) else "Fraud analysts take cases from the queue.",
    )


def show_last(person: Identity) -> None:
    """What the last act came to: what went wrong, or what was decided and its undo."""
    error = st.session_state.pop(ERROR, None)
    if error is not None:
        feedback.explain(error)
    last: Decided | DecidedMany | None = st.session_state.get(LAST)
    if last is None or not may(person):
        return
    remaining = (last.undo_until - state.now()).total_seconds()
    if remaining <= 0:
        del st.session_state[LAST]
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/check: {words.plain(last.text)} "
            f":gray[It can be taken back for {words.duration(remaining)}.]",
            width="stretch",
        )
        st.button(
            "Undo", key="undo_case", icon=":material/undo:", shortcut=_key("U"), on_click=_undo,
            args=(last,),
        )  # fmt: skip


def remember(done: Decided | DecidedMany) -> None:
    """Keep what was done for its undo, and let ticks and fields start anew."""
    st.session_state.pop(TYPED, None)
    st.session_state[LAST] = done
    st.session_state[TURN] = turn() + 1


def bar(row: CaseRow) -> None:
    """Reason and note of an open case."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False):
        st.selectbox(
            "Reason",
            [f"{act}:{slug}" for act in REASONED for slug in REASONS[act]],
            index=None,
            format_func=_reason_words,
            placeholder="None",
            key=f"reason_{row.order_id}",
            width=280,
            help="Not needed. One kept with a decision teaches the next model.",
        )
        st.text_input(
            "Note",
            key=f"note_{row.order_id}",
            max_chars=2000,
            placeholder="Kept with the decision",
        )


def act_buttons(row: CaseRow) -> None:
    """The five acts, each with its key."""
    _button("Approve", "approve", "A", ":material/check:", row)
    _button("Decline", "decline", "D", ":material/block:", row)
    _button("Escalate", "escalate", "E", ":material/group:", row)
    _button("Ask", "ask", "Q", ":material/forum:", row, opens=True)
    _button("Snooze", "snooze", "S", ":material/snooze:", row, opens=True)


def back_button() -> None:
    st.button(
        "Queue", key="back_to_queue", icon=":material/arrow_back:", shortcut=_key("B"),
        on_click=fraud_address.open_queue,
    )  # fmt: skip


def note_button(row: CaseRow) -> None:
    _button("Note", "note", "O", ":material/edit_note:", row, opens=True)


def dialog(row: CaseRow) -> None:
    """The dialog that was asked for; at the end of the page, so that all else is drawn."""
    asked, order_id = st.session_state.pop(DIALOG, (None, None))
    if order_id == row.order_id and asked in DIALOGS:
        DIALOGS[asked](row)


def take_over_button(row: CaseRow) -> None:
    st.button(
        "Take over", key="take_over", icon=":material/front_hand:", on_click=_acted,
        args=(lambda: queue.take_over(state.desk(), state.identity(), row.case_id),),
    )  # fmt: skip


def typed(row: CaseRow) -> None:
    """On a case that somebody else decided meanwhile: one's own words, and a place for them."""
    order_id, said = st.session_state.get(TYPED, (None, {}))
    if order_id != row.order_id or not said.get("note"):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"You had written: “{fraud_words.said(said['note'])}”", width="stretch")
        st.button(
            "Keep it as a note",
            key="keep_typed",
            icon=":material/edit_note:",
            on_click=_keep,
            args=(row.case_id, said["note"]),
        )


def _keep(case_id: int, text: str) -> None:
    _acted(lambda: cases.add_note(state.desk(), state.identity(), case_id, text))
    st.session_state.pop(TYPED, None)


@dialogs.dialog("Snooze for")
def snooze(row: CaseRow) -> None:
    """Four lengths, each one key away; the clock of shipping goes on."""
    st.caption("The case comes back by itself. Its time until shipping goes on meanwhile.")
    with st.container(horizontal=True):
        for key, (label, length) in SNOOZES.items():
            if acts.pressed(f"{label}", key=f"snooze_{key}", shortcut=key):
                _decide(row, "snooze", until=state.now() + length)
                st.rerun()


@dialogs.dialog("Ask the customer")
def ask(row: CaseRow) -> None:
    """One of the usual questions, or one of one's own; the shop puts it to the customer."""
    asked = st.selectbox("Question", QUESTIONS, accept_new_options=True)
    st.caption(
        "The shop sends it with the next message; the answer comes back to this case. Type to "
        "write a question of your own."
    )
    if acts.pressed("Ask", key="ask_send", type="primary", shortcut="Ctrl+Enter"):
        _decide(row, "ask", question=asked or "")
        st.rerun()


@dialogs.dialog("Note")
def note(row: CaseRow) -> None:
    """A note on the case that is no decision."""
    said = st.text_area(
        "Note", key=f"note_text_{row.order_id}", max_chars=2000, label_visibility="collapsed",
        placeholder="What the next person should know",
    )  # fmt: skip
    st.caption("Addresses, telephone numbers and long numbers in it are not kept.")
    if acts.pressed("Save", key="note_save", type="primary", shortcut="Ctrl+Enter"):
        with feedback.explain_errors():
            cases.add_note(state.desk(), state.identity(), row.case_id, said)
            del st.session_state[f"note_text_{row.order_id}"]
            st.rerun()


DIALOGS: dict[str, Callable[[CaseRow], None]] = {"ask": ask, "snooze": snooze, "note": note}


def answer(row: CaseRow) -> None:
    """What the customer said, typed by hand where it did not come through the shop."""
    with st.form("answer", clear_on_submit=False, border=False):
        said = st.text_area("The customer's answer", max_chars=4000)
        if acts.submitted("Keep the answer", key="answer_save"):
            with feedback.explain_errors():
                deciding.answer(state.desk(), state.identity(), row.case_id, said)
                st.rerun()


def _button(
    label: str, act: str, key: str, icon: str, row: CaseRow, *, opens: bool = False
) -> None:
    st.button(
        label,
        key=f"act_{act}",
        icon=icon,
        shortcut=_key(key),
        on_click=_ask_for if opens else _decide,
        args=(row, act),
    )


def _key(key: str) -> str | None:
    """The key, unless a dialog is about to lie over the page: it would decide behind it."""
    return None if DIALOG in st.session_state else key


def _ask_for(row: CaseRow, act: str) -> None:
    st.session_state[DIALOG] = (act, row.order_id)


def _reason_words(option: str) -> str:
    act, _, slug = option.partition(":")
    return f"{act.capitalize()}: {REASONS[act][slug].lower()}"


def _decide(row: CaseRow, act: str, **more: Any) -> None:
    """Decide and go on to the next case; a refusal leaves everything as it is."""
    chosen = st.session_state.get(f"reason_{row.order_id}")
    of, _, slug = (chosen or "").partition(":")
    if chosen and act in REASONS and REASONS[act] and of != act:
        st.session_state[ERROR] = ReasonError(of, act)
        return
    try:
        done = deciding.decide(
            state.desk(),
            state.identity(),
            row.case_id,
            row.version,
            act,
            slug if of == act and slug else None,
            st.session_state.get(f"note_{row.order_id}") or None,
            **more,
        )
    except CaseConflictError as error:
        st.session_state[ERROR], st.session_state[TYPED] = error, (row.order_id, error.typed)
        return
    except Exception as error:  # a callback cannot draw: the run that follows shows it
        st.session_state[ERROR] = error
        return
    remember(done)
    _next(None)


class ReasonError(ValueError):
    """A reason of another act was chosen; nothing was changed."""

    def __init__(self, of: str, act: str) -> None:
        super().__init__(f"The reason chosen is one to {of}, not to {act}.")
        self.remedy = "Choose another reason, or none; then decide again."


def _next(after: int | None) -> None:
    """Take the next case of the filtered queue; with none left, go back to the queue."""
    try:
        found = queue.next_case(
            state.desk(),
            state.identity(),
            fraud_address.filters(),
            fraud_address.sort(),
            after=after,
        )
    except Exception as error:
        st.session_state[ERROR] = error
        return
    if found is None or found.row.case_id == after:
        feedback.done("No other case of these filters is free")
        if found is None:
            fraud_address.open_queue()
        return
    fraud_address.open_order(found.row.order_id)


def _undo(last: Decided | DecidedMany) -> None:
    try:
        taken: Decided | DecidedMany
        if isinstance(last, DecidedMany):
            taken = together.undo_many(state.desk(), state.identity(), last.batch)
            fraud_address.open_queue()
        else:
            taken = deciding.undo(state.desk(), state.identity(), last.decision_id)
            fraud_address.open_order(taken.order_id)
    except Exception as error:
        st.session_state[ERROR] = error
    else:
        feedback.done(fraud_words.said(taken.text))
    st.session_state.pop(LAST, None)
    st.session_state[TURN] = turn() + 1


def _acted(does: Callable[[], object]) -> None:
    try:
        does()
    except Exception as error:
        st.session_state[ERROR] = error
