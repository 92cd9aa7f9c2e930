"""The graph of linked accounts and orders: the order in the middle, what it shares around it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.metrics import money, sign
from app.services.fraud.graph import LINKS, Graph, LinkNode, OrderNode
from app.ui import charts, fraud_address, fraud_case, words
from app.ui.theme import Json, Palette, layout, palette

KEY = "fraud_graph"
HEIGHT = 380
SYMBOLS = {"charged back": "x", "declined": "square", "in review": "diamond"}
"""By outcome, so that colour is not the only sign; all others are circles."""

SIGNS = {link: label if link == "ip" else label.lower() for link, label in LINKS.items()}


def show(found: Graph, currency: str) -> None:
    """The graph; a click on an order walks to it."""
    if not found.orders:
        st.markdown(":green[:material/check_circle:] No other order shares anything with this one.")
        st.caption("Looked for: the same account, device, card, shipping address or IP.")
        return
    st.markdown(sentence(found))
    ids = [node.order.order_id for node in found.orders]

    def walked() -> None:
        points = st.session_state[KEY].selection.points
        chosen = [p["customdata"] for p in points if p.get("customdata")]
        said = chosen[0][0] if chosen and isinstance(chosen[0], list) else chosen and chosen[0]
        if said in ids:
            fraud_address.open_order(said)

    st.plotly_chart(
        charts.Drawn(figure(found, currency, palette())),
        key=KEY,
        config=charts.CONFIG,
        theme=None,
        on_select=walked,
        selection_mode="points",
        alt=f"Graph of {len(found.orders)} orders that share an account, a device, a card, an "
        f"address or an IP with order {found.order_id}",
    )
    left_out = f" {found.left_out:,} more are not drawn." if found.left_out else ""
    st.caption(
        f"Click an order to go to it. Cross: charged back; square: declined; diamond: in review; "
        f"circle: let through. Hollow: another account.{left_out}"
    )


def as_list(found: Graph, currency: str) -> None:
    """The linked orders as a table, for who works by keyboard or looks for one of them."""
    if not found.orders:
        return
    nodes = sorted(found.orders, key=lambda node: node.order.placed_at, reverse=True)
    frame = pd.DataFrame(
        [
            {
                "order": node.order.order_id,
                "account": node.order.customer_id or "–",
                "placed": node.order.placed_at,
                "amount": node.order.amount,
                "outcome": words.sentence(node.order.outcome),
                "same": ", ".join(SIGNS[link] for link in node.links),
            }
            for node in nodes
        ]
    )
    columns = {
        "order": st.column_config.TextColumn("Order", width=88),
        "account": st.column_config.TextColumn("Account", width=86),
        "placed": st.column_config.DatetimeColumn("Placed", format="D MMM YY", width=80),
        "amount": st.column_config.NumberColumn(
            "Amount", format=f"{sign(currency)} %,.0f", width=72
        ),
        "outcome": st.column_config.TextColumn("Outcome", width=96),
        "same": st.column_config.TextColumn("Has the same"),
    }
    with st.expander("As a list"):
        fraud_case.opening(
            frame,
            columns,
            [node.order.order_id for node in nodes],
            key="case_linked",
            alt="Orders that share something with this one",
            rows=8,
        )


def sentence(found: Graph) -> str:
    """What the graph shows, in a sentence."""
    orders = words.counted(len(found.orders) + found.left_out, "other order")
    accounts = found.other_accounts
    said = f"{orders} linked"
    if accounts:
        said += f", from **{words.counted(accounts, 'other account')}**"
    back = sum(node.order.charged_back for node in found.orders)
    if back:
        said += f"; :red[**{back:,} charged back**]"
    shared = [f"{SIGNS[node.link]} {node.accounts:,}" for node in found.links if node.accounts]
    by_link = f" Other accounts by what they share: {', '.join(shared)}." if shared else ""
    return f"{said}.{by_link}"


def figure(found: Graph, currency: str, colours: Palette) -> Json:
    """The graph as a Plotly figure: edges, then links, then orders."""
    drawn = layout(colours, height=HEIGHT)
    axis: Json = {"visible": False, "fixedrange": True}
    drawn.update(
        hovermode="closest",
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        xaxis={**axis, "range": [-2.75, 2.75]},
        yaxis={**axis, "range": [-2.45, 2.45]},
        dragmode=False,
        clickmode="event+select",
    )
    busy = [node for node in found.links if node.orders]
    idle = [node for node in found.links if not node.orders]
    traces = [
        _edges(found, colours),
        _links(busy, colours, shared=True),
        _links(idle, colours, shared=False),
        _orders([n for n in found.orders if n.same_account], currency, colours, own=True),
        _orders([n for n in found.orders if not n.same_account], currency, colours, own=False),
        _middle(found, colours),
    ]
    return {"data": [trace for trace in traces if trace["x"]], "layout": drawn}


def _edges(found: Graph, colours: Palette) -> Json:
    x: list[float | None] = []
    y: list[float | None] = []
    at = {node.link: node for node in found.links}
    for node in found.links:
        x += [0.0, node.x, None]
        y += [0.0, node.y, None]
    for order in found.orders:
        for link in order.links:
            x += [at[link].x, order.x, None]
            y += [at[link].y, order.y, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": colours.border, "width": 1},
        "hoverinfo": "skip",
    }


def _links(nodes: list[LinkNode], colours: Palette, *, shared: bool) -> Json:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [node.x for node in nodes],
        "y": [node.y for node in nodes],
        "text": [f"<b>{node.label}</b>" if shared else node.label for node in nodes],
        "textposition": ["top center" if node.y >= -0.2 else "bottom center" for node in nodes],
        "textfont": {"size": 12, "color": colours.ink if shared else colours.muted},
        "marker": {
            "size": [12 + min(node.accounts, 10) for node in nodes],
            "color": colours.primary if shared else colours.surface,
            "opacity": 1,
            "line": {"color": colours.primary if shared else colours.border, "width": 1},
        },
        "hovertext": [_link_words(node) for node in nodes],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "unselected": {"marker": {"opacity": 1}},
    }


def _link_words(node: LinkNode) -> str:
    if not node.orders:
        return f"{node.label}: no other order"
    accounts = words.counted(node.accounts, "other account")
    back = f", {node.charged_back} charged back" if node.charged_back else ""
    return f"{node.label}: {words.counted(node.orders, 'other order')}, {accounts}{back}"


def _orders(nodes: list[OrderNode], currency: str, colours: Palette, *, own: bool) -> Json:
    shades = [_shade(node, colours) for node in nodes]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [node.x for node in nodes],
        "y": [node.y for node in nodes],
        "customdata": [[node.order.order_id] for node in nodes],
        "marker": {
            "size": 13,
            "symbol": [
                SYMBOLS.get(node.order.outcome, "circle") + ("" if own else "-open")
                for node in nodes
            ],
            "color": shades,
            "line": {"color": shades, "width": 2},
        },
        "hovertext": [_order_words(node, currency) for node in nodes],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "unselected": {"marker": {"opacity": 1}},
    }


def _shade(node: OrderNode, colours: Palette) -> str:
    outcome = node.order.outcome
    if outcome in ("charged back", "declined"):
        return colours.bad
    return colours.watch if outcome == "in review" else colours.muted


def _order_words(node: OrderNode, currency: str) -> str:
    order = node.order
    same = ", ".join(SIGNS[link] for link in node.links)
    return (
        f"<b>{order.order_id}</b>, {words.day(order.placed_at.date())}<br>"
        f"{money(order.amount, currency, exact=True)}, {order.outcome}<br>same {same}"
    )


def _middle(found: Graph, colours: Palette) -> Json:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [0.0],
        "y": [0.0],
        "text": [found.order_id],
        "textposition": "bottom center",
        "textfont": {"size": 12, "color": colours.ink},
        "marker": {"size": 18, "color": colours.ink},
        "hovertemplate": "This order<extra></extra>",
        "unselected": {"marker": {"opacity": 1}},
    }
