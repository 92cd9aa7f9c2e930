"""Learning curves: the primary figure with a quarter, half and all of the history."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import registry
from app.services.registry import Curve
from app.ui import acts, charts, feedback, jobs, state, words
from app.ui.theme import Json, Palette, layout, palette
from ml.contract import Measure

KIND = "learning_curve"


def show(desk: Desk, person: Identity, capability: str, number: int, measure: Measure) -> None:
    """The curve of one version, or the way to it."""
    found = registry.curve(desk, capability, number)
    if found is None:
        st.markdown("How much history does it need? Nobody has found out yet.")
        jobs.hint(desk, KIND)
        if person.may(Permission.manage_models) and acts.pressed(
            "Find out", key="ask_for_curve", icon=":material/show_chart:"
        ):
            with feedback.explain_errors():
                registry.ask_for_curve(desk, state.identity(), capability, number)
                feedback.done("A worker measures it on a quarter and on half of its history")
                st.rerun()
        return
    st.markdown(words.plain(found.sentence))
    charts.show(
        drawn([(f"Version {number}", found)], measure),
        key="curve",
        alt=f"{measure.label} by share of the history that version {number} learned from",
    )
    for why in found.left_out:
        feedback.watch(why)
    st.caption(
        f"On the {words.counted(found.cases, 'case')} common to all shares; bars hold 95 %. The "
        "newest part of the history is kept each time."
    )


def several(desk: Desk, capability: str, numbers: Sequence[int], measure: Measure) -> bool:
    """Curves of the chosen versions in one chart; whether any is known."""
    curves = [
        (f"Version {number}", found)
        for number in numbers
        if (found := registry.curve(desk, capability, number)) is not None
    ]
    if not curves:
        return False
    charts.show(
        drawn(curves, measure),
        key="curves",
        alt=f"{measure.label} by share of the history learned from",
    )
    for name, found in curves:
        st.caption(f"{name}: {words.plain(found.sentence)}")
    return True


def drawn(
    curves: Sequence[tuple[str, Curve]], measure: Measure, *, colours: Palette | None = None
) -> Json:
    """Lines over the share of the history, with 95 % bars; the rule of thumb as a dotted line."""
    colours = colours or palette()
    figure = layout(colours, height=270)
    share = measure.unit == "share"
    traces = []
    for at, (name, found) in enumerate(curves):
        values = [one.value for one in found.points]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": [one.share for one in found.points],
                "y": values,
                "line": {"color": colours.categories[at % 8], "width": 2.2},
                "marker": {"size": 7},
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [(one.high or one.value) - one.value for one in found.points],
                    "arrayminus": [one.value - (one.low or one.value) for one in found.points],
                    "color": colours.categories[at % 8],
                    "thickness": 1.1,
                    "width": 4,
                },
                "hovertemplate": f"%{{y:{'.1%' if share else '.3~g'}}}<extra>{name}</extra>",
            }
        )
    rule = curves[0][1].rule
    traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Rule of thumb",
            "x": [0.2, 1.05],
            "y": [rule, rule],
            "line": {"color": colours.muted, "width": 1.2, "dash": "dot"},
            "hoverinfo": "skip",
        }
    )
    figure.update(showlegend=True, hovermode="closest")
    figure["xaxis"].update(
        range=[0.18, 1.07],
        tickmode="array",
        tickvals=[0.25, 0.5, 1.0],
        ticktext=["a quarter", "half of the history", "all"],
    )
    figure["yaxis"].update(tickformat=".0%" if share else "~g", rangemode="tozero")
    figure["legend"].update(y=1.0, yanchor="bottom")
    figure["margin"]["t"] = 40
    return {"data": traces, "layout": figure}
