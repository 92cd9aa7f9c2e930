"""What the views of Forecasting share: the question, its provenance, cards, tables, exports."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import cached
from app.access import Identity
from app.context import Desk
from app.metrics import about, share
from app.metrics import money as money_of
from app.ui import charts, dialogs, feedback, jobs, kpis, series, state, tables, waterfall, words
from app.ui.events import Event

if TYPE_CHECKING:
    from app.services.data import Manifest
    from app.services.forecasting import (
        Contributions,
        ForecastQuestion,
        ForecastView,
        ModelStory,
        Total,
    )

HORIZONS = {4: "4 weeks", 8: "8 weeks", 13: "13 weeks", 26: "26 weeks"}
"""A month, two, a quarter, half a year; the address takes any number up to 26."""

BARS = "The bars: next week, weeks 2 to 4, 5 to 8, 9 to 13, 14 to 26."


def question(desk: Desk, manifest: Manifest) -> ForecastQuestion | None:
    """Which series and how far; None before the first stored forecast."""
    from app.services import forecasting

    newest = forecasting.newest(desk)
    if newest is None:
        return None
    chosen = series.picker(cached.dated(manifest.number))
    return forecasting.ForecastQuestion(
        publication=newest.publication_id,
        snapshot=manifest.number,
        level=chosen.level,
        series_id=chosen.series_id,
        horizon_weeks=horizon(),
    )


def horizon() -> int:
    """Weeks ahead: one of the choices, or any number that the address asks for."""
    asked = _asked_weeks()
    options = sorted({*HORIZONS, asked})
    weeks = st.selectbox(
        "Weeks ahead",
        options,
        index=options.index(asked),
        format_func=lambda weeks: words.counted(weeks, "week"),
        key="horizon",
        bind="query-params",
        width=112,
        label_visibility="collapsed",
    )
    return weeks if weeks in options else 13


def _asked_weeks() -> int:
    said = str(st.session_state.get("horizon") or st.query_params.get("horizon", ""))
    number = said.partition(" ")[0]
    return int(number) if number.isdecimal() and 1 <= int(number) <= cached.FARTHEST else 13


def none_yet(desk: Desk, person: Identity) -> None:
    """Before the first forecast: what is under way, and what would do."""
    jobs.latest(desk, person, "first_models", "train", "publish", key="first")
    feedback.empty(
        "No forecast yet",
        "The rule of thumb's comes first, right after the first snapshot, and is shown here by "
        "itself; then the worker trains the first models. Compare and train shows how far it is.",
    )
    until_published()


@st.fragment(run_every=jobs.EVERY)
def until_published() -> None:
    """Show the first forecast as soon as it is there: trainings may go on for long."""
    from app.services import forecasting

    if forecasting.newest(state.desk()) is not None:
        dialogs.renew_page()


def facts(desk: Desk, found: ForecastView, snapshot: int) -> list[str | None]:
    """Data, model, and how good it has been beside the rule of thumb."""
    model = found.model
    return [
        f"Data to {words.day(model.as_of)}",
        f"snapshot {snapshot}",
        words.plain(short_name(model)),
        words.plain(model.accuracy),
    ]


def short_name(model: ModelStory) -> str:
    """LightGBM v7: so that the line under the title is one line at 1280 px."""
    if model.version is None:
        return model.label
    return f"{model.label.partition(',')[0].partition(' over ')[0]} v{model.version}"


def cards(found: ForecastView) -> None:
    """Next weeks, how good that is, how often the range held, and what to order now."""
    far = found.total(found.question.horizon_weeks) or (found.totals[-1] if found.totals else None)
    figures = [] if far is None else [_total(far, found)]
    figures += [_error(found), _held(found), _to_order(found)]
    kpis.row(figures[: kpis.MOST])


def _to_order(found: ForecastView) -> kpis.Kpi:
    """What the order list says about the series."""
    shown = cached.to_order(cached.decided(found.question.snapshot), found.question)
    about_it = "What the list under Decide proposes, or what was set there, for this series."
    if not shown.known:
        return kpis.Kpi(
            label="To order now",
            value="–",
            delta="stock is not known",
            note="Upload it under Decide",
            about=about_it,
        )
    money = money_of(about(shown.at_risk), state.desk().currency)
    if found.question.level == "product":
        value = words.counted(shown.units, "unit")
        ends = None if shown.soonest is None else f"stock lasts to {words.day_short(shown.soonest)}"
        chart = None
    else:
        value = words.counted(shown.products, "product")
        ends = f"{shown.units:,} units in all"
        chart = shown.by_week
    risk = shown.at_risk >= 1
    return kpis.Kpi(
        label="To order now",
        value=value,
        delta=f"{money} at risk" if risk else "nothing at risk",
        good=False if risk else None,
        chart=chart,
        chart_type="bar",
        note=ends,
        about=f"{about_it} The bars: products that run out this week, next week and so on.",
    )


def _total(total: Total, found: ForecastView) -> kpis.Kpi:
    change = total.change
    return kpis.Kpi(
        label=f"Next {total.weeks} weeks",
        value=f"{about(total.mean):,.0f} units",
        delta="no last year" if change is None else f"{share(abs(change))} on last year",
        direction=0 if not change else 1 if change > 0 else -1,
        good=None if not change else change > 0,
        chart=found.mean,
        note=f"80 % range: {span(total.low, total.high)}",
        about="Expected units of these weeks together, rounded to what is known.",
    )


def span(low: float, high: float) -> str:
    """Both ends rounded to what is known, short enough for a card at 1280 px."""
    low, high = about(low), about(high)
    if high >= 1e6:
        return f"{low / 1e6:.3g} to {high / 1e6:.3g} million"
    if high >= 1e5:
        return f"{low / 1e3:.0f} to {high / 1e3:.0f} thousand"
    return f"{low:,.0f} to {high:,.0f}"


def _error(found: ForecastView) -> kpis.Kpi:
    own, rule = found.model.error, found.model.rule_error
    better = None if own is None or rule is None else rule - own
    points = 0.0 if better is None else round(abs(better) * 100, 1)
    return kpis.Kpi(
        label="Usual error",
        value="–" if own is None else share(own),
        delta=_points(points, better=bool(better and better > 0)),
        direction=0 if not points else -1 if better and better > 0 else 1,
        good=None if not points or better is None else better > 0,
        chart=found.model.error_ahead,
        chart_type="bar",
        note="" if rule is None else f"Rule of thumb: {share(rule)}",
        about=f"{words.plain(found.model.verdict)} Misses over sales, measured on past weeks "
        f"that the model had not seen. {BARS}",
    )


def _points(points: float, *, better: bool) -> str:
    """How far the error is from the rule of thumb's."""
    if points < 0.1:
        return "as the rule of thumb"
    size = f"{points:.0f}" if points >= 1 else f"{points:.1f}"
    noun = "point" if size == "1" else "points"
    return f"{size} {noun} {'under' if better else 'over'} the rule"


def _held(found: ForecastView) -> kpis.Kpi:
    held = next((r.held for r in found.ranges if r.level == 80), None)
    said, good = _fit(held)
    return kpis.Kpi(
        label="80 % range held",
        value="–" if held is None else share(held),
        delta=said,
        good=good,
        chart=found.model.held_ahead,
        chart_type="bar",
        note="of weeks it had not seen",
        about=f"How often the true sales lay inside the 80 % range; it should be 80 %. {BARS}",
    )


def _fit(held: float | None) -> tuple[str, bool | None]:
    """Whether a range that should hold 80 % does; a wide one is safe, a narrow one misleads."""
    if held is None:
        return "not yet measured", None
    if held < 0.75:
        return "too narrow", False
    return ("wider than needed", None) if held > 0.85 else ("as it should", True)


def chart(found: ForecastView, selected: date | None = None, *, height: int = 380) -> None:
    """History, forecast and events of the series."""
    figure = charts.forecast_band(
        weeks=found.weeks,
        sold=found.sold,
        future=found.future,
        mean=found.mean,
        bands=[charts.Band(level=r.level, low=r.low, high=r.high) for r in found.ranges],
        events=[
            Event(kind=e.kind, label=e.label, first=e.first, last=e.last) for e in found.events
        ],
        today=found.model.as_of,
        selected=selected,
        height=height,
    )
    total = sum(found.mean)
    charts.show(
        figure,
        key="forecast_band",
        alt=f"{found.label}: units a week to {words.day(found.model.as_of)} and "
        f"{len(found.future)} weeks of forecast, {about(total):,.0f} units in all",
    )


def week_chooser(found: ForecastView) -> date:
    """One of the weeks ahead; the one with the largest forecast unless chosen otherwise."""
    peak = max(range(len(found.mean)), key=lambda i: found.mean[i])
    chosen = st.selectbox(
        "Week of",
        list(found.future),
        index=peak,
        format_func=words.day,
        key="week",
        bind="query-params",
        width=150,
    )
    return chosen if chosen in found.future else found.future[peak]


def why(found: ForecastView, parts: Contributions, *, height: int = 380) -> None:
    """The waterfall of one week."""
    figure = waterfall.contributions(
        [
            (words.sentence(name), units)
            for number, (name, units) in enumerate(explained(parts))
            if not number or waterfall.amount(units, signed=False) != "0"
        ],
        total=parts.total,
        height=height,
    )
    charts.show(figure, key="why", alt=f"{found.label}, week of {words.day(parts.week)}: "
                f"{parts.sentence}")  # fmt: skip


def explained(parts: Contributions) -> list[tuple[str, float]]:
    """The parts, and what is missing to the total if they do not add up: never hidden."""
    missing = parts.total - sum(units for _, units in parts.parts)
    told = list(parts.parts)
    if abs(missing) >= max(0.5, abs(parts.total) * 0.001):
        told.append(("not explained", missing))
    return told


def weeks_frame(found: ForecastView) -> pd.DataFrame:
    """One row a week ahead: week · forecast · low and high of the 80 and 95 % range."""
    ranges = {r.level: r for r in found.ranges}
    data: dict[str, object] = {"week": found.future, "forecast": found.mean}
    for level in (80, 95):
        if level in ranges:
            data[f"low_{level}"] = ranges[level].low
            data[f"high_{level}"] = ranges[level].high
    return pd.DataFrame(data)


def weeks_table(found: ForecastView) -> None:
    """Forecast and ranges of each week ahead."""
    tables.show(
        weeks_frame(found),
        {
            "week": tables.day_column("Week of"),
            "forecast": tables.count_column("Forecast"),
            "low_80": tables.count_column("80 % from"),
            "high_80": tables.count_column("to"),
            "low_95": tables.count_column("95 % from"),
            "high_95": tables.count_column("to "),
        },
        alt=f"Forecast of {found.label} by week with its ranges",
        scroll=True,
    )


def export(found: ForecastView) -> None:
    """The weeks ahead as CSV, with what they are."""
    tables.download(
        "Export",
        lambda: weeks_frame(found).round(2),
        name=f"forecast-{found.question.series_id or 'shop'}",
        facts=export_facts(found),
        key="forecast_csv",
    )


def export_facts(found: ForecastView) -> list[tuple[str, object]]:
    """Filter, snapshot and model version, as every file states them."""
    return [
        ("Forecast of", f"{found.label} ({found.question.level} {found.question.series_id or ''})"),
        ("Unit", "units sold a week; weeks begin on Monday"),
        ("Weeks ahead", found.question.horizon_weeks),
        ("Snapshot", found.question.snapshot),
        ("Publication", found.question.publication),
        ("Model", found.model.label),
        ("Data to", found.model.as_of),
        ("How good", found.model.accuracy),
    ]
