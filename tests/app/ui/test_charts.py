"""What charts show, looked up in the figures that are sent to the browser."""

from __future__ import annotations

from datetime import date, timedelta

import plotly.graph_objects as go

from app.ui import charts, waterfall
from app.ui.events import Event
from app.ui.theme import LIGHT

MONDAY = date(2026, 9, 7)
PAST = [MONDAY + timedelta(days=7 * i) for i in range(8)]
FUTURE = [PAST[-1] + timedelta(days=7 * (i + 1)) for i in range(4)]


def band(level: int, width: float) -> charts.Band:
    return charts.Band(level=level, low=[100 - width] * 4, high=[100 + width] * 4)


def forecast(**more: object) -> dict[str, object]:
    return charts.forecast_band(
        weeks=PAST,
        sold=[90.0] * 8,
        future=FUTURE,
        mean=[100.0] * 4,
        bands=[band(50, 5), band(95, 20), band(80, 10)],
        colours=LIGHT,
        **more,  # type: ignore[arg-type]
    )


def test_the_widest_range_lies_at_the_bottom() -> None:
    names = [trace["name"] for trace in forecast()["data"]]  # type: ignore[index, attr-defined]

    assert names == ["95 % range", "80 % range", "50 % range", "Sold", "Forecast"]


def test_history_is_ink_and_the_forecast_is_the_primary_colour() -> None:
    traces = {t["name"]: t for t in forecast()["data"]}  # type: ignore[attr-defined]

    assert traces["Sold"]["line"]["color"] == LIGHT.ink
    assert traces["Forecast"]["line"]["color"] == LIGHT.primary


def test_the_hover_box_says_the_80_percent_range() -> None:
    traces = {t["name"]: t for t in forecast()["data"]}  # type: ignore[attr-defined]

    assert traces["Forecast"]["customdata"][0] == (90, 110)


def test_twelve_events_are_one_list_of_shapes() -> None:
    events = [
        Event(kind="promotion", label="Sale", first=week, last=week + timedelta(days=3))
        for week in [*PAST, *FUTURE]
    ]
    layout = forecast(events=events)["layout"]

    assert len(layout["shapes"]) == 12  # type: ignore[index]


def test_words_of_events_do_not_run_into_each_other() -> None:
    events = [
        Event(kind="promotion", label="Christmas promotion", first=day, last=day)
        for day in (PAST[2], PAST[2] + timedelta(days=2), PAST[2] + timedelta(days=4))
    ]
    layout = forecast(events=events)["layout"]

    assert len(layout["annotations"]) == 1  # type: ignore[index]


def test_an_event_outside_the_chart_is_left_out() -> None:
    event = Event(kind="holiday", label="Easter", first=date(2020, 4, 12), last=date(2020, 4, 12))

    assert forecast(events=[event])["layout"]["shapes"] == []  # type: ignore[index]


def test_a_waterfall_starts_each_part_where_the_last_one_ended() -> None:
    figure = waterfall.contributions(
        [("Usual level", 95.0), ("Christmas", 30.0), ("Price rise", -5.0)],
        total=120.0,
        colours=LIGHT,
    )
    trace = figure["data"][0]

    assert trace["base"] == [0.0, 95.0, 125.0, 0.0]
    assert trace["x"] == [95.0, 30.0, -5.0, 120.0]
    assert trace["text"] == ["95", "+30", "−5", "120"]
    assert trace["marker"]["color"] == [LIGHT.primary, LIGHT.primary, LIGHT.bad, LIGHT.ink]


def test_text_outside_the_longest_bar_has_room() -> None:
    figure = waterfall.contributions([("Usual level", 1400.0)], total=1400.0, colours=LIGHT)
    low, high = figure["layout"]["xaxis"]["range"]

    assert high > 1400 * 1.2
    assert low == 0


def test_a_falling_first_part_has_room_at_its_left() -> None:
    figure = waterfall.contributions([("Usual level", -10.0)], total=-10.0, colours=LIGHT)

    assert figure["layout"]["xaxis"]["range"][0] < -10


def test_every_chart_is_one_that_plotly_accepts() -> None:
    lines = charts.lines(
        days=PAST,
        series=[charts.Series(name="Revenue", values=[1.0] * 8, colour="ink")],
        low=[None, *[0.5] * 7],
        high=[None, *[2.0] * 7],
        events=[Event(kind="stockout", label="Out", first=PAST[1], last=PAST[2])],
        colours=LIGHT,
    )
    bars = charts.bars(names=["Kitchen"], values=[3.0], colours=LIGHT)

    for figure in (forecast(today=PAST[-1]), lines, bars):
        go.Figure(**figure)  # raises where a property does not exist


def test_an_event_of_two_days_is_named_on_both_of_them() -> None:
    days = [MONDAY + timedelta(days=i) for i in range(7)]
    figure = charts.lines(
        days=days,
        series=[charts.Series(name="Revenue", values=[1.0] * 7)],
        events=[Event(kind="promotion", label="Sale", first=days[2], last=days[3])],
        colours=LIGHT,
    )

    assert figure["data"][-1]["x"] == [days[2].isoformat(), days[3].isoformat()]
