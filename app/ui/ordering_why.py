"""Why this quantity: the sum that leads to it, and the course of stock that it changes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.services import ordering as service
from app.ui import charts, feedback, series, skeleton, waterfall, words
from app.ui.events import Event

if TYPE_CHECKING:
    from app.services.ordering import Course, OrderList

MOST = 200  # products to choose from: those with most at risk; the search narrows the list


def show(found: OrderList, rows: pd.DataFrame) -> None:
    """The chosen product's sum, and beside it the stock to expect."""
    if rows.empty:
        return
    near = rows.head(MOST)
    names = dict(zip(near["product_id"], near["product"], strict=True))
    main, aside = skeleton.chart_and_why("Why this quantity?", "Expected stock", wide_share=1.0)
    with main:
        with st.container(horizontal=True, vertical_alignment="center"):
            chosen = st.selectbox(
                "Product",
                list(names),
                format_func=lambda one: names.get(one, one),
                key="reason",
                bind="query-params",
                label_visibility="collapsed",
            )
            product_id = chosen if chosen in names else next(iter(names))
            st.button(
                "Open in Explore",
                key="open_explore",
                icon=":material/trending_up:",
                on_click=_explore,
                args=(product_id,),
            )
        _reason(found, near, product_id, names[product_id])
    with aside:
        _course(found, product_id, names[product_id])


def _reason(found: OrderList, rows: pd.DataFrame, product_id: str, name: str) -> None:
    reason = service.why(found, product_id)
    if reason is None:
        _without_stock(found, rows, product_id)
        return
    feedback.sentence(reason.sentence)
    figure = waterfall.contributions(
        [(words.sentence(part), float(units)) for part, units in reason.parts],
        total=float(reason.needed),
        total_label="Needed",
        height=230,
    )
    charts.show(figure, key="order_why", alt=f"{name}: {reason.sentence}")


def _explore(product_id: str) -> None:
    skeleton.open_view("view", "Explore")
    series.open_series("product", product_id)


def _without_stock(found: OrderList, rows: pd.DataFrame, product_id: str) -> None:
    row = rows[rows["product_id"] == product_id].iloc[0]
    days = round(float(row["lead_days"])) + found.review_days
    st.markdown(
        f"Demand over {days} days: **{row['demand']:,.0f}** units (80 % range "
        f"{row['demand_low']:,.0f} to {row['demand_high']:,.0f}). With {row['safety']:,.0f} of "
        f"safety stock, have **{row['reorder_point']:,.0f}** in stock or on order."
    )
    st.caption("With stock figures, this becomes a quantity to order and a stock-out day.")


def _course(found: OrderList, product_id: str, name: str) -> None:
    drawn = service.stock_course(found, product_id)
    if drawn is None:
        st.caption("The course of stock needs stock figures: upload them with “Stock file”.")
        return
    st.caption(_told(drawn))
    lines = [charts.Series(name="With the order", values=drawn.expected, colour="primary")]
    if drawn.order > 0:
        lines.append(
            charts.Series(
                name="Without", values=drawn.without, colour="ink", dash="dot", muted=True
            )
        )
    figure = charts.lines(
        days=drawn.days,
        series=lines,
        low=drawn.low,
        high=drawn.high,
        band_name="80 % range",
        unit="units",
        events=_events(drawn),
        height=290,
    )
    charts.show(figure, key="stock_course", alt=f"{name}, expected stock: {_told(drawn)}")


def _told(drawn: Course) -> str:
    if drawn.out_on is None:
        return f"Lasts beyond {words.day(drawn.days[-1])}, if nothing is ordered."
    early, late = drawn.out_from or drawn.out_on, drawn.out_to
    between = "" if early == late else f" ({words.day_short(early)} to {_until(late)})"
    arrives = "" if drawn.arrives_on is None else f"; the order comes {_soon(drawn.arrives_on)}"
    return f"Runs out about {words.day_short(drawn.out_on)}{between} without an order{arrives}."


def _until(day: date | None) -> str:
    return "later than shown" if day is None else words.day_short(day)


def _soon(day: date) -> str:
    return f"about {words.day_short(day)}"


def _events(drawn: Course) -> list[Event]:
    if drawn.out_on is None:
        return []
    return [Event(kind="stockout", label="runs out", first=drawn.out_on, last=drawn.out_on)]
