"""Threshold and capacity: sliders in orders, hours, money and good customers; live or in shadow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict

import pandas as pd
import streamlit as st

from app import metrics
from app.access import Identity
from app.context import Desk
from app.services.fraud import thresholds as service
from app.services.fraud.thresholds import History, Holding, Thresholds
from app.ui import (
    acts,
    feedback,
    fraud_curve,
    fraud_shadow,
    kpis,
    skeleton,
    state,
    tables,
    undo,
    words,
)

if TYPE_CHECKING:
    from app.services.fraud.thresholds import Scored
    from ml.fraud.replay import Outcome, Work

STEPS = 250  # of a slider: finer where the queue is short, which is where it matters


def chooser(offered: tuple[Scored, ...]) -> int:
    """Whose scores are replayed; asked only where there is a choice."""
    if len(offered) == 1:
        return offered[0].number
    one = st.selectbox(
        "Scores of",
        offered,
        format_func=lambda one: (
            f"Scores of {one.number} {one.label}" + (" · decides" if one.decides else "")
        ),
        key="threshold_version",
        width=250,
        label_visibility="collapsed",
    )
    return one.number


def show(desk: Desk, person: Identity, found: History, held: Holding, *, decides: bool) -> None:
    """Figures, sliders with the chart, what it means, and what is tried in shadow."""
    undo.show(desk)
    figures = st.container()
    main, aside = skeleton.chart_and_why(
        "How long should the queue be?", "What it would mean", wide_share=1.9
    )
    now = service.outcome(found, held.live, held.work)
    with main:
        asked, work = _sliders(found, held, now)
        then = service.outcome(found, asked, work)
        fraud_curve.show(found, asked, work, now, then)
    with figures:
        _cards(then, now, work, desk.currency)
    with aside:
        _told(found, then, work, desk.currency)
        _buttons(desk, person, asked, held, decides=decides)
    left, right = st.columns([1, 1.05])
    with left, skeleton.card("Live beside what you try"):
        _beside(found, held, now, then, desk.currency)
    with right, skeleton.card("In shadow"):
        fraud_shadow.show(desk, person, held)


def _sliders(found: History, held: Holding, now: Outcome) -> tuple[Thresholds, Work]:
    """Lengths of the queue and of what is held; where nothing was moved, what is live."""
    most = max(found.replay.most(), now.orders)
    step = _nice(most / STEPS)
    live_queue = _at_step(now.orders, step)
    live_held = _at_step(now.blocked, step)
    top = max(_at_step(most, step), live_queue, 2 * step)
    one, two = st.columns(2)
    with one:
        queue = st.slider(
            "Orders a day in the queue",
            min_value=step,
            max_value=top,
            value=max(live_queue, step),
            step=step,
            format=_format(step),
            key="threshold_queue",
            help="The riskiest orders of a day, on average. Where the slider stands first is what "
            "is live.",
        )
    with two:
        held_orders = st.slider(
            "Of these held at once",
            min_value=0.0,
            max_value=top,
            value=min(live_held, top),
            step=step,
            format=_format(step),
            key="threshold_held",
            help="The shop is told to hold these before anybody has looked at them.",
        )
    three, four = st.columns(2)
    with three:
        capacity = st.number_input(
            "Orders that analysts can review a day",
            min_value=1,
            max_value=10_000,
            value=held.capacity,
            step=1,
            key="threshold_capacity",
            help="To try; what holds is set in Settings.",
        )
    with four:
        minutes = st.number_input(
            "Minutes for one order",
            min_value=0.5,
            max_value=240.0,
            value=min(max(held.minutes, 0.5), 240.0),
            step=0.5,
            format="%.1f",
            key="threshold_minutes",
        )
    asked = service.of_lengths(found, queue, held_orders)
    if queue == max(live_queue, step):
        asked = Thresholds(review=held.live.review, block=max(asked.block, held.live.review))
    if held_orders == min(live_held, top):
        asked = Thresholds(review=asked.review, block=max(held.live.block, asked.review))
    return asked, service.work(capacity, minutes, held.margin)


def _cards(then: Outcome, now: Outcome, work: Work, currency: str) -> None:
    waits = (
        f"{metrics.count(then.beyond)} a day nobody gets to"
        if then.beyond >= 0.05
        else f"All are looked at; capacity is {work.capacity:,.0f}"
    )
    kpis.row(
        [
            kpis.Kpi(
                label="In the queue",
                value=f"{metrics.count(then.orders)} a day",
                **_against(then.orders, now.orders, None),
                note=waits,
                about="Orders, as the mean of the days on which it is replayed.",
            ),
            kpis.Kpi(
                label="Analysts' time",
                value=_hours(then.hours),
                **_against(then.hours, now.hours, None),
                note=f"{work.minutes:g} minutes for one order",
            ),
            kpis.Kpi(
                label="Fraud money caught",
                value=metrics.share(then.caught_share),
                **_against(then.caught, now.caught, True),
                note=f"{metrics.money(metrics.about(then.caught), currency)} a day · 80 % range "
                f"{_range(then)}",
                about="Of the money of all frauds known by now: what is held or looked at within "
                "capacity. The range says how far chance alone would move it.",
            ),
            kpis.Kpi(
                label="Good customers held up",
                value=f"{metrics.count(then.good_held)} a day",
                **_against(then.good_held, now.good_held, False),
                note=f"{metrics.share(then.good_share)} of all good orders",
            ),
        ]
    )


class _Change(TypedDict):
    delta: str
    direction: kpis.Direction
    good: bool | None


def _against(value: float, before: float, more_is_good: bool | None) -> _Change:
    """What was tried beside what is live."""
    if before <= 0 or abs(value / before - 1) < 0.005:
        same = abs(value - before) < 1e-9 or before > 0
        return {"delta": "as live" if same else "none live", "direction": 0, "good": None}
    more = value > before
    return {
        "delta": f"{metrics.share(abs(value / before - 1))} {'more' if more else 'less'} than live",
        "direction": 1 if more else -1,
        "good": None if more_is_good is None else more == more_is_good,
    }


def _hours(hours: float) -> str:
    return f"{_time(hours)} a day"


def _time(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _range(then: Outcome) -> str:
    if then.caught_low != then.caught_low:
        return "not known"
    return f"{then.caught_low * 100:.0f} to {then.caught_high * 100:.0f} %"


def _told(found: History, then: Outcome, work: Work, currency: str) -> None:
    """The trade in sentences."""

    def money(value: float) -> str:
        return metrics.money(metrics.about(value), currency)

    if then.orders <= 0:
        feedback.sentence("Nothing would wait: every order would pass.")
        return
    one_in = 1 / then.precision if then.precision > 0 else None
    said = [
        f"{metrics.count(then.orders)} of {metrics.count(found.orders)} orders a day wait, "
        f"{metrics.count(then.blocked)} of them held at once.",
        f"About one in {one_in:,.1f} is fraud." if one_in else "None of them would be fraud.",
        f"{money(then.caught)} a day of fraud is caught, {money(then.missed)} goes through.",
        f"{metrics.count(then.good_held)} good customers a day wait longer.",
    ]
    if then.good_blocked >= 0.05:
        said.append(
            f"{metrics.count(then.good_blocked)} of them are held at once: "
            f"{money(then.margin_at_stake)} of margin a day would go with them, were they lost."
        )
    for sentence in said:
        feedback.sentence(sentence)
    if then.beyond >= 0.05:
        feedback.watch(
            f"Capacity is {work.capacity:,.0f} a day: {metrics.count(then.beyond)} a day would "
            "not be looked at, and ship unless they are held."
        )
    st.caption(
        f"As scores: review from {words.plain(fraud_shadow.told(then.review))}, hold from "
        f"{words.plain(fraud_shadow.told(then.block))}."
    )


def _buttons(
    desk: Desk, person: Identity, asked: Thresholds, held: Holding, *, decides: bool
) -> None:
    if not fraud_shadow.may_set(person):
        st.caption("Fraud analysts, managers and admins set thresholds. You see what they mean.")
        return
    if not decides:
        st.caption(
            "These are scores of a version that does not decide. Thresholds mean something else "
            "for each version: choose the one that decides to set them."
        )
        return
    same = asked == held.live
    with st.container(horizontal=True):
        if acts.pressed(
            "Try in shadow", key="to_shadow", icon=":material/visibility:", disabled=same
        ):
            with feedback.explain_errors():
                undo.offer(service.set_shadow(desk, state.identity(), asked))
                st.rerun()
        if acts.pressed(
            "Set live", key="to_live", type="primary", icon=":material/check:", disabled=same
        ):
            with feedback.explain_errors():
                undo.offer(service.set_live(desk, state.identity(), asked))
                fraud_shadow.forget_sliders()
                st.rerun()


def _beside(found: History, held: Holding, now: Outcome, then: Outcome, currency: str) -> None:
    """The same figures for live, tried and shadow thresholds."""
    columns = {"live": now, "tried": then}
    if held.shadow is not None:
        columns["shadow"] = service.outcome(found, held.shadow, held.work)
    told: dict[str, Callable[[Outcome], str]] = {
        "In the queue a day": lambda one: metrics.count(one.orders),
        "Held at once a day": lambda one: metrics.count(one.blocked),
        "Analysts' time a day": lambda one: _time(one.hours),
        "Nobody gets to, a day": lambda one: metrics.count(one.beyond),
        "Fraud caught a day": lambda one: metrics.money(metrics.about(one.caught), currency),
        "Fraud missed a day": lambda one: metrics.money(metrics.about(one.missed), currency),
        "Share of fraud money": lambda one: metrics.share(one.caught_share),
        "Fraud among the queue": lambda one: _share(one.precision),
        "Good customers held up": lambda one: f"{metrics.count(one.good_held)} a day",
    }
    rows = [
        {"what": what, **{name: show(one) for name, one in columns.items()}}
        for what, show in told.items()
    ]
    heads = {"live": "Live", "tried": "You try", "shadow": "In shadow"}
    tables.show(
        pd.DataFrame(rows),
        {
            "what": tables.text_column("A day on average", width=148),
            **{name: tables.text_column(heads[name], width=74) for name in columns},
        },
        alt="What the live thresholds and those you try would have come to",
    )


def _share(value: float) -> str:
    return "–" if value != value else metrics.share(value)


def _nice(step: float) -> float:
    """The next of 1, 2 or 5 times a power of ten, at least 0.1."""
    if step <= 0.1:
        return 0.1
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= step - 1e-12)


def _at_step(value: float, step: float) -> float:
    return round(round(value / step) * step, 4)


def _format(step: float) -> str:
    return "%.1f" if step < 1 else "%.0f"
