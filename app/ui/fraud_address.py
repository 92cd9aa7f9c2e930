"""Filters of the queue and the opened order: the address holds them, and nothing else does.

So a link opens the same queue or the same case, and a case keeps the filters of the queue that it
was taken from: its "next" is the next of that queue.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.services.fraud.views import SORTS, STATES, Filters

VIEW = "view"
ORDER = "order"
SORT = "sort"
FIELDS = ("state", "risk", "kind", "country", "method", "why", "search", "mine")
USUAL = (("state", "todo"), (SORT, next(iter(SORTS))))
"""What the queue does unasked: it does not stand in the address."""

LONGEST = 64  # characters of a filter's value


def order() -> str | None:
    """The order whose case is open; None: none."""
    return st.query_params.get(ORDER) or None


def open_order(order_id: str) -> None:
    """As a callback: turn to the case of an order."""
    # At once: each change of the address is one step of Back.
    st.query_params.update({VIEW: "Case", ORDER: order_id})


def open_queue() -> None:
    """As a callback: turn to the queue."""
    kept = {name: said for name, said in st.query_params.items() if name != ORDER}
    st.query_params.from_dict({**kept, VIEW: "Queue"})


def filters() -> Filters:
    """What the address asks for; a word that is no filter asks for nothing."""
    said = {name: st.query_params.get(name, "")[:LONGEST] for name in FIELDS}
    state = said["state"] if said["state"] in STATES else "todo"
    return Filters(
        state=state,
        risk=said["risk"] or None,
        kind=said["kind"] or None,
        country=said["country"] or None,
        method=said["method"] or None,
        why=said["why"] or None,
        search=said["search"],
        mine=said["mine"] == "yes",
    )


def sort() -> str:
    said = st.query_params.get(SORT, "")
    return said if said in SORTS else next(iter(SORTS))


def put(values: Mapping[str, str | None]) -> None:
    """As a callback: set filters; what is None, empty or usual leaves the address."""
    kept: dict[str, str] = dict(st.query_params.items())
    for name, value in values.items():
        kept.pop(name, None)
        if value and (name, value) not in USUAL:
            kept[name] = value
    st.query_params.from_dict(kept)


def put_all(wanted: Filters, by: str) -> None:
    """As a callback: these filters and this order, and no others."""
    put(
        {
            "state": wanted.state,
            "risk": wanted.risk,
            "kind": wanted.kind,
            "country": wanted.country,
            "method": wanted.method,
            "why": wanted.why,
            "search": wanted.search,
            "mine": "yes" if wanted.mine else None,
            SORT: by,
        }
    )


def search(order_id: str | None) -> None:
    """A field for the number of an order; Enter opens it."""
    key = "case_number"
    st.session_state[key] = order_id or ""
    st.text_input(
        "Order number", key=key, max_chars=LONGEST, placeholder="Order number", width=150,
        label_visibility="collapsed", on_change=_searched, args=(key,),
    )  # fmt: skip


def _searched(key: str) -> None:
    said = str(st.session_state[key]).strip()
    if said:
        open_order(said)
