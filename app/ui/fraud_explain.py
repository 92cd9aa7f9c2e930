"""Explain: why one order has its score, what the model goes by, how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import metrics
from app.context import Desk
from app.services.fraud.explaining import RULES, Explained, Level, Whole
from app.services.fraud.views import RISKS
from app.ui import charts, feedback, fraud_address, fraud_case, skeleton, tables, words
from app.ui.theme import Json, layout, palette

UNKNOWN = (0.0, 1.0)  # the range of an AUC of which nothing can be told
SHOWN = 12  # features in the chart
LONGEST = 44  # characters of a name beside its bar
GROUPS = {"transaction": "Transaction", "customer": "Customer", "device": "Device and links"}
MARKS = {"transaction": "primary", "customer": "orange", "device": "gray"}
SHADES = {"transaction": "primary", "customer": "watch", "device": "muted"}


def chooser(first: str | None) -> str | None:
    """The order that is explained: of the address, typed, or what waits with most at stake."""
    typed = st.text_input(
        "Order",
        value=fraud_address.order() or first or "",
        max_chars=64,
        placeholder="Its number",
        key="explain_order",
        width=190,
        label_visibility="collapsed",
    )
    return typed.strip() or None


def order(desk: Desk, found: Explained) -> None:
    """The waterfall with its sentences; beside it customer and payment."""
    facts = found.facts
    by = "the plain rules" if facts.model_version == RULES else f"version {facts.model_version}"
    main, aside = skeleton.chart_and_why(
        f"Why order {words.plain(found.order_id)} has {metrics.share(facts.score)}",
        "Its customer and its payment",
        wide_share=1.7,
    )
    with main:
        st.caption(
            f"Scored by {by}, {words.instant(facts.made_at, desk.zone)}. Points of probability "
            "that add up to the score."
        )
        fraud_case.reasons(facts)
        if found.has_case:
            st.button(
                "Open the case",
                key="explain_case",
                icon=":material/folder_open:",
                on_click=fraud_address.open_order,
                args=(found.order_id,),
            )
    with aside:
        _level("Order", Level(score=facts.score, level=facts.risk, sentences=()))
        if found.customer is None:
            st.caption("Customer: no account, or none of the last 31 days.")
        else:
            others = words.counted(found.customer_orders, "scored order")
            _level(f"Customer, by {others}", found.customer)
        _level("Payment alone", found.payment)
        st.caption(
            "The customer's risk is the chance that at least one of the account's orders is fraud; "
            "older ones count less, those of other accounts on its devices and cards half."
        )


def _level(what: str, one: Level) -> None:
    colour = {"block": "red", "review": "orange"}.get(one.level, "green")
    with st.container(gap="xxsmall"):
        st.markdown(
            f"**{words.plain(what)}** · {metrics.share(one.score)} "
            f":{colour}-badge[{RISKS.get(one.level, one.level)}]"
        )
        for sentence in one.sentences[:3]:
            st.caption(words.plain(sentence))


def whole(desk: Desk, found: Whole) -> None:
    """What the model goes by, and how far it can be trusted."""
    left, right = st.columns([1.25, 1])
    name = found.label if found.version == RULES else f"Version {found.version}, {found.label}"
    goes = "go" if found.version == RULES else "goes"
    name = name[:1].lower() + name[1:] if found.version == RULES else name
    with left, skeleton.card(f"What {words.plain(name)} {goes} by"):
        _matters(desk, found)
    with right, skeleton.card("How far it can be trusted"):
        _trust(found)
    if len(found.honesty):
        with skeleton.card(
            "A burst, and what it does to the figures",
            about="Split by chance, a model is judged on orders drawn from the same days that it "
            "learned from; split by time, on days that came after. Only the latter will happen.",
        ):
            _honesty(found)


def not_told(found: Sequence[tuple[str, str]]) -> None:
    """What the shop does not tell, and what each would add."""
    if not found:
        return
    with skeleton.card("What the shop does not tell"):
        for column, adds in found:
            st.markdown(f"**{words.plain(words.sentence(column))}**: {words.plain(adds)}")


def _matters(desk: Desk, found: Whole) -> None:
    if found.matters.empty:
        st.caption("It has scored nothing yet. What it goes by will stand here.")
        return
    top = found.matters.head(SHOWN)
    charts.show(
        charts.bars(
            names=[words.shortened(one, LONGEST) for one in top["label"]],
            values=[float(one) for one in top["share"]],
            texts=[metrics.share(one) for one in top["share"]],
            shades=[SHADES.get(one, "muted") for one in top["group"]],
        ),
        key="explain_matters",
        alt="Share of each fact in all that moves the scores: "
        + "; ".join(
            f"{label} {metrics.share(share)}"
            for label, share in zip(top["label"], top["share"], strict=True)
        ),
    )
    by_group = found.matters.groupby("group")["share"].sum()
    told = ", ".join(
        f":{MARKS[name]}[:material/square:] {GROUPS[name].lower()} "
        f"{metrics.share(float(by_group[name]))}"
        for name in GROUPS
        if name in by_group
    )
    since = f" since {words.instant(found.since, desk.zone)}" if found.since else ""
    st.caption(
        f"Shares of all that moved its newest {words.counted(found.scores, 'score')}{since}, up or "
        f"down: {told}."
    )


def _trust(found: Whole) -> None:
    feedback.sentence(found.verdict)
    if found.auc is not None and found.auc[1:] != UNKNOWN:
        value, low, high = found.auc
        feedback.sentence(
            f"AUC {value:.2f}, 95 % range {low:.2f} to {high:.2f}: how often a fraud has a higher "
            "score than a good order; 0.50 is chance."
        )
    for warning in found.warnings:
        feedback.watch(warning)
    if {"told", "came", "orders"} <= set(found.calibration.columns) and len(found.calibration):
        charts.show(
            _calibration(found.calibration),
            key="explain_calibration",
            alt="What was told as probability of fraud beside what came, by level of the score",
        )
        st.caption(
            "What was told beside what came, on orders that it never learned from. On the dotted "
            "line a score of 30 % means that 30 in 100 were fraud; larger circles are more orders."
        )


def _calibration(rows: pd.DataFrame) -> Json:
    colours = palette()
    figure = layout(colours, height=240)
    orders = rows["orders"].astype(float)
    size = 7 + 15 * (orders / max(float(orders.max()), 1.0)) ** 0.5
    ideal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": colours.muted, "width": 1.2, "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    points = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [float(one) for one in rows["told"]],
        "y": [float(one) for one in rows["came"]],
        "customdata": [int(one) for one in orders],
        "marker": {"color": colours.primary, "size": [float(one) for one in size]},
        "line": {"color": colours.primary, "width": 1.2},
        "hovertemplate": "told %{x:.0%}, came %{y:.0%}, %{customdata:,} orders<extra></extra>",
        "showlegend": False,
    }
    figure.update(hovermode="closest")
    figure["xaxis"].update(
        tickformat=".0%",
        range=[-0.03, 1.05],
        title={"text": "Told", "font": {"size": 12, "color": colours.muted}},
    )
    figure["yaxis"].update(
        tickformat=".0%",
        range=[-0.05, 1.08],
        title={"text": "Came", "font": {"size": 12, "color": colours.muted}},
    )
    figure["margin"].update(t=12, b=30)
    return {"data": [ideal, points], "layout": figure}


def _honesty(found: Whole) -> None:
    for sentence in found.bursts:
        feedback.sentence(sentence)
    rows = found.honesty
    frame = pd.DataFrame(
        {
            "split": [words.sentence(f"Split {one}") for one in rows["split"]],
            "burst": [f"{words.sentence(one)} the burst's orders" for one in rows["burst"]],
            "auc": [f"{one:.2f}" for one in rows["auc"]],
            "range": [
                f"{low:.2f} to {high:.2f}"
                for low, high in zip(rows["low"], rows["high"], strict=True)
            ],
            "orders": rows["orders"],
            "frauds": rows["frauds"],
        }
    )
    tables.show(
        frame,
        {
            "split": tables.text_column("Judged on"),
            "burst": tables.text_column("Orders"),
            "auc": tables.text_column("AUC", about="0.50 is chance"),
            "range": tables.text_column("95 % range"),
            "orders": tables.count_column("Orders"),
            "frauds": tables.count_column("Frauds"),
        },
        alt="AUC split by chance and by time, with and without the burst's orders",
    )
