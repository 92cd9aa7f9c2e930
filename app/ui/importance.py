"""What matters to a model as a whole, and underneath what each thing it looks at adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import charts, feedback, tables, words
from app.ui.theme import Json, Palette, layout, palette
from app.ui.waterfall import amount

if TYPE_CHECKING:
    from app.services.forecasting.importance import FeatureUnits, Matters

ROW_PX = 27
LONGEST = 46  # characters of a name beside its bar; the hover box has it whole


def bars(largest: Sequence[tuple[str, float]], *, colours: Palette | None = None) -> Json:
    """Horizontal bars from the largest down: name and mean size in units."""
    colours = colours or palette()
    names = [words.sentence(name) for name, _ in largest]
    sizes = [units for _, units in largest]
    figure = layout(colours, height=56 + ROW_PX * max(len(names), 3))
    rows = list(range(len(names)))
    figure.update(hovermode="closest", bargap=0.35)
    figure["margin"]["t"] = 8
    figure["xaxis"].update(
        range=[0, max(sizes, default=1.0) * 1.18], showticklabels=False, showline=False
    )
    figure["yaxis"].update(
        autorange="reversed",
        showgrid=False,
        tickmode="array",
        tickvals=rows,
        ticktext=[name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names],
        rangemode="normal",
        automargin=True,
    )
    figure["yaxis"].pop("tickformat", None)
    figure["yaxis"].pop("nticks", None)
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": rows,
        "x": sizes,
        "text": [amount(size, signed=False) if size >= 1 else f"{size:.2f}" for size in sizes],
        "textposition": "outside",
        "textfont": {"size": 12, "color": colours.ink},
        "cliponaxis": False,
        "marker": {"color": colours.primary, "line": {"width": 0}},
        "customdata": names,
        "hovertemplate": "%{customdata}: %{text} units<extra></extra>",
    }
    return {"data": [trace], "layout": figure}


def whole_model(found: Matters | None) -> None:
    """The chart for the model as a whole, with a sentence."""
    if found is None:
        feedback.empty(
            "Not stored with this forecast",
            "Compute the forecast anew, then what matters to the model is shown here.",
        )
        return
    feedback.sentence(found.sentence)
    if found.largest:
        charts.show(
            bars(found.largest),
            key="matters",
            alt=f"What matters to {found.label}: mean contribution in units",
        )
        st.caption("Units that each adds or takes away in the mean, a product and week.")


def by_feature(
    found: Matters | None, told: Sequence[FeatureUnits], label: str, week: str, *, product: bool
) -> None:
    """Shapley values of one product's week, or why there are none."""
    with st.expander("Behind the parts: SHAP values of this week", key="shap"):
        if told:
            total = sum(one.units for one in told)
            records: list[dict[str, object]] = [
                {
                    "what": words.sentence(one.words),
                    "units": one.units,
                    "part": words.sentence(one.part),
                }
                for one in told
                if abs(one.units) >= 0.005
            ]
            records.append({"what": "Sum", "units": total, "part": ""})
            tables.show(
                tables.rows(records),
                {
                    "what": tables.text_column("What the model looks at", width="large"),
                    "units": tables.count_column("Units", decimals=2),
                    "part": tables.text_column("Part of the forecast"),
                },
                alt=f"Contributions by feature to the forecast of {label}, week of {week}",
            )
            return
        st.markdown(words.plain(_why_none(found, product=product)))


def _why_none(found: Matters | None, *, product: bool) -> str:
    if found is None or not found.by_feature:
        return (
            "This model adds up its parts directly: the parts above are all there is, and no "
            "finer values lie behind them."
        )
    if not product:
        return "SHAP values are kept for single products. Choose one above to see them."
    return (
        f"SHAP values are kept for the {found.products:,} best-selling products that this model "
        "speaks for; this one is not among them. Its parts above are exact all the same."
    )
