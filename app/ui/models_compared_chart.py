"""Charts of versions side by side: a figure by group, and what matters to each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.services.registry import Compared
from app.ui import charts, words
from app.ui.theme import Json, Palette, layout, palette
from ml.comparison import RULE, SideBySide

MOST_GROUPS = 8
LONGEST = 48  # characters of a name beside its bars


def groups(told: Compared, side: SideBySide) -> None:
    """The primary figure of each version and of the rule of thumb, by group."""
    shown = side.segments[:MOST_GROUPS]
    figure = grouped(
        names=[f"{one.group} ({one.cases:,})" for one in shown],
        series=[
            (label, [one.figures[name] for one in shown])
            for name, label in (*_labels(told), (RULE, "Rule of thumb"))
        ],
        share=told.primary.unit == "share",
    )
    charts.show(
        figure,
        key="compared_groups",
        alt=f"{told.primary.label} by group of each version and of the rule of thumb",
    )
    more = len(side.segments) - len(shown)
    rest = f" {words.counted(more, 'smaller group')} left out." if more > 0 else ""
    st.caption(f"In brackets the cases kept of each group, the largest first.{rest}")


def reach(told: Compared) -> None:
    """How far the usual spread of each input moves predictions, in the mean."""
    labels = _labels(told)
    figure = grouped(
        names=told.reach["input"].tolist(),
        series=[(label, told.reach[name].tolist()) for name, label in labels if name in told.reach],
        share=False,
    )
    charts.show(figure, key="compared_reach", alt="What matters to each version, the largest first")
    st.caption("How far an input's usual spread moves what is predicted, in its unit.")


def grouped(
    *,
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    share: bool,
    colours: Palette | None = None,
) -> Json:
    """Horizontal bars side by side in each group, the first group on top."""
    colours = colours or palette()
    figure = layout(colours, height=90 + len(names) * (14 + 13 * len(series)))
    number = ".1%" if share else ".3~g"
    traces = []
    for at, (name, values) in enumerate(series):
        shade = colours.muted if name == "Rule of thumb" else colours.categories[at % 8]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "y": [words.shortened(one, LONGEST) for one in names],
                "x": [None if value != value else float(value) for value in values],
                "marker": {"color": shade, "cornerradius": 2},
                "hovertemplate": f"%{{x:{number}}}<extra>{name}</extra>",
            }
        )
    figure.update(barmode="group", bargap=0.3, showlegend=True, hovermode="closest")
    figure["yaxis"].update(autorange="reversed", showgrid=False, type="category", automargin=True)
    figure["yaxis"].pop("tickformat", None)
    figure["yaxis"].pop("nticks", None)
    figure["xaxis"].update(tickformat=".0%" if share else "~g", rangemode="tozero", showgrid=True,
                           gridcolor=colours.grid)  # fmt: skip
    figure["legend"].update(y=1.0, yanchor="bottom")
    figure["margin"]["t"] = 40
    return {"data": traces, "layout": figure}


def _labels(told: Compared) -> list[tuple[str, str]]:
    return [(str(row.number), f"{row.number} {row.label}") for row in told.rows]
