"""New products in Explore: what each is forecast by, why, and what staff choose instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.access import Permission
from app.metrics import about
from app.ui import acts, feedback, series, state, tables, words

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView
    from app.services.forecasting.done import Done
    from app.services.forecasting.lookalikes import NewProduct

MOST = 3
LISTED = 200
"""New products that are listed; a shop seldom launches more in eight weeks."""


def show(found: ForecastView) -> None:
    """The look-alikes of a new product; elsewhere, which products are new."""
    with feedback.explain_errors():
        if found.question.level != "product":
            _list(found)
            return
        key = cached.decided(found.question.snapshot)
        told = cached.look_alikes(key, found.question)
        if not told.new:
            feedback.empty(
                f"{words.plain(found.label)} is not new",
                "It has been on offer for eight weeks or more, so its own sales speak for it. "
                "Look at the whole shop to see which products are new.",
                icon=":material/new_releases:",
            )
            return
        _story(found, told)
        _table(found, told)
        if state.identity().may(Permission.decide_commerce):
            _choose(told)


def _list(found: ForecastView) -> None:
    """Products that the stored forecast takes for new, as ways to them."""
    new = cached.new_products(cached.dated(found.question.snapshot), found.question.publication)
    if not new:
        feedback.empty(
            "No product is new",
            "Every product on offer has been sold for eight weeks or more. A newly launched one "
            "is forecast by products that it resembles, and stands here.",
            icon=":material/new_releases:",
        )
        return
    st.markdown(
        f"{words.counted(len(new), 'product')} launched within the last eight weeks: forecast by "
        "look-alikes until their own sales say enough."
    )
    names = cached.product_names(new[:LISTED])
    with st.container(horizontal=True, gap="small"):
        for product_id, name in zip(new[:LISTED], names, strict=True):
            st.button(
                words.plain(words.shortened(name, 44)),
                key=f"new_{product_id}",
                type="tertiary",
                icon=":material/new_releases:",
                on_click=series.open_series,
                args=("product", product_id),
            )


def _story(found: ForecastView, told: NewProduct) -> None:
    names = {one.product_id: one.name for one in told.proposals}
    used = ", ".join(names.get(one, one) for one in told.used)
    who = "chosen by staff" if told.used_chosen else "proposed"
    st.markdown(
        f"**On offer for {words.counted(told.weeks, 'week')} with stock, "
        f"{about(told.sold):,.0f} units sold.** "
        + words.plain(
            f"It is forecast by {used} ({who}): their season and trend, at the level that its own "
            "first sales tell. With each week its own sales count for more and the range narrows."
        )
    )
    if told.waiting:
        chosen = ", ".join(names.get(one, one) for one in told.chosen) or "what is proposed"
        feedback.watch(f"From the next computation on by {chosen}.")


def _table(found: ForecastView, told: NewProduct) -> None:
    rows = [
        {
            "used": one.product_id in told.used,
            "name": one.name,
            "similarity": one.similarity * 100,
            "reasons": words.sentence(one.reasons),
            "product_id": one.product_id,
        }
        for one in told.proposals
    ]
    tables.show(
        tables.rows(rows),
        {
            "used": st.column_config.CheckboxColumn("Used", width=44),
            "name": tables.text_column("Product", width=250),
            "similarity": st.column_config.ProgressColumn(
                "Alike", format="%.0f %%", min_value=0.0, max_value=100.0, width=104
            ),
            "reasons": tables.text_column("Why", width=352),
            "product_id": tables.text_column("Number", width=76),
        },
        alt=f"Established products that {found.label} resembles, the most alike first",
    )


def _choose(told: NewProduct) -> None:
    """One to three others, by search among all products; then the computation."""
    names = {one.product_id: one.name for one in told.proposals}
    snapshot = cached.manifest()
    chooser = st.container()  # three names side by side need the whole width
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search, act = st.container(width=300), st.container(width="content")
    with search:
        text = st.text_input(
            "Search other products",
            type="search",
            placeholder="Words of the name",
            max_chars=100,
            key="alike_search",
        )
    if text and snapshot is not None:
        for option in cached.series_options(cached.dated(snapshot.number), "product", text, 20):
            names.setdefault(option.series_id, option.label)
    names.pop(told.product_id, None)
    start = list(told.chosen or told.used)
    for one, label in zip(start, cached.product_names(tuple(start)), strict=True):
        names.setdefault(one, label)
    kept = st.session_state.get("alike_chosen", start)
    for one, label in zip(kept, cached.product_names(tuple(kept)), strict=True):
        names.setdefault(one, label)
    with chooser:
        wanted = st.multiselect(
            "Forecast it by",
            list(names),
            default=start,
            format_func=lambda one: names[one],
            max_selections=MOST,
            key="alike_chosen",
            help="One to three established products. Leave it empty to use what is proposed.",
        )
    with act:
        same = tuple(wanted) == (told.chosen or told.used)
        if acts.pressed("Use these", type="primary", disabled=same, key="alike_use"):
            _keep(told, wanted)
    if told.waiting and acts.pressed(
        "Compute the forecast anew", icon=":material/refresh:", key="alike_compute"
    ):
        from app.services.forecasting import lookalikes

        with feedback.explain_errors():
            lookalikes.compute_anew(state.desk(), state.identity())
            feedback.done("The forecast is being computed")
            st.rerun()
    back = st.session_state.get("_alike_done")
    if back is not None and back[0] == told.product_id:
        _undo(back[1])


def _keep(told: NewProduct, wanted: list[str]) -> None:
    from app.services.forecasting import lookalikes

    with feedback.explain_errors():
        done = lookalikes.choose(
            state.desk(),
            state.identity(),
            product_id=told.product_id,
            alike=wanted,
            version=told.version,
        )
        st.session_state["_alike_done"] = (told.product_id, done)
        feedback.done("Kept; used from the next computation on")
        st.rerun()


def _undo(done: Done) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(words.plain(done.text), width="stretch")
        if acts.pressed("Undo", key="alike_undo", icon=":material/undo:"):
            with feedback.explain_errors():
                done.back(state.desk(), state.identity())
                del st.session_state["_alike_done"]
                st.session_state.pop("alike_chosen", None)
                feedback.done("Taken back")
                st.rerun()
