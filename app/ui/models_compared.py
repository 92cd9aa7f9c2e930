"""Two to four versions side by side: figures with ranges, differences, groups, what matters."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.context import Desk
from app.services import registry
from app.services.registry import Compared
from app.services.registry import figures as figures_in_words
from app.ui import (
    feedback,
    models_compared_chart,
    models_curve,
    models_tables,
    skeleton,
    tables,
    words,
)
from ml.comparison import RULE, Difference, Interval, SideBySide
from ml.contract import Measure

WIDTH = 132  # of a version's column: "14.2 % (13.1 to 15.4 %)" has two lines' worth


def show(desk: Desk, capability: str, numbers: list[int]) -> None:
    """Everything that is told of the chosen versions."""
    with st.spinner("Measuring what is luck …", show_time=False):
        told = registry.compare(desk, capability, numbers)
    with skeleton.card("Side by side"):
        st.markdown(words.plain(registry.verdict(told)))
        if told.side is not None:
            st.caption(_on(told.side))
        _figures(told)
    if told.side is not None:
        _differences(told, told.side)
        _groups(told, told.side)
    _curves(desk, told)
    left, right = st.columns(2)
    with left, skeleton.card("What differs in how they were made"):
        _settings(told)
    with right, skeleton.card("What matters to each"):
        _reach(told)


def _on(side: SideBySide) -> str:
    first, last = words.day(side.first_day.date()), words.day(side.last_day.date())
    return (
        f"On the {side.cases:,} cases from {first} to {last} that all of them were measured on. "
        f"The ranges hold 95 %: by drawing {side.units:,} units (what hangs together, such as all "
        "weeks of a product or all orders of linked accounts) and days again and again."
    )


def _figures(told: Compared) -> None:
    names = [str(row.number) for row in told.rows]
    rows = []
    for measure in told.measures:
        side = told.side.figures.get(measure.slug) if told.side else None
        if not any(measure.slug in row.version.metrics for row in told.rows):
            continue
        if side is not None:
            cells = {name: _ranged(measure, side.get(name)) for name in [*names, RULE]}
        elif told.side is None:
            cells = {
                str(row.number): figures_in_words.figure(
                    measure, row.version.metrics.get(measure.slug)
                )
                for row in told.rows
            }
            cells[RULE] = figures_in_words.figure(
                measure, told.rows[0].version.baseline.get(measure.slug)
            )
        else:
            continue  # of its own evaluation only: not of the same cases
        rows.append({"measure": measure.label, **cells})
    tables.show(
        pd.DataFrame(rows),
        {
            "measure": tables.text_column("Figure", width=122),
            **{
                str(row.number): tables.text_column(f"{row.number} {row.label}", width=WIDTH + 44)
                for row in told.rows
            },
            RULE: tables.text_column("Rule of thumb", width=WIDTH + 24),
        },
        alt="Figures of the chosen versions with their ranges, and of the rule of thumb",
    )


def _ranged(measure: Measure, one: Interval | None) -> str:
    if one is None:
        return "–"
    said = figures_in_words.figure(measure, one.value)
    if one.low is None:
        return said
    return f"{said} ({figures_in_words.interval(measure, one)})"


def _differences(told: Compared, side: SideBySide) -> None:
    rows = [
        {
            "who": f"{registry.name_of(one.better)} ahead of {_lower(registry.name_of(one.worse))}",
            "lead": figures_in_words.lead(told.primary, one.lead),
            "range": figures_in_words.leads(told.primary, one.low, one.high),
            "luck": _luck(one.p),
            "said": _said(one),
        }
        for one in sorted(side.differences, key=_order)
    ]
    with skeleton.card(
        f"Who is ahead in {told.primary.label}",
        about="By the same draws for all of them, so that hard cases are hard for everybody. "
        "How likely chance alone makes such a lead is corrected for the number of comparisons "
        "(Holm).",
    ):
        tables.show(
            pd.DataFrame(rows),
            {
                "who": tables.text_column("Compared", width=300),
                "lead": tables.text_column("Lead", width=110),
                "range": tables.text_column("95 % range", width=170),
                "luck": tables.text_column("By chance alone", width=120),
                "said": tables.text_column("In words", width=130),
            },
            alt="Who is ahead of whom, and whether it could be chance",
        )


def _order(one: Difference) -> tuple[bool, float]:
    """Versions among themselves first, the clearest lead on top; then beside the rule of thumb."""
    return RULE in (one.better, one.worse), -one.lead


def _luck(p: float | None) -> str:
    if p is None:
        return "–"
    return "under 0.1 %" if p < 0.001 else f"{p * 100:.1f} %"


def _said(one: Difference) -> str:
    if one.p is None:
        return "Too few to tell"
    return "Could be chance" if one.chance else "More than chance"


def _groups(told: Compared, side: SideBySide) -> None:
    with skeleton.card(f"{told.primary.label} by group"):
        models_compared_chart.groups(told, side)


def _curves(desk: Desk, told: Compared) -> None:
    with skeleton.card("Learning curves"):
        numbers = [row.number for row in told.rows]
        if not models_curve.several(desk, told.capability, numbers, told.primary):
            st.caption(
                "Of none of these has anybody found out how much history it needs. Choose one "
                "version alone to ask for it."
            )


def _settings(told: Compared) -> None:
    if told.settings.empty:
        st.markdown("They were made alike: same model, snapshot and parameters.")
        return
    names = [str(row.number) for row in told.rows]
    models_tables.wrapped(
        ("Setting", *(f"Version {name}" for name in names)),
        told.settings[["setting", *names]].to_numpy().tolist(),
    )


def _reach(told: Compared) -> None:
    if len(told.reach.columns) < 2:
        feedback.empty(
            "Not told by these versions",
            "They were stored before it was kept, or their kind of model does not tell. Train "
            "one again to see it.",
            icon=":material/bar_chart_off:",
        )
        return
    models_compared_chart.reach(told)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
