"""The charts of Plan: Plotly takes them, and what they say."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go

from app.services.forecasting.override_checks import Wanted
from app.services.forecasting.override_preview import OverridePreview, PreviewWeek, Seen
from app.services.forecasting.plan_calendar import Bar
from app.ui.overrides import before_after
from app.ui.plan_chart import timeline
from app.ui.theme import LIGHT

TODAY = date(2026, 1, 7)
FIRST, LAST = TODAY - timedelta(weeks=4), TODAY + timedelta(weeks=30)


def bar(label: str, first: date, last: date | None, *, planned: bool = True) -> Bar:
    return Bar(kind="promotion", planned=planned, label=label, where="Cups", first=first, last=last)


def test_a_bar_lasts_from_its_first_to_its_last_day_and_hostile_words_stay_words() -> None:
    soon = TODAY + timedelta(days=10)
    lines = [bar("<b>Fair</b> −20 %", soon, soon + timedelta(days=1)), bar("Stays", soon, None)]
    holiday = Bar(
        kind="holiday", planned=False, label="Epiphany", where="", first=TODAY, last=TODAY
    )
    figure = timeline(lines, (*lines, holiday), today=TODAY, first=FIRST, last=LAST, colours=LIGHT)
    go.Figure(figure)  # raises where Plotly does not know a property
    drawn = figure["data"][0]
    assert drawn["base"] == [soon.isoformat()] * 2
    assert drawn["x"][0] == 2 * 24 * 3600 * 1000  # both days included, in milliseconds
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert texts == ["&lt;b&gt;Fair&lt;/b&gt; −20 % · Cups", "Stays · Cups", "today"]
    assert figure["data"][-1]["text"] == ["Epiphany, 7 Jan 2026"]


def test_an_empty_calendar_still_has_its_months() -> None:
    figure = timeline([], (), today=TODAY, first=FIRST, last=LAST, colours=LIGHT)
    go.Figure(figure)
    assert figure["layout"]["xaxis"]["range"] == [FIRST.isoformat(), LAST.isoformat()]


def preview(*weeks: tuple[float, float, float]) -> OverridePreview:
    first = date(2026, 1, 12)
    return OverridePreview(
        wanted=Wanted(
            level="product",
            series_id="mug",
            first_week=first,
            last_week=first,
            kind="units",
            value=90,
        ),
        value=90.0,
        label="Mug",
        said="90 units a week",
        weeks=tuple(
            PreviewWeek(week=first + timedelta(weeks=i), model=model, now=now, after=after)
            for i, (model, now, after) in enumerate(weeks)
        ),
        products=pd.DataFrame(),
        replaces=(),
        notes=(),
        seen=Seen(publication=1, overrides=()),
    )


def test_before_and_after_stand_side_by_side_and_the_model_where_it_differs() -> None:
    same = before_after(preview((60.0, 60.0, 90.0)), colours=LIGHT)
    go.Figure(same)
    assert [(one["name"], one["y"]) for one in same["data"]] == [
        ("Before", [60.0]),
        ("After", [90.0]),
    ]
    other = before_after(preview((60.0, 70.0, 90.0), (60.0, 60.0, 90.0)), colours=LIGHT)
    go.Figure(other)
    assert (other["data"][-1]["name"], other["data"][-1]["y"]) == ("Model alone", [60.0, 60.0])
