"""Home's figures: cards with the usual range, the chart of one of them, targets of the month."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.access import Role
from app.metrics import BY_SLUG, Metric, format_range, format_value, share
from app.services.home import Home, choices
from app.services.marks import Mark
from app.services.usual import Figure
from app.ui import charts, feedback, kpis, places, tables, words
from app.ui.events import Event

SMALL = 0.005  # a change below half a per cent is none


def chooser(role: Role) -> str:
    """Which figure the chart shows, kept in the address."""
    options = choices(role)
    chosen = st.selectbox(
        "Chart",
        options,
        format_func=lambda slug: BY_SLUG[slug].label,
        key="chart",
        bind="query-params",
        width=190,
    )
    return chosen if chosen in options else options[0]


def row(home: Home, currency: str) -> None:
    """The role's figures, at most four."""
    kpis.row([card(figure, currency, days=_days(home)) for figure in home.figures])


def card(figure: Figure, currency: str, *, days: int) -> kpis.Kpi:
    """One figure as a card: against last year, its usual range beneath."""
    metric = BY_SLUG[figure.slug]
    delta, direction, good = compared(metric, figure)
    return kpis.Kpi(
        label=metric.label,
        value=format_value(metric, figure.value, currency),
        delta=delta,
        direction=direction,
        good=good,
        chart=figure.history,
        note=usual(metric, figure, currency),
        about=f"{metric.about} The small chart: the same {words.counted(days, 'day')} in earlier "
        "weeks. Usual: four of five such weeks.",
    )


def compared(metric: Metric, figure: Figure) -> tuple[str, kpis.Direction, bool | None]:
    """Change on last year in words, its direction, and whether it is good."""
    if figure.value is None or figure.last_year is None:
        return "no year to compare with", 0, None
    if metric.unit == "share":
        points = (figure.value - figure.last_year) * 100
        text, size = f"{abs(points):.1f} points on last year", points / 100
        still = abs(points) < 0.05
    else:
        size = figure.change if figure.change is not None else 0.0
        text, still = f"{share(abs(size))} on last year", abs(size) < SMALL
        if not figure.last_year:
            return "none last year", 0, None
    if still:
        return "as last year", 0, None
    good = None if metric.higher_is_better is None else (size > 0) == metric.higher_is_better
    return text, 1 if size > 0 else -1, good


def usual(metric: Metric, figure: Figure, currency: str) -> str:
    """The usual range, and where the value lies if it is outside."""
    if figure.low is None or figure.high is None:
        return "Too few weeks for a usual range"
    span = format_range(metric, figure.low, figure.high, currency)
    if not figure.unusual or figure.value is None:
        return f"Usual: {span}"
    if figure.value > figure.high:
        return f":orange[:material/north_east:] Usual: {span}"
    return f":orange[:material/south_east:] Usual: {span}"


def chart_title(home: Home) -> str:
    return f"{BY_SLUG[home.chart].label} by day, last {len(home.course.days)} days"


def chart(home: Home, currency: str, marks: Sequence[Mark] = ()) -> None:
    """The chosen figure day by day, its usual range behind, last year dotted, events marked."""
    metric, course = BY_SLUG[home.chart], home.course
    if sum(value is not None for value in course.values) < 2:
        feedback.empty(
            f"{metric.label} is not known yet",
            "Fewer than two days hold what this figure needs. Choose another at the upper right.",
        )
        return
    figure = charts.lines(
        days=course.days,
        series=[
            charts.Series(name=metric.label, values=course.values, colour="ink"),
            charts.Series(
                name="Last year",
                values=course.last_year,
                colour="muted",
                dash="dot",
                muted=True,
            ),
        ],
        low=course.low,
        high=course.high,
        band_name="Usual range",
        prefix=charts.prefix(metric.unit, currency),
        percent=metric.unit == "share",
        events=[Event(kind=m.kind, label=m.label, first=m.first, last=m.last) for m in marks],
        height=340,
    )
    charts.show(
        figure,
        key="home_chart",
        alt=f"{metric.label} a day over {len(course.days)} days to {words.day(home.last_day)}, "
        "with the usual range and last year",
    )


def sellers(frame: pd.DataFrame, home: Home, currency: str) -> None:
    """The products that brought most in the span; a row opens its forecast."""
    if frame.empty:
        st.caption("Nothing was sold in these days.")
        return
    chosen = tables.selectable(
        frame,
        {
            "product": tables.text_column("Product", width="large"),
            "category": tables.text_column("Category"),
            "units": tables.count_column("Units"),
            "revenue": tables.money_column("Revenue", currency),
            "price": tables.money_column("Mean price", currency, decimals=2),
        },
        alt=f"Products with the most revenue, {words.counted(_days(home), 'day')} to "
        f"{words.day(home.last_day)}",
        key="sellers",
        id_column="product_id",
    )
    if chosen is not None:
        places.go("forecasting", query={"level": "Product", "product": chosen})


def targets(home: Home, currency: str) -> None:
    """Targets of the month: so far, expected by now, whole month."""
    rows = []
    for one in home.targets:
        metric = BY_SLUG[one.slug]
        rows.append(
            {
                "figure": metric.label,
                "so_far": format_value(metric, one.so_far, currency),
                "expected": format_value(metric, one.expected, currency),
                "target": format_value(metric, one.target, currency),
                "done": min(one.so_far / one.target, 1.0) * 100 if one.target else 0.0,
                "course": "On course" if one.ahead else "Behind",
            }
        )
    tables.show(
        pd.DataFrame(rows),
        {
            "figure": tables.text_column("Figure"),
            "so_far": tables.text_column(f"To {words.day_short(home.last_day)}"),
            "expected": tables.text_column("Expected by then"),
            "target": tables.text_column("Whole month"),
            "done": st.column_config.ProgressColumn("Reached", format="%.0f %%", max_value=100),
            "course": tables.text_column("Course"),
        },
        alt=f"Targets of {home.last_day:%B} and how far they are",
    )


def _days(home: Home) -> int:
    return (home.last_day - home.first_day).days + 1
