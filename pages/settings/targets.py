"""Targets of a month: a number a key figure, with last year beside it."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from app import cached
from app.access import Identity
from app.context import Desk
from app.metrics import BY_SLUG, METRICS, Metric, format_value, sign
from app.services import home, settings
from app.services.usual import whole_month
from app.ui import acts, feedback, skeleton, state, undo, words

AHEAD = 6  # months that can be planned, this one included


def chooser() -> date:
    """A month from this one on, in the shop's zone."""
    today = words.local(state.now(), state.desk().zone)
    month = (today or state.now()).date().replace(day=1)
    months = [month]
    while len(months) < AHEAD:
        months.append((months[-1] + timedelta(days=32)).replace(day=1))
    offered = [one.isoformat()[:7] for one in months]
    chosen = st.selectbox(
        "Month",
        offered,
        format_func=lambda text: f"{date.fromisoformat(f'{text}-01'):%B %Y}",
        key="month",
        bind="query-params",
        width=180,
    )
    return date.fromisoformat(f"{chosen if chosen in offered else offered[0]}-01")


def show(desk: Desk, person: Identity, month: date) -> None:
    """One form for the month; only what differs is saved."""
    rows = settings.list_targets(desk, person, first_month=month, last_month=month)
    known = {row.metric: row for row in rows}
    with (
        skeleton.card(f"Targets for {month:%B %Y}"),
        st.form(f"targets_{month}", border=False),
    ):
        columns = st.columns(3)
        wanted: dict[str, float | None] = {}
        for place, metric in enumerate(METRICS):
            with columns[place % 3]:
                row = known.get(metric.slug)
                wanted[metric.slug] = _field(desk, metric, row.value if row else None, month)
        if acts.submitted(
            "Save targets", key="targets_save", type="primary", icon=":material/check:"
        ):
            with feedback.explain_errors():
                changes = [
                    settings.set_target(
                        desk,
                        state.identity(),
                        metric=slug,
                        month=month,
                        value=value,
                        version=known[slug].version if slug in known else 0,
                    )
                    for slug, value in wanted.items()
                    if value != (known[slug].value if slug in known else None)
                ]
                undo.offer(changes)
                feedback.done(f"{words.counted(len(changes), 'target')} changed")
                st.rerun()


def _field(desk: Desk, metric: Metric, value: float | None, month: date) -> float | None:
    """A number in the unit that staff read: per cent for shares; empty for no target."""
    scale = 100.0 if metric.unit == "share" else 1.0
    unit = {"money": sign(desk.currency), "share": "%", "count": ""}[metric.unit]
    given = st.number_input(
        f"{metric.label}, {unit}" if unit else metric.label,
        min_value=0.0,
        max_value=100.0 if metric.unit == "share" else None,
        value=None if value is None else round(value * scale, 4),
        step=0.1 if metric.unit == "share" else 1.0,
        format="%.1f" if metric.unit == "share" else "%.0f",
        placeholder="No target",
        help=metric.about,
        key=f"target_{metric.slug}_{month}",
    )
    st.caption(_last_year(desk, metric, month))
    return None if given is None else round(given / scale, 6)


def _last_year(desk: Desk, metric: Metric, month: date) -> str:
    manifest = cached.manifest()
    if manifest is None:
        return "No data to compare with yet"
    last = home.last_whole_day(manifest, desk.zone)
    days = cached.key_figures(cached.dated(manifest.number), last)
    before = month.replace(year=month.year - 1)
    value = whole_month(days, BY_SLUG[metric.slug], before)
    if value is None:
        return f"{before:%B %Y}: not known"
    return f"{before:%B %Y}: {format_value(metric, value, desk.currency)}"
