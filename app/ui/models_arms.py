"""Both sides of an experiment: their figures with ranges, drawn and as a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from app.services.activation import name_of
from app.services.experiments import telling
from app.ui import tables, words
from app.ui.theme import Json, Palette, layout, palette

if TYPE_CHECKING:
    from app.services.experiments.outcomes import ArmCount, Outcomes


def table(found: Outcomes) -> None:
    """A row a side: figure, range, how much is known."""
    _, several = telling.UNITS.get(found.experiment.capability, telling.OTHERWISE)
    now, test = found.compared, found.experiment

    def row(what: str, arm: ArmCount, side: str) -> dict[str, str]:
        figured = getattr(now, side) if now is not None else None
        told = telling.figure(found.measure, figured.value) if figured is not None else "–"
        spread = "–"
        if figured is not None and math.isfinite(figured.low):
            low, high = (telling.figure(found.measure, v) for v in (figured.low, figured.high))
            spread = f"{low} to {high}"
        return {
            "what": what,
            "figure": told,
            "range": spread,
            "known": f"{arm.graded:,} of {arm.predictions:,}",
            "units": f"{figured.units:,}" if figured is not None else f"{arm.units:,}",
        }

    frame = pd.DataFrame(
        [
            row(f"{name_of(test.champion)}", found.champion, "champion"),
            row(f"Version {test.challenger}", found.challenger, "challenger"),
        ]
    )
    tables.show(
        frame,
        {
            "what": tables.text_column("Side", width=112),
            "figure": tables.text_column(
                "Figure", width=62, about=f"{found.measure.label}: {found.measure.about}"
            ),
            "range": tables.text_column("95 % range", width=112, about="Luck alone, by drawing "
                                        f"{several} again and again"),
            "known": tables.text_column("Known", width=98, about="Predictions of which it is known "
                                        "what came"),
            "units": tables.text_column(words.sentence(several), width=76),
        },
        alt="Champion and challenger with their figures, ranges and how much is known",
    )  # fmt: skip


def intervals(found: Outcomes, colours: Palette | None = None) -> Json:
    """Both figures as dots with their ranges as lines, the challenger below."""
    colours = colours or palette()
    now, test = found.compared, found.experiment
    assert now is not None
    names = [name_of(test.champion), f"Version {test.challenger}"]
    traces = []
    reach: list[float] = []
    scale = 100.0 if found.measure.unit == "share" else 1.0
    for name, one, colour in zip(
        names, (now.champion, now.challenger), (colours.ink, colours.primary), strict=True
    ):
        if not math.isfinite(one.value):
            continue
        sides = [v * scale if math.isfinite(v) else one.value * scale for v in (one.low, one.high)]
        value = one.value * scale
        reach += [*sides, value]
        traces.append(
            {
                "type": "scatter",
                "x": [value],
                "y": [name],
                "mode": "markers+text",
                "text": [telling.figure(found.measure, one.value)],
                "textposition": "top center",
                "cliponaxis": False,
                "marker": {"color": colour, "size": 11},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [sides[1] - value],
                    "arrayminus": [value - sides[0]],
                    "color": colour,
                    "thickness": 2.2,
                    "width": 7,
                },
                "hovertemplate": f"%{{y}}: {telling.figure(found.measure, one.value)}"
                "<extra></extra>",
            }
        )
    drawing = layout(colours, height=190)
    drawing.update(hovermode="closest")
    drawing["margin"]["t"] = 8
    low, high = min(reach, default=0.0), max(reach, default=1.0)
    room = max((high - low) * 0.15, 1e-6)
    unit = " in %" if found.measure.unit == "share" else ""
    drawing["xaxis"].update(
        range=[low - room, high + room],
        showgrid=True,
        title={
            "text": f"{found.measure.label}{unit}",
            "font": {"size": 12, "color": colours.muted},
        },
    )
    axis = drawing["yaxis"]
    for name in ("tickformat", "nticks", "rangemode"):
        axis.pop(name, None)
    axis.update(
        showgrid=False, categoryorder="array", categoryarray=names[::-1], range=[-0.6, 1.75]
    )
    return {"data": traces, "layout": drawing}
