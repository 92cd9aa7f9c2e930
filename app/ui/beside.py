"""Two versions side by side, or one beside the rule of thumb: where they err, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from app import cached, metrics
from app.context import Desk
from app.services import errors as service
from app.services.errors import Errors
from app.services.models import Comparison, Standing
from app.ui import charts, feedback, judged, series, skeleton, tables, words
from app.ui.theme import Json, layout, palette

if TYPE_CHECKING:
    from ml.contract import Measure

KINDS = {"by_horizon": "Weeks ahead", "by_class": "Class of product", "by_level": "Level"}
"""Divisions of forecasting; another capability names its own."""

SHADES = {"first": "primary", "second": "watch", "rule": "muted"}
ABOUT_CLASSES = (
    "A sells most by revenue, C least; X sells steadily, Z by fits and starts. The error is the "
    "sum of misses over the sum of sales."
)


def show(desk: Desk, capability: str, comparison: Comparison, first: int, second: int) -> None:
    """Errors of both and of the rule of thumb, and the products where they differ most."""
    one, other = comparison.standing(first), comparison.standing(second)
    if one is None or other is None:
        return
    with feedback.explain_errors():
        found = service.side_by_side(desk, capability, first, second)
        names = [_name(one), _name(other), "Rule of thumb"]
        about = None if found.others else ABOUT_CLASSES
        with skeleton.card(f"Version {first} beside version {second}", about=about):
            if not found.alike:
                cases = "cases" if found.others else "products"
                feedback.watch(
                    f"They were measured on different weeks or {cases}: compare each with the "
                    "rule of thumb rather than with one another."
                )
            _errors(found, names, key="beside", wide=True)
        if found.others or capability != "forecasting":
            with skeleton.card("All their figures"):
                _figures(comparison, one, other)
            return
        with skeleton.card("Products where they differ most"):
            _products(found, f"Version {first}", f"Version {second}", key="beside_products")


def alone(desk: Desk, comparison: Comparison, one: Standing, capability: str) -> None:
    """One version's errors and the rule of thumb's."""
    with feedback.explain_errors():
        found = service.of_one(desk, capability, one.number)
        _errors(found, [_name(one), "Rule of thumb"], key="alone", wide=False)
        if found.others:
            _figures(comparison, one)


def _name(one: Standing) -> str:
    return f"{one.number} {words.shortened(one.label, 24)}"


def _short(name: str) -> str:
    """The head of a column, whose label stands in the chart's legend: "Version 4"."""
    number = name.split(" ", 1)[0]
    return f"Version {number}" if number.isdecimal() else name


def _errors(found: Errors, names: Sequence[str], *, key: str, wide: bool) -> None:
    """Chart and table of one division; beside each other where there is room."""
    divisions = _divisions(found)
    if not divisions:
        st.caption("This version was stored without its errors by group. Train it again.")
        return
    kind = st.segmented_control(
        "By",
        list(divisions),
        format_func=lambda name: divisions[name].label,
        default=next(iter(divisions)),
        required=True,
        key=f"{key}_by",
        label_visibility="collapsed",
    )
    chosen = divisions[kind or next(iter(divisions))]
    frame, measure = chosen.frame, chosen.measure
    what = measure.label if measure else "Errors"
    if measure is not None:
        st.caption(f"{words.plain(what)}. {words.plain(measure.about)}")
    columns = [name for name in ("first", "second", "rule") if name in frame]
    shades = [SHADES[name] for name in columns]
    # Where the rule of thumb was not measured by group, its name has no column.
    names = names[: len(columns)]
    figure = _grouped(frame, columns, names, shades, share=measure is None or _is_share(measure))
    left, right = st.columns([1.15, 1]) if wide else (st.container(), st.container())
    with left:
        charts.show(
            figure,
            key=f"{key}_chart",
            alt=f"{what} of {', '.join(names)} by {chosen.label.lower()}",
        )
    shown = frame.assign(
        **{name: [_told(measure, value) for value in frame[name]] for name in columns}
    )
    with right:
        tables.show(
            shown,
            {
                "group": tables.text_column(chosen.label, width=110),
                **{
                    column: tables.text_column(_short(name), width=90)
                    for column, name in zip(columns, names, strict=True)
                },
                # Three figures leave no room for it at 1280 px.
                **({} if wide or "cases" not in shown else {"cases": _cases(measure)}),
            },
            alt="The same figures as numbers",
            scroll=True,
        )


def _divisions(found: Errors) -> dict[str, service.Division]:
    """What the cases can be divided by, in the order to offer."""
    own = {
        kind: service.Division(label=label, measure=None, frame=getattr(found, kind))
        for kind, label in KINDS.items()
        if len(getattr(found, kind))
    }
    return {**own, **found.others}


def _cases(measure: Measure | None) -> Any:
    return tables.count_column("Forecasts compared" if measure is None else "Cases")


def _is_share(measure: Measure) -> bool:
    return measure.unit == "share"


def _told(measure: Measure | None, value: float | None) -> str:
    return _share(value) if measure is None else judged.figure(measure, value)


def _grouped(
    frame: pd.DataFrame,
    columns: Sequence[str],
    names: Sequence[str],
    shades: Sequence[str],
    *,
    share: bool,
) -> Json:
    """Bars side by side in each group; the figure is the height."""
    colours = palette()
    figure = layout(colours, height=280)
    number = ".0%" if share else ".2f"
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": [str(group).removeprefix("weeks ") for group in frame["group"]],
            "y": [None if pd.isna(value) else float(value) for value in frame[column]],
            "marker": {"color": getattr(colours, shade), "cornerradius": 2},
            "hovertemplate": f"%{{y:{number}}}<extra>{name}</extra>",
        }
        for column, name, shade in zip(columns, names, shades, strict=True)
    ]
    figure.update(barmode="group", bargap=0.3, showlegend=True)
    figure["yaxis"].update(tickformat=number, rangemode="tozero")
    figure["xaxis"].update(type="category", tickangle=0)
    figure["legend"].update(y=1.16)
    figure["margin"]["t"] = 52
    return {"data": traces, "layout": figure}


def _figures(comparison: Comparison, *versions: Standing) -> None:
    """Every measure of each version, and the rule of thumb's on the cases of the first."""
    rows = [
        {
            "measure": measure.label,
            **{str(one.number): _told(measure, one.metrics.get(measure.slug)) for one in versions},
            "rule": _told(measure, versions[0].baseline.get(measure.slug)),
            "about": measure.about,
        }
        for measure in comparison.measures
        if any(measure.slug in one.metrics for one in versions)
    ]
    about = {"about": tables.text_column("What it says", width="large")}
    tables.show(
        pd.DataFrame(rows),
        {
            "measure": tables.text_column("Figure", width=200),
            **{
                str(one.number): tables.text_column(f"Version {one.number}", width=90)
                for one in versions
            },
            "rule": tables.text_column("Rule of thumb", width=100),
            **(about if len(versions) > 1 else {}),
        },
        alt="All figures of what was chosen and of the rule of thumb",
    )


def _products(found: Errors, first: str, second: str, *, key: str) -> None:
    if found.products.empty:
        st.caption("The versions were stored without errors by product. Train them again.")
        return
    frame = found.products.assign(
        product=cached.product_names(tuple(found.products["product_id"].astype(str)))
    )
    tables.opening(
        frame,
        {
            "product": tables.text_column("Product", width=300),
            "sold": tables.count_column("Sold", about="Units in the measured weeks"),
            "first": tables.count_column(first, about="Units missed in the measured weeks"),
            "second": tables.count_column(second, about="Units missed in the measured weeks"),
            "difference": tables.change_column("Difference"),
        },
        alt="Products where the two versions' misses differ most, in units",
        key=key,
        id_column="product_id",
        on_open=partial(_open, "product"),
    )
    st.caption(
        "Units missed, over or under; above zero the second one misses more. "
        "Choose a row to open the product."
    )


def _open(level: cached.Level, series_id: str) -> None:
    """As a callback: to the product's history and forecast."""
    series.open_series(level, series_id)
    skeleton.open_view("view", "Explore")


def _share(value: float | None) -> str:
    return "–" if value is None or pd.isna(value) else metrics.share(float(value))
