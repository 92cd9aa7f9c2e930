"""Statistics of fraud review: how good scores and decisions were, and how much work there was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from app import metrics
from app.context import Desk
from app.services.fraud.statistics import NOT_TOLD, Group, Quality, Statistics, Workload
from app.services.fraud.views import KINDS
from app.ui import charts, feedback, kpis, skeleton, tables, words
from app.ui.theme import Json, layout, palette

PERIODS = {28: "4 weeks", 91: "13 weeks", 365: "A year"}
BY = {"week": "Week", "version": "Version", "kind": "Kind"}
RULES = "0"  # number of the plain rules


def period() -> int:
    """Days back from now."""
    chosen = st.segmented_control(
        "Period",
        list(PERIODS),
        format_func=lambda days: PERIODS[days],
        default=91,
        required=True,
        key="statistics_days",
        label_visibility="collapsed",
    )
    return chosen or 91


def show(desk: Desk, found: Statistics) -> None:
    """Figures, quality by week, version and kind, then the work."""
    if not found.whole.orders:
        feedback.empty(
            "Nothing has been scored in this period",
            "The worker scores each order within seconds of its appearing in the shop's database. "
            "What the versions would have done to earlier orders stands under Compare and train "
            "and under Threshold and capacity.",
        )
        return
    _cards(found, desk.currency)
    main, aside = skeleton.chart_and_why(
        "As chargebacks come in", "How far this is known", wide_share=1.9
    )
    with main:
        by = st.segmented_control(
            "By",
            list(BY),
            format_func=lambda name: BY[name],
            default="week",
            required=True,
            key="statistics_by",
            label_visibility="collapsed",
        )
        groups = {"week": found.weeks, "version": found.versions, "kind": found.kinds}[by or "week"]
        names = [_name(by or "week", one.name) for one in groups]
        if any(one.quality.known or one.quality.missed for one in groups):
            charts.show(
                _bars(names, groups),
                key="statistics_chart",
                alt=f"Precision and recall by {BY[by or 'week'].lower()}",
            )
        else:
            st.caption(
                "Of no flagged order is it known yet how it ended. Verdicts fill this at once, "
                "chargebacks within 20 to 90 days."
            )
        _table(names, groups, BY[by or "week"], desk.currency)
    with aside:
        _known(found.whole)
    left, right = st.columns([1.5, 1])
    with left, skeleton.card("Cases opened and decided a day"):
        _work(found.workload)
    with right, skeleton.card("What waits now, by age"):
        _ages(found.workload)
    if len(found.workload.people):
        with skeleton.card("Who decided"):
            _people(found.workload)


def _cards(found: Statistics, currency: str) -> None:
    whole, work = found.whole, found.workload
    kpis.row(
        [
            kpis.Kpi(
                label="Precision",
                value=_share(whole.precision),
                note=_range(whole.precision_range, whole.known, "known"),
                about="Frauds among the flagged orders whose end is known: declined or charged "
                "back, against approved or 90 days without a chargeback.",
            ),
            kpis.Kpi(
                label="Recall",
                value=_share(whole.recall),
                note=_range(whole.recall_range, whole.caught + whole.missed, "frauds"),
                about="Flagged frauds among all frauds known by now. It falls as late chargebacks "
                "come in.",
            ),
            kpis.Kpi(
                label="Money caught",
                value=metrics.money(whole.money_caught, currency),
                note=f"{metrics.money(whole.money_missed, currency)} missed",
                about="Caught: orders declined. Missed: orders that went through and were charged "
                "back.",
            ),
            kpis.Kpi(
                label="Time to a verdict",
                value=_minutes(work.minutes),
                note=f"{work.waiting:,} wait, {work.late:,} of them late",
                about="Median from opening of a case to its verdict. Late: the order should have "
                "been shipped by now.",
            ),
        ]
    )


def _known(whole: Quality) -> None:
    feedback.sentence(
        f"{words.counted(whole.orders, 'order')} were scored, {whole.flagged:,} of them flagged. "
        + (
            f"Of {whole.known:,} of these it is known how they ended."
            if whole.known
            else "Of none of these is it known yet how it ended."
        )
    )
    if whole.caught or whole.missed:
        feedback.sentence(
            f"{words.counted(whole.caught, 'fraud')} {_were(whole.caught)} flagged, "
            f"{whole.missed:,} {_were(whole.missed)} not: a chargeback or an audit told of it."
        )
    feedback.sentence(
        f"{metrics.share(whole.ripe)} of the orders are ripe: their 90 days have passed."
    )
    if whole.ripe < 0.9:
        feedback.watch(
            "Chargebacks come 20 to 90 days later: recall of the newest weeks will still fall."
        )
    st.caption(
        "An order that is declined never earns a chargeback, so precision leans on the analysts' "
        "verdicts. Orders that chance lets through show how often those are right."
    )


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _bars(names: Sequence[str], groups: Sequence[Group]) -> Json:
    """Precision and recall side by side, with their 80 % ranges."""
    colours = palette()
    figure = layout(colours, height=260)
    traces = []
    for label, colour, value, span in (
        ("Precision", colours.primary, "precision", "precision_range"),
        ("Recall", colours.watch, "recall", "recall_range"),
    ):
        ys = [getattr(one.quality, value) for one in groups]
        ends = [getattr(one.quality, span) for one in groups]
        traces.append(
            {
                "type": "bar",
                "name": label,
                "x": list(names),
                "y": ys,
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [
                        0 if y is None or end is None else end[1] - y
                        for y, end in zip(ys, ends, strict=True)
                    ],
                    "arrayminus": [
                        0 if y is None or end is None else y - end[0]
                        for y, end in zip(ys, ends, strict=True)
                    ],
                    "color": colours.muted,
                    "thickness": 1.2,
                    "width": 3,
                },
                "marker": {"color": colour, "cornerradius": 2},
                "hovertemplate": f"%{{y:.0%}}<extra>{label}</extra>",
            }
        )
    figure.update(barmode="group", bargap=0.35, showlegend=True)
    figure["xaxis"].update(type="category", tickangle=0, nticks=12)
    figure["yaxis"].update(tickformat=".0%", range=[0, 1.05])
    figure["margin"]["t"] = 40
    return {"data": traces, "layout": figure}


def _table(names: Sequence[str], groups: Sequence[Group], head: str, currency: str) -> None:
    frame = pd.DataFrame(
        [
            {
                "name": name,
                "orders": one.quality.orders,
                "flagged": one.quality.flagged,
                "precision": _share(one.quality.precision),
                "recall": _share(one.quality.recall),
                "caught": one.quality.money_caught,
                "missed": one.quality.money_missed,
                "ripe": metrics.share(one.quality.ripe),
            }
            for name, one in zip(names, groups, strict=True)
        ]
    )
    by_kind = head == BY["kind"]  # of which only orders with a story are known
    tables.show(
        frame,
        {
            "name": tables.text_column(head, width=130),
            **({} if by_kind else {"orders": tables.count_column("Orders")}),
            "flagged": tables.count_column("Flagged"),
            "precision": tables.text_column("Precision", width=72),
            "recall": tables.text_column("Recall", width=62),
            "caught": tables.money_column("Caught", currency),
            "missed": tables.money_column("Missed", currency),
            "ripe": tables.text_column("Ripe", about="Share whose 90 days have passed", width=52),
        },
        alt=f"Orders, precision, recall and money by {head.lower()}",
        scroll=True,
    )
    tables.download(
        "Export",
        lambda: frame,
        name=f"fraud-statistics-by-{head.lower()}",
        facts=[("By", head), ("Money", currency)],
        key="statistics_csv",
    )


def _work(found: Workload) -> None:
    days = list(found.by_day["day"])
    charts.show(
        charts.lines(
            days=days,
            series=[
                charts.Series(
                    name="Opened", values=[float(v) for v in found.by_day["opened"]], colour="ink"
                ),
                charts.Series(
                    name="Decided",
                    values=[float(v) for v in found.by_day["decided"]],
                    colour="primary",
                ),
            ],
            unit="cases",
            height=230,
        ),
        key="statistics_work",
        alt="Cases opened and decided a day",
    )


def _ages(found: Workload) -> None:
    if not found.waiting:
        st.caption("Nothing waits.")
        return
    frame = found.ages
    charts.show(
        charts.bars(
            names=[words.sentence(one) for one in frame["age"]],
            values=[float(one) for one in frame["cases"]],
            texts=[
                f"{cases:,}" + (f", {late:,} late" if late else "")
                for cases, late in zip(frame["cases"], frame["late"], strict=True)
            ],
            shades=["watch" if late else "primary" for late in frame["late"]],
        ),
        key="statistics_ages",
        alt="Cases that wait, by age, with those that are late",
    )


def _people(found: Workload) -> None:
    tables.show(
        found.people.assign(took=[_minutes(one) for one in found.people["minutes"]]),
        {
            "by": tables.text_column("Analyst"),
            "decided": tables.count_column("Verdicts that hold"),
            "took": tables.text_column("Median from opening"),
            "undone": tables.count_column("Taken back"),
        },
        alt="Verdicts by analyst",
    )


def _name(by: str, name: str) -> str:
    if by == "week":
        return words.day_short(date.fromisoformat(name))
    if by == "version":
        return "Plain rules" if name == RULES else f"Version {name}"
    return "Not told" if name == NOT_TOLD else KINDS.get(name, name.replace("_", " ").capitalize())


def _share(value: float | None) -> str:
    return "–" if value is None else metrics.share(value)


def _range(ends: tuple[float, float] | None, cases: int, of: str) -> str:
    if ends is None:
        return "Nothing is known yet"
    return f"80 % range {ends[0] * 100:.0f} to {ends[1] * 100:.0f} %, {cases:,} {of}"


def _minutes(value: float | None) -> str:
    if value is None or value != value:
        return "–"
    return words.duration(value * 60)
