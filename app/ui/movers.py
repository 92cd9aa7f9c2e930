"""Many products: those whose next weeks differ most from their last ones; a row opens one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import cached
from app.metrics import sign
from app.ui import forecasts, series, skeleton, state, tables

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView

ORDERS: dict[cached.OrderBy, str] = {
    "units": "Change in units",
    "share": "Change in %",
    "revenue": "Change in revenue",
    "next": "Sells most next",
}


def show(found: ForecastView) -> None:
    """One page of them, with a search and an order; choosing a row goes to that product."""
    asked = found.question
    key = cached.decided(asked.snapshot)
    with skeleton.card("Products that change most"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            search = st.text_input(
                "Search products",
                type="search",
                placeholder="Words of the name",
                key="find",
                bind="query-params",
                max_chars=100,
                width=260,
                label_visibility="collapsed",
            )
            order = st.selectbox(
                "Sorted by",
                list(ORDERS),
                format_func=lambda one: ORDERS[one],
                key="sort",
                bind="query-params",
                width=190,
                label_visibility="collapsed",
            )
        order_by: cached.OrderBy = order if order in ORDERS else "units"
        words = search or ""
        table = st.container()
        first = cached.changing_products(key, asked.publication, words, order_by, tables.PAGE, 0)
        total = int(first["found"].iloc[0]) if len(first) else 0
        offset = tables.pages(total, key="page")
        page = (
            first
            if offset == 0
            else cached.changing_products(
                key, asked.publication, words, order_by, tables.PAGE, offset
            )
        )
        with table:
            _table(found, page, total)
        tables.download(
            "Export all",
            lambda: cached.changing_products(
                key, asked.publication, words, order_by, tables.MOST_EXPORTED, 0
            ).drop(columns="found"),
            name="products-that-change",
            facts=[
                ("Search", words or "none"),
                ("Sorted by", ORDERS[order_by]),
                *forecasts.export_facts(found)[3:],
            ],
            key="movers_csv",
        )


def _table(found: ForecastView, page: pd.DataFrame, total: int) -> None:
    if not total:
        st.caption("No product holds all these words.")
        return
    asked = found.question
    shown = tuple(map(str, page["product_id"]))
    lines = cached.last_weeks(cached.dated(asked.snapshot), asked.publication, shown)
    rows = page.assign(
        weeks=pd.Series([list(lines[one]) for one in shown], index=page.index),
        share=page["share"] * 100,
        category=page["category"].astype(object).where(page["category"].notna(), ""),
    )
    columns = {
        "product": tables.text_column("Product", width=252),
        "category": tables.text_column("Category", width=140),
        "before": st.column_config.NumberColumn("Last 4", format="%,.0f", width=58,
                                                help="Units of the last 4 whole weeks"),
        "after": st.column_config.NumberColumn("Next 4", format="%,.0f", width=58,
                                               help="Forecast of the next 4 weeks, overrides "
                                               "included"),
        "change": st.column_config.NumberColumn("Change", format="%+,.0f", width=66),
        "share": st.column_config.NumberColumn("in %", format="%+,.0f %%", width=68),
        "revenue": st.column_config.NumberColumn(
            f"in {sign(state.desk().currency)}", format="%+,.0f", width=72,
            help="Change in units at the price paid in the last 4 weeks"
        ),
        "weeks": st.column_config.LineChartColumn("Last 20 weeks", width=102),
    }  # fmt: skip
    tables.opening(
        rows,
        columns,
        alt="Products by how much their next four weeks differ from the last four",
        key="movers",
        id_column="product_id",
        on_open=partial(series.open_series, "product"),
    )
    st.caption("Choose a row to open the product.")
