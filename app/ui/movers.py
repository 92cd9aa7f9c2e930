"""Products whose next weeks differ most from their last ones; a row opens the product."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import cached
from app.ui import forecasts, series, skeleton, tables

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView


def show(found: ForecastView) -> None:
    """One page of them, with a search; choosing a row goes to that product."""
    asked = found.question
    key = cached.dated(asked.snapshot)
    with skeleton.card("Products that change most"):
        search = st.text_input(
            "Search products",
            type="search",
            placeholder="Words of the name",
            key="find",
            bind="query-params",
            max_chars=100,
            width=280,
            label_visibility="collapsed",
        )
        table = st.container()
        first = cached.changing_products(key, asked.publication, search or "", tables.PAGE, 0)
        total = int(first["found"].iloc[0]) if len(first) else 0
        offset = tables.pages(total, key="page")
        page = (
            first
            if offset == 0
            else cached.changing_products(key, asked.publication, search or "", tables.PAGE, offset)
        )
        with table:
            _table(page, total)
        tables.download(
            "Export all",
            lambda: cached.changing_products(
                key, asked.publication, search or "", tables.MOST_EXPORTED, 0
            ).drop(columns="found"),
            name="products-that-change",
            facts=[("Search", search or "none"), *forecasts.export_facts(found)[3:]],
            key="movers_csv",
        )


def _table(page: pd.DataFrame, total: int) -> None:
    if not total:
        st.caption("No product holds all these words.")
        return
    tables.opening(
        page,
        {
            "product": tables.text_column("Product", width=275),
            "category": tables.text_column("Category"),
            "before": tables.count_column("Last 4 weeks"),
            "after": tables.count_column("Next 4 weeks"),
            "low": tables.count_column("80 % range from"),
            "high": tables.count_column("to"),
            "change": tables.change_column("Change"),
        },
        alt="Products by how much their next four weeks differ from the last four, in units",
        key="movers",
        id_column="product_id",
        on_open=partial(series.open_series, "product"),
    )
    st.caption("Choose a row to open the product.")
