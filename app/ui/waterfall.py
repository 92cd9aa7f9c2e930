"""Why this number: contributions in the units of the number, one under the other, to the total."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.theme import Json, Palette, layout, palette

LABEL_SHARE = 0.062  # of the span that one character beside a bar needs in a card at 1280 px
LONGEST_NAME = 20  # characters of a part's name before it is shortened; the hover box has it whole


def contributions(
    parts: Sequence[tuple[str, float]],
    *,
    total: float,
    total_label: str = "Forecast",
    height: int = 380,
    colours: Palette | None = None,
    longest_name: int = LONGEST_NAME,
) -> Json:
    """Horizontal waterfall: the first part from zero, each next from where the last one ended.

    parts : label and contribution in units; they sum to `total` (rounding apart).
    longest_name : characters of a part's name before it is shortened.
    """
    colours = colours or palette()
    figure = layout(colours, height=height)
    names, bases, widths, texts, shades = [], [], [], [], []
    reached, edges = 0.0, [0.0, total]
    for number, (name, value) in enumerate(parts):
        names.append(name)
        bases.append(reached)
        widths.append(value)
        texts.append(amount(value, signed=number > 0))
        shades.append(colours.primary if value >= 0 else colours.bad)
        reached += value
        edges.append(reached)
    names.append(total_label)
    bases.append(0.0)
    widths.append(total)
    texts.append(amount(total, signed=False))
    shades.append(colours.ink)
    low, high = min(edges), max(edges)
    span = (high - low) or 1.0
    # The text stands outside its bar: without this room the browser cuts it off.
    room = span * LABEL_SHARE * max(len(text) for text in texts)
    figure.update(hovermode="closest", bargap=0.3, shapes=_steps(bases, widths, colours.muted))
    figure["margin"]["t"] = 8
    figure["xaxis"].update(
        range=[low - (room if _text_left(bases, widths, low, room) else 0), high + room],
        showticklabels=False,
        showline=False,
    )
    rows = list(range(len(names)))
    figure["yaxis"].update(
        autorange="reversed",
        showgrid=False,
        tickmode="array",
        tickvals=rows,
        ticktext=[_short(name, longest_name) for name in names],
        rangemode="normal",
    )
    figure["yaxis"].pop("tickformat")
    figure["yaxis"].pop("nticks")
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": rows,
        "base": bases,
        "x": widths,
        "text": texts,
        "textposition": "outside",
        "textangle": 0,
        "textfont": {"size": 12, "color": colours.ink},
        "cliponaxis": False,
        "marker": {"color": shades, "line": {"width": 0}},
        "customdata": names,
        "hovertemplate": "%{customdata}: %{text}<extra></extra>",
    }
    return {"data": [trace], "layout": figure}


def amount(value: float, *, signed: bool) -> str:
    """Number as written beside a bar: a decimal only below ten, where there is one."""
    whole = abs(value) >= 9.95 or value == round(value)
    size = f"{abs(value):,.0f}" if whole else f"{abs(value):,.1f}"
    if size in ("0", "0.0"):
        return "0"
    if value < 0:
        return f"−{size}"
    return f"+{size}" if signed else size


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def _text_left(bases: list[float], widths: list[float], low: float, room: float) -> bool:
    """True where a falling bar ends so far left that its text needs room there."""
    return any(w < 0 and base + w - room < low for base, w in zip(bases, widths, strict=True))


def _steps(bases: list[float], widths: list[float], colour: str) -> list[Json]:
    """Thin lines from the end of each bar to the next row."""
    steps: list[Json] = []
    for row in range(len(bases) - 1):
        end = bases[row] + widths[row]
        line = {"color": colour, "width": 0.8, "dash": "dot"}
        steps.append(
            {
                "type": "line",
                "x0": end,
                "x1": end,
                "y0": row,
                "y1": row + 1,
                "line": line,
                "layer": "below",
            }
        )
    return steps
