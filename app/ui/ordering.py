"""The order list: what is asked of it, its figures, its suppliers, and what has been ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.metrics import about, money
from app.services import ordering as service
from app.ui import feedback, forecasts, kpis, ordering_decisions, skeleton, tables, words

if TYPE_CHECKING:
    from app.services.forecasting import ModelStory
    from app.services.ordering import Filter, OrderList, OrderQuestion, Placed, SupplierGroup

LEVELS = (0.8, 0.9, 0.95, 0.975, 0.99)
"""Service levels to choose from, besides that of the settings."""

ALL = "all suppliers"
SHOWN = {"order": "To order", "unsure": "Not sure", "all": "All products"}


def question(desk: Desk, snapshot: int, publication: int) -> OrderQuestion:
    """Service level and budget, both kept in the address."""
    usual = service.default_service_level(desk)
    levels = sorted({*LEVELS, usual})
    level = st.selectbox(
        "Service level",
        levels,
        index=levels.index(usual),
        format_func=lambda share: f"{share * 100:g} %",
        key="service",
        bind="query-params",
        width=112,
        help="How often a product should not run out before its next delivery. "
        "Higher means more stock.",
    )
    budget = st.number_input(
        "Budget",
        min_value=0.0,
        max_value=1e9,
        value=None,
        step=500.0,
        format="%.0f",
        placeholder="no limit",
        key="budget",
        bind="query-params",
        width=124,
        help="Limited money goes where it saves most sales for each unit of it.",
    )
    return service.OrderQuestion(
        publication=publication,
        snapshot=snapshot,
        service_level=level if level in levels else usual,
        budget=None if budget is None else float(budget),
    )


def supplier_chooser(found: OrderList) -> str | None:
    """One of the suppliers with something to order; None for all of them."""
    names = {group.supplier_id: group.name for group in found.suppliers}
    chosen = st.selectbox(
        "Supplier",
        [ALL, *names],
        format_func=lambda one: "All suppliers" if one == ALL else names.get(one, one),
        key="supplier",
        bind="query-params",
        width=172,
    )
    return chosen if chosen in names else None


def facts(desk: Desk, found: OrderList, model: ModelStory) -> list[str | None]:
    """Data as of when, whose forecast, and how good it has been."""
    return [
        f"Data to {words.instant(found.known_until, desk.zone)}",
        f"snapshot {found.question.snapshot}",
        words.plain(forecasts.short_name(model)),
        words.plain(model.accuracy),
    ]


def cards(found: OrderList, currency: str) -> None:
    """To order, at risk, too late for an order of today, and the budget."""
    told = found.figures
    row = [_to_order(found, currency), _at_risk(found, currency), _too_late(found, currency)]
    spent = told.value or 0.0
    if told.budget is not None:
        row.append(
            kpis.Kpi(
                label="Budget used",
                value=money(spent, currency),
                delta=f"of {money(told.budget, currency)}",
                note=f"{words.counted(told.left_out, 'product')} ordered less than proposed",
                about="Packs that save most sales for each unit of money come first.",
            )
        )
    else:
        row.append(
            kpis.Kpi(
                label="Saved by this list",
                value=money(about(told.saved), currency),
                delta="of the sales at risk",
                note="No budget is set",
                about="Sales that would be missed without these orders.",
            )
        )
    kpis.row(row)


def _to_order(found: OrderList, currency: str) -> kpis.Kpi:
    told = found.figures
    if not found.has_stock:
        return kpis.Kpi(
            label="To order",
            value="–",
            delta="stock is not known",
            note=f"{len(found.rows):,} products have a forecast",
            about="Upload stock figures to get quantities.",
        )
    value = "cost not known" if told.value is None else money(told.value, currency)
    return kpis.Kpi(
        label="To order",
        value=words.counted(told.products, "product"),
        delta=value,
        note=f"{told.units:,} units"
        + (f"; {told.uncosted:,} without a cost" if told.uncosted and told.value else ""),
        about="Products whose stock and deliveries do not last until the next order could come.",
    )


def _at_risk(found: OrderList, currency: str) -> kpis.Kpi:
    told = found.figures
    return kpis.Kpi(
        label="Sales at risk",
        value=money(about(told.at_risk), currency) if found.has_stock else "–",
        delta=f"{words.counted(told.risky, 'product')} may miss sales",
        note="if nothing is ordered today",
        about="Units expected to be missed before an order of the next list could arrive, "
        "times their price.",
    )


def _too_late(found: OrderList, currency: str) -> kpis.Kpi:
    told = found.figures
    return kpis.Kpi(
        label="Run out before delivery",
        value=words.counted(told.short, "product") if found.has_stock else "–",
        delta=f"{money(about(told.short_risk), currency)} of sales missed",
        good=None if not told.short else False,
        note="even if ordered today",
        about="Their stock is expected to end before an order of today could arrive.",
    )


def missing(found: OrderList) -> None:
    """What the shop does not tell, and what it would add; what is too unsure to be proposed."""
    if found.figures.unsure and found.bound is not None:
        feedback.watch(
            f"{words.counted(found.figures.unsure, 'product')} would be ordered, but the forecast "
            f"is less than {found.bound * 100:.0f} % sure: nothing is proposed. Show “Not sure” "
            "and type quantities where you know better."
        )
    for said in found.missing:
        feedback.watch(said)


def suppliers(desk: Desk, person: Identity, found: OrderList, currency: str) -> None:
    """Orders by supplier: what each is worth, and whether its minimum is reached."""
    with skeleton.card("By supplier", about="Most sales at risk first."):
        if not found.suppliers:
            st.caption("Nothing is to be ordered from anybody.")
            return
        tables.opening(
            tables.rows([_supplier_row(group) for group in found.suppliers]),
            {
                "supplier": tables.text_column("Supplier", width="medium"),
                "products": tables.count_column("Products"),
                "units": tables.count_column("Units"),
                "value": tables.money_column("Value at cost", currency),
                "minimum": tables.money_column("Minimum order", currency),
                "reached": tables.text_column("Minimum"),
                "at_risk": tables.money_column("Sales at risk", currency),
                "lead": tables.count_column("Lead time, days"),
            },
            alt="Orders by supplier: products, value, minimum and sales at risk",
            key="order_suppliers",
            id_column="supplier_id",
            on_open=_open_supplier,
        )
        st.caption("Choose a row to see only that supplier.")


def _open_supplier(supplier_id: str) -> None:
    st.session_state["supplier"] = supplier_id


def _supplier_row(group: SupplierGroup) -> dict[str, object]:
    return {
        "supplier_id": group.supplier_id,
        "supplier": group.name,
        "products": group.products,
        "units": group.units,
        "value": group.value,
        "minimum": group.minimum,
        "reached": "none" if not group.minimum else "not reached" if group.short_by else "reached",
        "at_risk": group.at_risk,
        "lead": round(group.lead_days),
    }


def minimum(desk: Desk, person: Identity, found: OrderList, supplier: str, currency: str) -> None:
    """Where a supplier's minimum is not reached: what would fill the order up."""
    group = next((one for one in found.suppliers if one.supplier_id == supplier), None)
    if group is None or group.short_by <= 0 or group.minimum is None:
        return
    more = service.fill(found, supplier)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        said = (
            f"**{words.plain(group.name)}** takes orders from {money(group.minimum, currency)}; "
            f"this one is {money(group.short_by, currency)} short. "
        )
        if more.empty:
            said += "All that the next 13 weeks need would not reach it: wait, or ask for less."
            st.markdown(_safe(said), width="stretch")
            return
        first = [
            f"{words.counted(int(units), 'unit')} of {words.plain(str(name))}"
            for units, name in zip(more["units"][:3], more["product"][:3], strict=True)
        ]
        rest = f" and {len(more) - 3} more" if len(more) > 3 else ""
        said += f"Most useful next: {', '.join(first)}{rest}."
        st.markdown(_safe(said), width="stretch")
        ordering_decisions.fill_button(desk, person, found, more)


def placed(desk: Desk, person: Identity, found: OrderList, currency: str) -> None:
    """What has been marked as ordered in this week's list, each with its way back."""
    if not found.placed:
        return
    with skeleton.card("Ordered from this week's list"):
        for one in found.placed:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(_safe(_placed_line(desk, one, currency)), width="stretch")
                ordering_decisions.undo_button(desk, person, one.order_id)


def _placed_line(desk: Desk, one: Placed, currency: str) -> str:
    worth = "" if one.value is None else f", {money(one.value, currency)}"
    return (
        f"**{words.plain(one.supplier)}**: {words.counted(one.products, 'product')}, "
        f"{words.counted(one.units, 'unit')}{worth}; by {words.plain(one.by)}, "
        f"{words.instant(one.at, desk.zone)}; expected by {words.day(one.expected_on)}"
    )


def wanted(found: OrderList, supplier: str | None) -> Filter:
    """Which rows: to order or all, a category, words of the name."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        offered = [one for one in SHOWN if one != "unsure" or found.figures.unsure]
        shown = st.segmented_control(
            "Show",
            offered,
            format_func=lambda one: SHOWN[one],
            default="order",
            required=True,
            key="rows",
            bind="query-params",
            label_visibility="collapsed",
        )
        names = service.categories(found)
        category = st.selectbox(
            "Category",
            names,
            index=None,
            placeholder="All categories",
            key="kind",
            bind="query-params",
            width=210,
            label_visibility="collapsed",
        )
        search = st.text_input(
            "Search products",
            type="search",
            placeholder="Words of the name, or number",
            key="seek",
            bind="query-params",
            max_chars=100,
            width=230,
            label_visibility="collapsed",
        )
    return service.Filter(
        shown="all" if shown == "all" else "unsure" if shown == "unsure" else "order",
        supplier=supplier,
        category=category if category in names else None,
        search=search or "",
    )


def _safe(text: str) -> str:
    """Amounts in dollars, kept from being read as formulas."""
    return text.replace("$", "\\$")
