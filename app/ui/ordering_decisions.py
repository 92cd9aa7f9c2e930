"""Deciding about the order list: typed quantities, conflicts, orders marked as placed, undo.

A typed quantity is saved at once, with the version that the person saw: nothing waits in the
browser that a second person could overwrite, and what could not be saved is shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from app.access import Identity, Permission
from app.context import Desk, get_desk
from app.services import ordering as service
from app.ui import acts, feedback, state, words

if TYPE_CHECKING:
    from datetime import date

    from app.services.ordering import Conflict, Edit, OrderList
    from app.services.settings import Change

TURN, UNDO, CONFLICTS, CHOSEN, DRAWN, ERROR = (
    "_order_turn",
    "_order_undo",
    "_order_conflicts",
    "_order_chosen",
    "_order_drawn",
    "_order_error",
)


def may(person: Identity) -> bool:
    return person.may(Permission.decide_commerce)


def turn() -> int:
    """Rises with each saving, so that the table starts anew without what has been saved."""
    return int(st.session_state.get(TURN, 0))


def chosen() -> set[str]:
    """Products that this person has ticked."""
    found: set[str] = st.session_state.setdefault(CHOSEN, set())
    return found


def chosen_before(key: str) -> frozenset[str]:
    """Products that were ticked when the table under this key was first drawn.

    A table that gets other rows than before tells the server its state once more, half a second
    after each tick; ticks since then are in that state.
    """
    before: tuple[str, frozenset[str]] | None = st.session_state.get(DRAWN)
    if before is None or before[0] != key:
        before = st.session_state[DRAWN] = (key, frozenset(chosen()))
    return before[1]


def typed(key: str, drawn: pd.DataFrame, week: date) -> None:
    """As a callback of the table: save what was typed, remember what was ticked.

    drawn : the rows as they stood when the table was drawn, by position.
    """
    changed: dict[int, dict[str, Any]] = st.session_state[key].get("edited_rows", {})
    edits = []
    for position, cells in changed.items():
        row = drawn.iloc[int(position)]
        if "chosen" in cells:
            (chosen().add if cells["chosen"] else chosen().discard)(str(row["product_id"]))
        if "order" in cells or "note" in cells:
            edits.append(_edit(row, cells))
    if edits:
        save(week, edits)


def _edit(row: pd.Series, cells: dict[str, Any]) -> Edit:
    """An emptied quantity means: as proposed."""
    units = cells.get("order", row["order"])
    note = cells.get("note", row["note"])
    whole = units is not None and float(units).is_integer()
    return service.Edit(
        product_id=str(row["product_id"]),
        units=None if units is None else int(units) if whole else units,
        note=None if note is None or pd.isna(note) or note == "" else str(note),
        proposed=int(row["proposed"]),
        version=int(row["version"]),
    )


def save(week: date, edits: Sequence[Edit]) -> None:
    """Save edits and keep what could not be saved for the run that follows."""
    try:
        saved = service.save_edits(get_desk(), state.identity(), week=week, edits=edits)
    except Exception as error:  # shown by the run that follows: a callback cannot draw
        st.session_state[ERROR] = error
        return
    st.session_state[TURN] = turn() + 1
    if saved.entry_id is not None:
        st.session_state[UNDO] = (saved.entry_id, saved.text)
    if saved.conflicts:
        st.session_state[CONFLICTS] = [*st.session_state.get(CONFLICTS, []), *saved.conflicts]


def show_last(desk: Desk, week: date) -> None:
    """What the last act came to: its undo, what went wrong, what is in conflict."""
    error = st.session_state.pop(ERROR, None)
    if error is not None:
        st.session_state[TURN] = turn() + 1
        feedback.explain(error)
    for number, conflict in enumerate(st.session_state.get(CONFLICTS, [])):
        _conflict(week, conflict, number)
    if UNDO not in st.session_state:
        return
    entry_id, text = st.session_state[UNDO]
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(words.plain(text), width="stretch")
        if acts.pressed("Undo", key="undo_order", icon=":material/undo:"):
            del st.session_state[UNDO]
            with feedback.explain_errors():
                change = service.undo(desk, state.identity(), entry_id=entry_id)
                _done(change)


def _conflict(week: date, found: Conflict, number: int) -> None:
    """Two values for one line: nothing is lost, one of them is chosen."""
    theirs = "as proposed" if found.units is None else f"{found.units:,}"
    mine = "as proposed" if found.edit.units is None else f"{found.edit.units:,}"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":orange[:material/flag:] **{words.plain(found.edit.product_id)}**: "
            f"{words.plain(found.by)} has set {theirs} meanwhile; your {mine} is not saved.",
            width="stretch",
        )
        if acts.pressed(f"Use {mine}", key=f"conflict_mine_{number}"):
            _settle(number)
            again = service.Edit(
                product_id=found.edit.product_id,
                units=found.edit.units,
                note=found.edit.note,
                proposed=found.edit.proposed,
                version=found.version,
            )
            save(week, [again])
            st.rerun()
        if acts.pressed(f"Keep {theirs}", key=f"conflict_theirs_{number}"):
            _settle(number)
            st.rerun()


def _settle(number: int) -> None:
    left: list[Conflict] = st.session_state[CONFLICTS]
    st.session_state[CONFLICTS] = left[:number] + left[number + 1 :]


def mark_button(
    person: Identity, found: OrderList, supplier: str | None, rows: pd.DataFrame
) -> None:
    """Mark the ticked lines, or all of the chosen supplier, as ordered."""
    mine = chosen()
    ticked = [one for one in rows["product_id"] if one in mine]
    ids = ticked or ([] if supplier is None else list(_to_order(found, supplier)["product_id"]))
    label = f"Mark {len(ids)} as ordered" if ids else "Mark as ordered"
    if acts.pressed(
        label,
        key="mark_ordered",
        type="primary",
        icon=":material/check:",
        disabled=not ids or not may(person),
        help="Tick lines, or choose a supplier. What is marked counts as on order.",
    ):
        with feedback.explain_errors():
            change = service.mark_ordered(state.desk(), state.identity(), found, ids)
            st.session_state[UNDO] = (change.entry_id, change.text)
            st.session_state[CHOSEN] = set()
            st.session_state[TURN] = turn() + 1
            st.rerun()


def _to_order(found: OrderList, supplier: str) -> pd.DataFrame:
    rows = found.rows
    return rows[(rows["supplier_id"] == supplier) & (rows["order"] > 0)]


def fill_button(desk: Desk, person: Identity, found: OrderList, more: pd.DataFrame) -> None:
    """Add what fills an order up to its minimum."""
    if acts.pressed("Add these", key="fill_up", icon=":material/add:", disabled=not may(person)):
        edits = [
            service.Edit(
                product_id=str(row["product_id"]),
                units=int(row["order"]),
                note="fills up the minimum order",
                proposed=int(row["proposed"]),
                version=int(row["version"]),
            )
            for row in more.to_dict("records")
        ]
        save(found.week, edits)
        st.rerun()


def undo_button(desk: Desk, person: Identity, order_id: int) -> None:
    """Take one order back."""
    if acts.pressed(
        "Undo", key=f"undo_order_{order_id}", icon=":material/undo:", disabled=not may(person)
    ):
        with feedback.explain_errors():
            _done(service.undo_order(desk, state.identity(), order_id))


def _done(change: Change) -> None:
    st.session_state.pop(UNDO, None)
    st.session_state[TURN] = turn() + 1
    feedback.done(change.text)
    st.rerun()
