"""Files of the order list: stock figures in, the list out as CSV or Excel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services.ordering import exporting, filtered, uploading
from app.ui import acts, dialogs, feedback, ordering_decisions, state, tables, uploaded, words

if TYPE_CHECKING:
    from app.services.ordering import Filter, OrderList

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def upload_button(desk: Desk, person: Identity, found: OrderList) -> None:
    """A button that opens the upload of stock figures."""
    if acts.pressed(
        "Stock file",
        icon=":material/upload:",
        key="stock_file",
        disabled=not ordering_decisions.may(person),
        type="secondary" if found.has_stock else "primary",
    ):
        _upload(desk, found)


@dialogs.dialog("Stock figures from a file", width="large")
def _upload(desk: Desk, found: OrderList) -> None:
    st.caption(
        "CSV or xlsx, one row a product: product number and stock; on order, lead time days, pack "
        "size, unit cost and supplier where you know them."
    )
    st.download_button(
        "Template",
        data=uploading.template(),
        file_name="stock-template.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="stock_template",
    )
    for number, name, counted, rows, by in uploading.files(desk)[:3]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{words.plain(name)}: {rows:,} products, counted on {words.day(counted)}, by "
                f"{words.plain(by)}",
                width="stretch",
            )
            if acts.pressed("Undo", key=f"undo_stock_{number}", icon=":material/undo:"):
                with feedback.explain_errors():
                    feedback.done(uploading.undo_file(desk, state.identity(), number).text)
                    st.rerun()
    counted_on = st.date_input(
        "Counted on the evening of",
        format="YYYY-MM-DD",
        value=found.day - timedelta(days=1),
        max_value=found.day,
        key="stock_counted",
        help="What was sold after that day is taken off.",
    )
    file = st.file_uploader("File", type=["csv", "xlsx"], max_upload_size=20, key="stock_upload")
    if file is None:
        return
    with feedback.explain_errors():
        checked = uploading.check_file(file, size=file.size, name=file.name, found=found)
        st.markdown(f"**{words.plain(checked.sentence)}**")
        for each in checked.set_aside:
            said = f"{each.reason}: {each.rows:,} rows, e.g. {', '.join(each.examples)}"
            feedback.watch(said)
        if checked.ignored:
            st.caption(words.plain(f"Not used: {', '.join(checked.ignored)}"))
        if acts.pressed("Use these figures", type="primary", key="stock_use"):
            day = counted_on or found.day - timedelta(days=1)
            change = uploading.store_file(desk, state.identity(), checked, counted_on=day)
            uploaded.let_go(file)
            feedback.done(change.text)
            st.rerun()


def export_button(
    desk: Desk, person: Identity, found: OrderList, wanted: Filter, model: str
) -> None:
    """The filtered list as CSV or Excel, each with what it is."""
    with st.popover("Export", icon=":material/download:", width="content"):
        told = facts(desk, person, found, wanted, model)
        name = f"order-list-{found.week:%Y-%m-%d}"
        st.download_button(
            "Excel, a sheet a supplier",
            data=lambda: exporting.workbook(found, filtered(found, wanted), told),
            file_name=f"{name}.xlsx",
            mime=XLSX,
            icon=":material/table_view:",
            on_click="ignore",
            key="order_xlsx",
        )
        tables.download(
            "CSV",
            lambda: exporting.table(filtered(found, wanted)),
            name=name,
            facts=told,
            key="order_csv",
        )


def facts(
    desk: Desk, person: Identity, found: OrderList, wanted: Filter, model: str
) -> list[tuple[str, object]]:
    """Filter, snapshot, model, service level, who and when, as every file states them."""
    asked = found.question
    supplier = next(
        (one.name for one in found.suppliers if one.supplier_id == wanted.supplier), "all"
    )
    return [
        ("Order list of the week of", found.week),
        ("Rows", "to order" if wanted.shown == "order" else "all products"),
        ("Supplier", supplier),
        ("Category", wanted.category or "all"),
        ("Search", wanted.search or "none"),
        ("Service level", f"{asked.service_level * 100:g} %"),
        ("Budget", "no limit" if asked.budget is None else asked.budget),
        ("Days between orders", found.review_days),
        ("Currency", desk.currency),
        ("Stock", found.stock_from),
        ("Data to", found.day - timedelta(days=1)),
        ("Snapshot", asked.snapshot),
        ("Publication", asked.publication),
        ("Model", model),
        ("Made by", person.name),
        ("Made at, UTC", state.now()),
    ]
