"""The calendar of planned promotions and prices: drawn, entered, changed, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import cached
from app.access import Identity, Permission
from app.context import Desk
from app.services import jobs as job_service
from app.ui import acts, charts, dialogs, feedback, reversal, skeleton, state, tables, words
from app.ui.plan_chart import timeline
from app.ui.series import LEVELS

if TYPE_CHECKING:
    from app.services.forecasting.plan_calendar import Bar
    from app.services.forecasting.plans import PlanValues, PlanView

KINDS = {"promotion": "Promotion", "price": "Price change"}
BACK, AHEAD = timedelta(weeks=4), timedelta(weeks=30)
MOST_LINES = 24  # of the calendar; more is a wall
OFFERED = 30  # products or categories that match a search


def compute_button(desk: Desk, person: Identity) -> None:
    """Ask for a new computation where something planned is not in the forecast yet."""
    from app.services.forecasting import plans as service

    if cached.manifest() is None or not person.may(Permission.decide_commerce):
        return
    count = service.waiting(desk)
    if count and acts.pressed(
        "Compute the forecast anew",
        icon=":material/refresh:",
        key="compute",
        help=f"{_not_yet(count)}.",
    ):
        with feedback.explain_errors():
            job_service.start(desk, state.identity(), "publish", {"capability": "forecasting"})
            feedback.done("The forecast is being computed with all plans")
            st.rerun()


def show(desk: Desk, person: Identity, snapshot: int) -> None:
    """Calendar, then the list with what can be done."""
    from app.services.forecasting import plan_calendar
    from app.services.forecasting import plans as service

    today = service.today(desk)
    bars = plan_calendar.calendar(desk, first=today - BACK, last=today + AHEAD)
    waiting = service.waiting(desk)
    with skeleton.card():
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.subheader("Promotions, prices and holidays", anchor=False, width="stretch")
            if person.may(Permission.decide_commerce) and acts.pressed(
                "Plan", type="primary", icon=":material/add:", key="plan_add"
            ):
                _new()
        if waiting:
            feedback.watch(f"{_not_yet(waiting)}; the next computation takes them in.")
        lines = _lines(bars)
        charts.show(
            timeline(lines, bars, today=today, first=today - BACK, last=today + AHEAD),
            key="calendar",
            alt=f"{words.counted(len(lines), 'promotion or price', 'promotions and prices')} "
            f"from {words.day(today - BACK)} to {words.day(today + AHEAD)}, and public holidays",
        )
        left_out = sum(bar.kind != "holiday" for bar in bars) - len(lines)
        if left_out > 0:
            st.caption(f"{left_out} more of the shop's own promotions are not drawn.")
    _listed(desk, person, service.list_all(desk, person))


def _not_yet(count: int) -> str:
    verb = "is" if count == 1 else "are"
    return f"{words.counted(count, 'plan')} {verb} not yet in the forecast"


def _lines(bars: tuple[Bar, ...]) -> list[Bar]:
    """What gets a line of its own: staff's plans first, then the shop's own, as many as fit."""
    told = [bar for bar in bars if bar.kind != "holiday"]
    kept = sorted(told, key=lambda bar: not bar.planned)[:MOST_LINES]
    return sorted(kept, key=lambda bar: (bar.first, bar.last or date.max, bar.label))


def _listed(desk: Desk, person: Identity, rows: tuple[PlanView, ...]) -> None:
    from app.services.forecasting.plan_checks import percent

    if not rows:
        st.caption("Nothing is planned by staff; the shop's own promotions are known already.")
        return
    frame = tables.rows(
        [
            {
                "id": str(row.plan_id),
                "name": row.values.name,
                "label": row.label,
                "change": f"{percent(row.values.change)}, {row.values.kind}",
                "first": row.values.starts_on,
                "last": words.day(row.values.ends_on) if row.values.ends_on else "it stays",
                "by": row.by,
                "state": "not yet in it" if row.waiting else "knows it",
                "note": row.values.note or "",
            }
            for row in rows
        ]
    )
    columns: dict[str, Any] = {
        "name": tables.text_column("Plan"),
        "label": tables.text_column("Where"),
        "change": tables.text_column("Price"),
        "first": tables.day_column("First day"),
        "last": tables.text_column("Last day"),
        "state": tables.text_column("Forecast"),
        "by": tables.text_column("Who"),
        "note": tables.text_column("Note"),
    }
    with skeleton.card("Planned by staff"):
        alt = "Promotions and prices that staff plan"
        if not person.may(Permission.decide_commerce):
            tables.show(frame, columns, alt=alt)
            return
        chosen = tables.selectable(frame, columns, alt=alt, key="plans_held", id_column="id")
        row = next((one for one in rows if str(one.plan_id) == chosen), None)
        if row is None:
            st.caption("Choose a row to change it or to take it back.")
            return
        _acts(desk, row)


def _acts(desk: Desk, row: PlanView) -> None:
    from app.services.forecasting import plans as service

    with st.container(horizontal=True):
        if acts.pressed("Change", icon=":material/edit:", key="plan_change"):
            _change(row)
        if acts.pressed("Take back", icon=":material/undo:", key="plan_take_back"):
            with feedback.explain_errors():
                done = service.take_back(
                    desk, state.identity(), plan_id=row.plan_id, version=row.version
                )
                reversal.offer(done)
                st.rerun()


@dialogs.dialog("Plan a promotion or a price", width="medium")
def _new() -> None:
    from app.services.forecasting import plans as service
    from data_access.state.plans import PlanValues

    desk = state.desk()
    with feedback.explain_errors():
        tomorrow = service.today(desk) + timedelta(days=1)
        kind = st.segmented_control(
            "Kind",
            list(KINDS),
            format_func=lambda one: KINDS[one],
            default="promotion",
            required=True,
            key="plan_kind",
        )
        level, series_id = _where()
        values = PlanValues(
            kind=kind,
            level=level,
            series_id=series_id,
            name="",
            change=-0.2 if kind == "promotion" else 0.05,
            starts_on=tomorrow + timedelta(days=-tomorrow.weekday() % 7),
            ends_on=None,
            note=None,
        )
        _form(desk, values, None)


@dialogs.dialog("Change a plan", width="medium")
def _change(row: PlanView) -> None:
    with feedback.explain_errors():
        st.markdown(f"{KINDS[row.values.kind]} · {words.plain(row.label)}")
        _form(state.desk(), row.values, row)


def _form(desk: Desk, values: PlanValues, row: PlanView | None) -> None:
    """Name, change and days; what it collides with is told before it is kept."""
    from app.services.forecasting import plans as service

    values = _fields(values, row)
    if values.name.strip() and values.starts_on and (values.level == "shop" or values.series_id):
        for sentence in service.collisions(desk, values, without=row.plan_id if row else None):
            feedback.watch(sentence)
    if acts.pressed("Save", type="primary", icon=":material/check:", key="plan_save"):
        person = state.identity()
        if row is None:
            fields = {name: getattr(values, name) for name in values.__dataclass_fields__}
            done = service.add_plan(desk, person, **fields)
        else:
            done = service.change_plan(
                desk, person, plan_id=row.plan_id, version=row.version, values=values
            )
        reversal.offer(done)
        st.rerun()


def _fields(values: PlanValues, row: PlanView | None) -> PlanValues:
    key = f"plan_{row.plan_id if row else values.kind}"
    begun = row is not None and row.begun
    name = st.text_input("Name", value=values.name, max_chars=120, key=f"{key}_name")
    promotion = values.kind == "promotion"
    with st.container(horizontal=True):
        per_cent = st.number_input(
            "Discount, %" if promotion else "Change of the list price, %",
            value=round(abs(values.change) * 100 if promotion else values.change * 100, 2),
            step=1.0,
            format="%.4g",
            disabled=begun,
            key=f"{key}_change",
        )
        starts_on = st.date_input(
            "First day",
            value=values.starts_on,
            format="YYYY-MM-DD",
            disabled=begun,
            key=f"{key}_first",
        )
        stays = None
        if values.ends_on is not None or promotion:
            stays = values.ends_on or values.starts_on + timedelta(days=6)
        ends_on = st.date_input(
            "Last day" if promotion else "Last day, empty: it stays",
            value=stays,
            format="YYYY-MM-DD",
            key=f"{key}_last",
        )
    note = st.text_input("Note", value=values.note or "", max_chars=300, key=f"{key}_note")
    change = round((-per_cent if promotion else per_cent) / 100, 6)
    return replace(
        values, name=name, change=change, starts_on=starts_on, ends_on=ends_on, note=note or None
    )


def _where() -> tuple[str, str | None]:
    """The shop, a category or a product, found by words."""
    level = st.segmented_control(
        "Where",
        list(LEVELS),
        format_func=lambda one: LEVELS[one],
        default="category",
        required=True,
        key="plan_level",
    )
    manifest = cached.manifest()
    if level == "shop" or manifest is None:
        return "shop", None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("Search", key="plan_search", max_chars=100, width=180) or ""
        found = cached.series_options(cached.dated(manifest.number), level, search, OFFERED)
        names = {one.series_id: one.label for one in found}
        chosen = st.selectbox(
            LEVELS[level],
            list(names),
            index=0 if names else None,
            format_func=lambda one: names[one],
            placeholder="Nothing holds these words",
            key=f"plan_series_{level}",
        )
    return level, chosen
