"""Watch: the health of a capability, what drifted and what that does, how it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from app.context import Desk
from app.services.watching import Watched
from app.services.watching.reading import DriftView
from app.ui import charts, feedback, kpis, skeleton, tables, words
from app.ui.charts import Series

LIGHTS = {
    "good": (":green[:material/check_circle:]", "Fine"),
    "watch": (":orange[:material/warning:]", "To look at"),
    "bad": (":red[:material/error:]", "Broken"),
}
"""Sign and word: colour is never the only sign."""


def figures(found: Watched, now: datetime) -> None:
    """How it stands, in four figures."""
    open_ones = [one for one in found.alerts if one.waits(now)]
    seen = len(found.alerts) - len(open_ones)
    use = found.use
    kpis.row(
        [
            kpis.Kpi(
                label="Health",
                value=LIGHTS[found.state][1] if found.state else "Not known yet",
                note=f"Looked at {words.ago(found.checked_at, now)}"
                if found.checked_at
                else "Looked at every hour",
            ),
            _drift_figure(found.drift),
            kpis.Kpi(
                label="Answers, last 24 hours",
                value=f"{use.calls:,} calls",
                note=f"{_seconds(use.mean_s)} on average, {use.errors:,} failed"
                if use.calls
                else "Nobody asked",
                about="Scoring runs, publications and questions of programs.",
            ),
            kpis.Kpi(
                label="Alerts that wait",
                value=str(len(open_ones)),
                note=f"{seen} acknowledged or put off, {found.raised} raised in 30 days",
            ),
        ]
    )


def _drift_figure(drift: DriftView | None) -> kpis.Kpi:
    about = (
        "How far the newest day is from what the model learned, over the bound that ordinary days "
        "hardly ever exceed. Above 100 % is an alarm."
    )
    if drift is None or drift.why_not:
        return kpis.Kpi(label="Drift", value="–", note="Cannot be told yet", about=about)
    return kpis.Kpi(
        label="Drift",
        value=_percent(drift.score),
        note="of the bound: " + ("an alarm" if drift.alarm else "as on ordinary days"),
        about=about,
    )


def drift_and_parts(found: Watched) -> None:
    """The course of drift, and beside it everything that was looked at."""
    main, aside = skeleton.chart_and_why(
        "Does the data still look as it did?", "What was looked at", wide_share=1.7
    )
    with main:
        _drift(found.drift)
    with aside:
        for part in found.parts:
            sign, word = LIGHTS[part.state]
            st.markdown(f"{sign} **{part.label}** · {word}  \n{words.plain(part.sentence)}")


def _drift(drift: DriftView | None) -> None:
    if drift is None:
        st.caption(
            "Nothing was compared yet. The hourly look compares the newest whole day with the "
            "data that the model learned from."
        )
        return
    sign = ":orange[:material/warning:] " if drift.alarm else ""
    st.markdown(sign + words.plain(drift.sentence))
    if drift.why_not or len(drift.course) < 2:
        return
    days = [day for day, _, _ in drift.course]
    charts.show(
        charts.lines(
            days=days,
            series=[
                Series(
                    name="Days learned from",
                    values=[score if past else None for _, score, past in drift.course],
                    colour="muted",
                ),
                Series(
                    name="Since then",
                    values=_joined(drift.course),
                    colour="primary",
                ),
                Series(
                    name="Bound of an alarm", values=[1.0] * len(days), colour="bad", dash="dot"
                ),
            ],
            percent=True,
            height=250,
        ),
        key="drift_course",
        alt="Drift of each day as a share of the bound of an alarm",
    )
    st.caption(_how(drift))


def _joined(course: tuple[tuple[Any, float, bool], ...]) -> list[float | None]:
    """Days since, and the last one learned from, so that the two lines meet."""
    new = [place for place, (_, _, past) in enumerate(course) if not past]
    first = max(min(new) - 1, 0) if new else len(course)
    return [score if place >= first else None for place, (_, score, _) in enumerate(course)]


def _how(drift: DriftView) -> str:
    years = ""
    if drift.years:
        years = f" or in the same weeks of {words.counted(drift.years, 'earlier year')}"
    tests = len(drift.inputs)
    return (
        f"The day is compared with the last four weeks learned from{years}, whichever is nearer. "
        f"The bound comes from {drift.ordinary_days:,} ordinary days and allows for "
        f"{words.counted(tests, 'comparison')} a day: it is set so that a shop without change "
        "raises about one false alarm in four months."
    )


def inputs(drift: DriftView, capability: str, desk: Desk) -> None:
    """Every input and the predictions, what moves the predictions most on top."""
    with skeleton.card(
        "Inputs and predictions, by what their change does to predictions",
        about="Effect: how far an input has moved, times how far it moves the predictions.",
    ):
        first = sorted(drift.inputs, key=lambda one: one["role"] != "prediction")
        rows = [_row(one) for one in first]
        if not rows:
            st.caption(words.plain(drift.why_not) or "There is nothing to compare.")
            return
        frame = pd.DataFrame(rows)
        columns = {
            "what": tables.text_column("What", width=290),
            "change": tables.text_column("Change", width=205),
            "effect": tables.text_column(
                "Effect",
                about=f"On predictions, on average, {drift.unit}; –: not known, or the model does "
                "not use it.",
                width=70,
            ),
            "score": tables.text_column("Of bound", about="Above 100 % is an alarm.", width=96),
            "psi": tables.text_column(
                "PSI", about="Population stability index: from 0.2 on many call it drift.", width=48
            ),
            "span": tables.text_column("Compared with", width=125),
        }
        tables.show(
            frame,
            columns,
            alt="Inputs of the model, how they changed and what that does to predictions",
            scroll=True,
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            tables.download(
                "Export",
                lambda: pd.DataFrame([dict(one) for one in drift.inputs]),
                name=f"{capability}-drift-{drift.day.isoformat()}",
                facts=[
                    ("Day", drift.day),
                    ("Version", drift.version or "rule of thumb"),
                    ("Looked at", words.local(drift.checked_at, desk.zone)),
                ],
                key="drift_csv",
            )


def _row(one: dict[str, Any]) -> dict[str, str]:
    return {
        "what": str(one["label"]),
        "change": _change(one),
        "effect": _effect(one),
        "score": _percent(one["score"]) + (", alarm" if one["alarm"] else ""),
        "psi": f"{one['psi']:.2f}",
        "span": _span(one),
    }


def _effect(one: dict[str, Any]) -> str:
    """Predictions are what inputs have an effect on; they have none themselves."""
    if one["effect"] is None or one["role"] == "prediction":
        return "–"
    return _short(one["effect"])


def _change(one: dict[str, Any]) -> str:
    if one["test"] == "missing":
        return f"missing in {_percent(one['missing_now'])}, was {_percent(one['missing_was'])}"
    if one["kind"] == "number" and one["now"] is not None:
        return f"mean {_short(one['now'])}, was {_short(one['was'])}"
    if one["moved"] is not None:
        now, was = _percent(one["moved_now"]), _percent(one["moved_was"])
        return f"{one['moved']} {now}, was {was}"
    return "–"


def _span(one: dict[str, Any]) -> str:
    window = "day" if one["window"] == 1 else "week"
    if one["beside"] == "recent":
        return f"{window}, last 4 weeks"
    years = int(one["beside"])
    return f"{window}, {'a year' if years == 1 else f'{years} years'} ago"


def use(found: Watched) -> None:
    """How long answers take and how often they fail, by the hour."""
    with skeleton.card("Speed, errors and memory"):
        feedback.sentence(found.use.sentence)
        hours = [one for one in found.use.hours if one.calls]
        if not hours:
            st.caption("Fills as orders are scored and forecasts are published.")
            return
        frame = pd.DataFrame(
            [
                {
                    "hour": one.hour,
                    "version": str(one.model_version or "rule of thumb"),
                    "calls": one.calls,
                    "predictions": one.predictions,
                    "mean": _seconds(one.seconds / one.calls),
                    "slowest": _seconds(one.slowest),
                    "errors": one.errors,
                    "memory": f"{one.peak_mb:,.0f} MB" if one.peak_mb else "–",
                }
                for one in reversed(hours)
            ]
        )
        frame["hour"] = frame["hour"].dt.strftime("%-d %b, %H:00 UTC")
        tables.show(
            frame,
            {
                "hour": tables.text_column("Hour", width=120),
                "version": tables.text_column("Version", width=96),
                "calls": tables.count_column("Calls"),
                "predictions": tables.count_column("Predictions"),
                "mean": tables.text_column("Mean", width=64),
                "slowest": tables.text_column("Slowest", width=64),
                "errors": tables.count_column("Failed"),
                "memory": tables.text_column("Memory", width=76),
            },
            alt="Calls of the last two weeks by hour",
            scroll=True,
        )


def data(drift: DriftView) -> None:
    """Whether the newest day is whole."""
    with skeleton.card("Is the data whole?"):
        told = drift.data
        if told is None:
            st.caption("Too few weeks are known to tell how many rows a day usually has.")
            return
        low, high = float(told["low"]), float(told["high"])
        kpis.card(
            kpis.Kpi(
                label=f"Rows on {words.day(drift.day)}",
                value=f"{told['cases']:,}",
                note=f"Usual on this weekday are {low:,.0f} to {high:,.0f}",
            )
        )
        missing = told["missing_days"]
        feedback.sentence(
            f"Days without a row in the last 60: {', '.join(missing[:5])}."
            if missing
            else "No day of the last 60 is missing."
        )
        lacking = [one[0] for one in told["lacking"]]
        labels = {one["name"]: one["label"] for one in drift.inputs}
        feedback.sentence(
            "Values are missing more often than in the data learned from: "
            + ", ".join(str(labels.get(name, name)) for name in lacking)
            + "."
            if lacking
            else "No column lacks more values than it did in the data learned from."
        )


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:,.1f} s"


def _percent(share: float) -> str:
    return f"{share * 100:,.0f} %"


def _short(value: float) -> str:
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if size >= 10 else f"{value:.3g}"
