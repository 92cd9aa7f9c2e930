"""What if the price were another, or a promotion ran: a small form, figures and the course."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.access import Permission
from app.metrics import about, money, share
from app.ui import acts, charts, feedback, kpis, state, words

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView
    from app.services.forecasting.whatif import Effect, WhatIf, WhatIfQuestion

USUAL_WEEKS = 4
"""Weeks that are asked for at first: as long as a price is usually tried."""


def show(found: ForecastView) -> None:
    """Price and promotion of some weeks against the forecast as it stands."""
    asked = _asked(found)
    with feedback.explain_errors():
        told = cached.what_if(cached.decided(found.question.snapshot), asked)
        _figures(told)
        for warning in told.warnings:
            feedback.watch(warning)
        _chart(found, told)
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.caption(_rests_on(told), width="stretch")
            _plan(found, told)


def _asked(found: ForecastView) -> WhatIfQuestion:
    from app.services.forecasting.whatif import WhatIfQuestion

    weeks = list(found.future)
    price, discount, first, last = st.columns(4)
    with price:
        change = st.number_input(
            "List price, %",
            min_value=-50,
            max_value=100,
            value=-10,
            step=1,
            format="%+d",
            key="whatif_change",
            help="−10: ten per cent cheaper than today. 0: the price stays.",
        )
    with discount:
        off = st.number_input(
            "Promotion, % off",
            min_value=0,
            max_value=90,
            value=0,
            step=5,
            key="whatif_discount",
            help="An announced offer on top: it is seen, so it sells more than the price alone.",
        )
    with first:
        start = _week("First week", weeks, min(1, len(weeks) - 1), key="whatif_first")
    with last:
        rest = [week for week in weeks if week >= start]
        stop = _week("Last week", rest, min(USUAL_WEEKS, len(rest)) - 1, key="whatif_last")
    return WhatIfQuestion(
        question=found.question,
        change=change / 100,
        discount=off / 100,
        first=start,
        last=stop,
    )


def _week(label: str, weeks: list[date], at: int, *, key: str) -> date:
    if st.session_state.get(key) not in weeks:
        st.session_state.pop(key, None)
    chosen = st.selectbox(label, weeks, index=at, format_func=words.day, key=key)
    return chosen if chosen in weeks else weeks[at]


def _figures(told: WhatIf) -> None:
    currency = state.desk().currency
    figures = [_figure("Units", told.units, _units, good=None)]
    if told.revenue is not None:
        figures.append(
            _figure("Revenue", told.revenue, lambda value: money(about(value), currency), good=True)
        )
    if told.margin is not None:
        partly = "" if told.costed > 0.995 else f" Of the {share(told.costed)} whose cost is known."
        figures.append(
            _figure(
                "Margin",
                told.margin,
                lambda value: money(about(value), currency),
                good=True,
                more=f"Revenue less unit costs.{partly}",
            )
        )
    kpis.row(figures)


def _units(value: float) -> str:
    return f"{value:,.1f}" if value < 20 else f"{about(value):,.0f}"


def _figure(
    label: str, effect: Effect, text: Callable[[float], str], *, good: bool | None, more: str = ""
) -> kpis.Kpi:
    change = effect.share
    up = effect.change > 0
    if change is None:
        delta = "nothing forecast before"
    elif abs(change) < 0.005:
        delta = "as forecast"
    else:
        delta = f"{share(abs(change))} on {text(effect.before)}"
    changed = change is not None and abs(change) >= 0.005
    return kpis.Kpi(
        label=label,
        value=text(effect.after),
        delta=delta,
        direction=0 if not changed else 1 if up else -1,
        good=None if good is None or not changed else up,
        note=f"80 % range: {text(effect.low)} to {text(effect.high)}",
        about=f"{more} The range is what the answer to the price leaves open; how uncertain the "
        "forecast itself is stands in the chart.".strip(),
    )


def _chart(found: ForecastView, told: WhatIf) -> None:
    figure = charts.lines(
        days=told.weeks,
        series=[
            charts.Series(name="As forecast", values=told.before, colour="ink", dash="dot"),
            charts.Series(name="What if", values=told.after, colour="primary"),
        ],
        low=told.low,
        high=told.high,
        band_name="80 % range",
        unit="units",
        height=300,
    )
    charts.show(
        figure,
        key="whatif_chart",
        alt=f"{found.label}: units a week as forecast and with the change; "
        f"{about(told.units.before):,.0f} units become {about(told.units.after):,.0f}",
    )


def _rests_on(told: WhatIf) -> str:
    known = told.answer
    dearer = abs((1.1**known.elasticity) - 1)
    least, most = sorted(abs((1.1**end) - 1) for end in (known.low, known.high))
    seen = (
        f"{words.counted(known.changes, 'change')} of list prices and "
        f"{words.counted(known.promotions, 'promotion')}"
    )
    whose = "" if known.products == 1 else f" of {known.products:,} products"
    return words.plain(
        f"10 % dearer sells {share(dearer)} less ({share(least)} to {share(most)}). Learned from "
        f"{seen}{whose}, compared with what the category sold on the same days, and from products "
        "like it. Revenue is at list prices less the promotion, before coupons."
    )


def _plan(found: ForecastView, told: WhatIf) -> None:
    """Hands the change over to the plan, which the next forecast takes in."""
    person, asked = state.identity(), told.asked
    wanted = asked.change or asked.discount
    if not wanted or not person.may(Permission.decide_commerce):
        return
    with st.popover("Put it in the plan", icon=":material/event:", width="content"):
        name = st.text_input("Name", value=_name(found, told), max_chars=120, key="whatif_name")
        stays = bool(asked.change) and st.checkbox(
            "The price stays after the last week", key="whatif_stays"
        )
        note = st.text_input("Note", max_chars=500, key="whatif_note")
        if acts.pressed("Plan it", type="primary", key="whatif_plan"):
            _add(told, name=name, stays=bool(stays), note=note or None)


def _name(found: ForecastView, told: WhatIf) -> str:
    said = []
    if told.asked.change:
        said.append(f"price {told.asked.change * 100:+.0f} %".replace("-", "−"))
    if told.asked.discount:
        said.append(f"{told.asked.discount * 100:.0f} % off")
    return f"{words.shortened(found.label, 80)}: {', '.join(said)}"


def _add(told: WhatIf, *, name: str, stays: bool, note: str | None) -> None:
    from app.services.forecasting import plans

    asked, desk, person = told.asked, state.desk(), state.identity()
    last = asked.last + timedelta(days=6)
    kinds = [("price", asked.change, None if stays else last), ("promotion", -asked.discount, last)]
    with feedback.explain_errors():
        for kind, change, ends_on in kinds:
            if change:
                plans.add_plan(
                    desk,
                    person,
                    kind=kind,
                    level=asked.question.level,
                    series_id=asked.question.series_id,
                    name=name,
                    change=change,
                    starts_on=asked.first,
                    ends_on=ends_on,
                    note=note,
                )
        feedback.done("Planned. It is in the forecast from its next computation on; see Plan.")
        st.rerun()
