"""The order list as a table in which quantities are typed; a page of it at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from app.access import Identity
from app.metrics import sign
from app.services import ordering as service
from app.ui import ordering_decisions as decisions
from app.ui import tables, words

if TYPE_CHECKING:
    from app.services.ordering import Filter, OrderList

HEIGHT = 460  # pixels: about twelve rows, so that figures and suppliers stay in reach


def show(person: Identity, found: OrderList, wanted: Filter, currency: str) -> pd.DataFrame:
    """Draw one page of the filtered list; gives back all filtered rows."""
    rows = service.filtered(found, wanted)
    if rows.empty:
        st.caption(
            "Nothing is to be ordered here."
            if not wanted.search
            else "No product of this list holds all these words."
        )
        return rows
    place = st.container()
    offset = tables.pages(len(rows), key="sheet")
    page = rows.iloc[offset : offset + tables.PAGE].reset_index(drop=True)
    with place:
        _editor(person, found, page, wanted, offset, currency)
    return rows


def _editor(
    person: Identity,
    found: OrderList,
    page: pd.DataFrame,
    wanted: Filter,
    offset: int,
    currency: str,
) -> None:
    rows_of_page = abs(hash(tuple(page["product_id"]))) % 10**8
    key = f"order_rows_{decisions.turn()}_{offset}_{abs(hash(wanted)) % 10**8}_{rows_of_page}"
    drawn = page.assign(chosen=page["product_id"].isin(decisions.chosen_before(key)))
    for name in ("note", "edited_by"):
        if name in drawn:  # an empty cell would else read "None"
            drawn[name] = drawn[name].astype(object).where(drawn[name].notna(), "")
    drawn["confidence"] = drawn["confidence"].round(2)  # whole per cents
    columns = _columns(found, currency)
    deciding = decisions.may(person)
    free = {"chosen", "order", "note"} if deciding and found.has_stock else set()
    st.data_editor(
        drawn,
        key=key,
        hide_index=True,
        height=min(HEIGHT, tables.ROW * (len(drawn) + 1) + 3),
        column_order=[name for name in columns if deciding or name != "chosen"],
        column_config=columns,
        disabled=[name for name in drawn.columns if name not in free],
        on_change=partial(decisions.typed, key, drawn, found.week),
        row_height=tables.ROW,
    )
    if found.has_stock:
        said = (
            "Type another quantity where you know better; empty it to bring the proposed one back."
            if deciding
            else "Merchandisers and admins set quantities and order."
        )
        st.caption(words.plain(f"{words.sentence(found.stock_from)}. {said}"))


def _count(label: str, width: int, about: str | None = None) -> Any:
    return st.column_config.NumberColumn(label, format="%,.0f", width=width, help=about)


def _columns(found: OrderList, currency: str) -> dict[str, Any]:
    """What a merchandiser looks at, from left to right; the first ten fit at 1280 px."""
    amount = f"{sign(currency)} %,.0f"
    reach = f"Units over lead time and the {found.review_days} days to the next list"
    columns: dict[str, Any] = {
        "chosen": st.column_config.CheckboxColumn("✓", width=36, help="Mark as ordered"),
        "product": tables.text_column("Product", width=228),
    }
    if found.has_stock:
        columns |= {
            "order": st.column_config.NumberColumn(
                "Order",
                format="%,.0f",
                min_value=0,
                max_value=1_000_000,
                step=1,
                width=62,
                help="Units to order; type another quantity if you know better.",
            ),
            "on_hand": _count("In stock", 62),
            "on_order": _count("On order", 66),
        }
    columns |= {
        "demand": _count("Demand", 62, reach),
        "demand_low": _count("from", 44, "80 % range of the demand"),
        "demand_high": _count("to", 44),
    }
    if found.has_stock:
        columns |= {
            "out_on": st.column_config.DateColumn("Runs out", format="D MMM YYYY", width=90),
            "at_risk": st.column_config.NumberColumn("At risk", format=amount, width=68),
        }
    if found.has_costs:
        columns["cost"] = st.column_config.NumberColumn("At cost", format=amount, width=68)
    if found.has_stock:
        columns["proposed"] = _count("Proposed", 74, "Units, in whole packs")
    if found.bound is not None:
        columns["confidence"] = st.column_config.NumberColumn(
            "Sure",
            format="percent",
            width=56,
            help="How narrow the 80 % range is against the demand; nothing is proposed below "
            f"{found.bound * 100:.0f} %",
        )
    columns |= {
        "reorder_point": _count(
            "Reorder point", 96, "Below it in stock and on order, the product is ordered"
        ),
        "safety": _count("Safety stock", 88),
        "lead_days": _count("Lead time, days", 104),
        "pack": _count("Pack", 50),
        "supplier": tables.text_column("Supplier"),
    }
    if found.has_stock:
        columns["note"] = st.column_config.TextColumn("Note", max_chars=500)
        columns["edited_by"] = tables.text_column("Set by")
    return columns
