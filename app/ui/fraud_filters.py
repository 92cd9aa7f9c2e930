"""The row above the queue: saved views, order, filters, and the search by order number."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services.fraud import cases as service
from app.services.fraud.cases import SavedView
from app.services.fraud.reasons import kind_words
from app.services.fraud.views import RISKS, SORTS, STATES, WHYS, Filters, QueuePage
from app.ui import feedback, fraud_address, state, words

ANY = ""


def beside_switch(desk: Desk, person: Identity, found: QueuePage) -> None:
    """The search by order number, and saved views with the filters that are seldom needed."""
    wanted = fraud_address.filters()
    _search(wanted.search)
    _more(found, wanted, service.saved_views(desk, person))


def show(found: QueuePage) -> None:
    """What the queue is sorted and filtered by, in one row; each change is in the address."""
    wanted = fraud_address.filters()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False):
        _select("Sorted by", "sort", SORTS, fraud_address.sort(), width=136)
        short = {**STATES, "waiting": "Waiting"}
        states = {one: _counted(label, found.counts.get(one)) for one, label in short.items()}
        _select("State", "state", states, wanted.state, width=152)
        _choice("Risk", "risk", found, wanted.risk, RISKS, width=104)
        _choice("Kind", "kind", found, wanted.kind, width=148)
        _choice("Country", "country", found, wanted.country, width=100)
        _choice("Method", "method", found, wanted.method, width=106)


def said(wanted: Filters) -> str:
    """The filters in words, for a sentence; empty where none is set."""
    parts = [
        STATES[wanted.state].lower() if wanted.state != "todo" else "",
        f"risk {RISKS.get(wanted.risk, wanted.risk).lower()}" if wanted.risk else "",
        kind_words(wanted.kind).lower() if wanted.kind else "",
        f"to {wanted.country}" if wanted.country else "",
        f"paid by {wanted.method}" if wanted.method else "",
        WHYS.get(wanted.why, wanted.why).lower() if wanted.why else "",
        f"order number with “{wanted.search}”" if wanted.search else "",
        "yours" if wanted.mine else "",
    ]
    return ", ".join(part for part in parts if part)


def clear_button() -> None:
    st.button(
        "Clear filters",
        key="clear_filters",
        icon=":material/filter_alt_off:",
        on_click=fraud_address.put_all,
        args=(Filters(), fraud_address.sort()),
    )


def _counted(label: str, count: int | None) -> str:
    return label if count is None else f"{label} ({count:,})"


def _choice(
    label: str,
    name: str,
    found: QueuePage,
    value: str | None,
    told: Mapping[str, str] | None = None,
    *,
    width: int,
) -> None:
    """A filter of what the queue holds; a value of the address stays, though none has it now."""
    options = list(found.choices.get(name, ()))
    if value and value not in options:
        options.append(value)
    if name == "risk":
        options = [one for one in RISKS if one in options] or options
    if name == "kind":
        labels = {one: kind_words(one) for one in options}
    else:
        labels = {one: (told or {}).get(one, one) for one in options}
    _select(label, name, {ANY: "Any", **labels}, value or ANY, width=width)


def _select(label: str, name: str, options: Mapping[str, str], value: str, *, width: int) -> None:
    key = f"queue_{name}"
    st.session_state[key] = value  # the address decides, also after a saved view or Back
    st.selectbox(
        label,
        list(options),
        format_func=lambda one: options.get(one, one),  # options are no Markdown
        key=key,
        on_change=_changed,
        args=(name, key),
        width=width,
    )


def _changed(name: str, key: str) -> None:
    fraud_address.put({name: st.session_state[key]})


def _search(value: str) -> None:
    st.session_state["queue_search"] = value
    st.text_input(
        "Order number",
        key="queue_search",
        max_chars=fraud_address.LONGEST,
        placeholder="Order number",
        label_visibility="collapsed",
        width=140,
        on_change=_changed,
        args=("search", "queue_search"),
    )


def _more(found: QueuePage, wanted: Filters, views: tuple[SavedView, ...]) -> None:
    """Saved views, and the filters that are seldom needed."""
    with st.popover("Views", icon=":material/bookmark:", help="Saved filters"):
        for view in views:
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                st.button(
                    words.plain(view.name),
                    key=f"view_{view.view_id}",
                    width="stretch",
                    on_click=fraud_address.put_all,
                    args=(view.filters, view.order),
                )
                st.button(
                    "",
                    key=f"drop_view_{view.view_id}",
                    icon=":material/delete:",
                    type="tertiary",
                    help="Remove this view",
                    on_click=_drop,
                    args=(view.view_id,),
                )
        if not views:
            st.caption("Set filters, give them a name, and they are one click away.")
        st.text_input("Save these filters as", key="view_name", max_chars=60)
        st.button("Save", key="save_view", icon=":material/bookmark_add:", on_click=_save)
        st.divider()
        why = {ANY: "Any", **{one: WHYS.get(one, one) for one in found.choices.get("why", ())}}
        if wanted.why and wanted.why not in why:
            why[wanted.why] = wanted.why
        _select("How it became a case", "why", why, wanted.why or ANY, width=240)
        if found.team:
            mine = {ANY: "Everybody's", "yes": "Mine"}
            _select("Held by", "mine", mine, "yes" if wanted.mine else ANY, width=240)
        clear_button()
    error = st.session_state.pop("_view_error", None)
    if error is not None:
        feedback.explain(error)


def _save() -> None:
    try:
        service.save_view(
            state.desk(),
            state.identity(),
            st.session_state.get("view_name", ""),
            fraud_address.filters(),
            fraud_address.sort(),
        )
        st.session_state["view_name"] = ""
    except Exception as error:  # a callback cannot draw: the run that follows shows it
        st.session_state["_view_error"] = error


def _drop(view_id: int) -> None:
    try:
        service.drop_view(state.desk(), state.identity(), view_id)
    except Exception as error:
        st.session_state["_view_error"] = error
