"""Overriding a forecast: the form with its before and after, and those that hold."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.metrics import about
from app.ui import acts, charts, dialogs, feedback, reversal, skeleton, state, tables, words
from app.ui.theme import Json, Palette, layout, palette

if TYPE_CHECKING:
    from app.services.forecasting import ForecastView
    from app.services.forecasting.override_preview import OverridePreview

CHANGES = {"units": "Units a week", "share": "Change in %"}
SEEN = "_override_seen"
PROBLEM = "_override_problem"
SAVED = "_override_saved"


def show(found: ForecastView) -> None:
    """A button that opens the form for the series of a chart; the shop itself has none."""
    level, series_id = found.question.level, found.question.series_id
    if level == "shop" or series_id is None or not found.known:
        return
    if not state.identity().may(Permission.decide_commerce):
        return
    if acts.pressed(
        "Override",
        icon=":material/edit:",
        key="override",
        help="Say what you know that the model does not, for some weeks of this series",
    ):
        _dialog(level, series_id, found.label)


@dialogs.dialog("Override the forecast", width="large")
def _dialog(level: str, series_id: str, label: str) -> None:
    if st.session_state.pop(SAVED, False):
        st.rerun()  # closes the dialog
    st.markdown(f"**{words.plain(label)}**")
    with feedback.explain_errors():
        form(state.desk(), level, series_id)


def form(desk: Desk, level: str, series_id: str) -> None:
    """Weeks, value and reason; before and after are drawn as one types."""
    from app.services.forecasting import override_checks as checks
    from app.services.forecasting import override_preview, reading

    publication = reading.newest(desk)
    weeks = override_preview.open_weeks(desk, publication) if publication else ()
    if not weeks:
        feedback.empty("No open weeks", "Compute the forecast anew; only weeks to come are open.")
        return
    key = f"{level}_{series_id}"
    kind, first, last, value = _fields(weeks, key)
    if value is None:
        st.caption("Enter a number to see before and after.")
        return
    wanted = checks.Wanted(
        level=level,
        series_id=series_id,
        first_week=first,
        last_week=max(first, last),
        kind=kind,
        value=value / 100 if kind == "share" else value,
    )
    problem = st.session_state.pop(PROBLEM, None)
    if problem is not None:
        feedback.explain(problem)
    with feedback.explain_errors():
        found = override_preview.preview(desk, wanted)
        st.session_state[SEEN] = found
        _before_and_after(found, key)
        _save(found, key, checks.REASONS)


def _fields(weeks: tuple[date, ...], key: str) -> tuple[str, date, date, float | None]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.selectbox(
            "From the week of", weeks, format_func=words.day, key=f"{key}_from", width=150
        )
        later = [week for week in weeks if week >= first]
        last = st.selectbox(
            "To the week of", later, format_func=words.day, key=f"{key}_to", width=150
        )
        kind = st.segmented_control(
            "As",
            list(CHANGES),
            format_func=lambda one: CHANGES[one],
            default="units",
            required=True,
            key=f"{key}_kind",
        )
        value = st.number_input(
            CHANGES[kind],
            value=None,
            step=1.0,
            format="%.6g",
            placeholder="for example 40" if kind == "units" else "for example 20 or −15",
            key=f"{key}_{kind}",
            width=190,
        )
    return kind, first, last, value


def _before_and_after(found: OverridePreview, key: str) -> None:
    """The chart, the sums, and what else to know."""
    before = sum(week.now for week in found.weeks)
    after = sum(week.after for week in found.weeks)
    model = sum(week.model for week in found.weeks)
    charts.show(
        before_after(found),
        key=f"{key}_chart",
        alt=f"{found.label}: {before:,.0f} units before and {after:,.0f} after, by week",
    )
    change = f" ({(after / before - 1) * 100:+.0f} %)".replace("-", "−") if before else ""
    told = f"**{before:,.0f} units before, {after:,.0f} after**{change}"
    if abs(model - before) >= 0.5:
        told += f"; the model alone says {model:,.0f}"
    st.markdown(told + ".")
    for sentence in (*found.replaces, *found.notes):
        feedback.watch(sentence)
    if found.wanted.level == "category" and len(found.products):
        with st.expander("Its products that change most"):
            tables.show(
                found.products,
                {
                    "product": tables.text_column("Product"),
                    "before": tables.count_column("Before, units"),
                    "after": tables.count_column("After, units"),
                },
                alt=f"Products of {found.label} before and after",
            )


def before_after(
    found: OverridePreview, *, height: int = 240, colours: Palette | None = None
) -> Json:
    """Bars before and after by week; a dotted line for the model where it says something else."""
    colours = colours or palette()
    figure = layout(colours, height=height)
    xs = [words.day_short(week.week) for week in found.weeks]
    rows: list[Json] = [
        {
            "type": "bar",
            "name": name,
            "x": xs,
            "y": values,
            "marker": {"color": colour, "cornerradius": 2},
            "hovertemplate": f"%{{y:,.1~f}} units<extra>{name}</extra>",
        }
        for name, colour, values in (
            ("Before", colours.border, [week.now for week in found.weeks]),
            ("After", colours.primary, [week.after for week in found.weeks]),
        )
    ]
    if any(abs(week.model - week.now) >= 0.5 for week in found.weeks):
        rows.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "Model alone",
                "x": xs,
                "y": [week.model for week in found.weeks],
                "line": {"color": colours.ink, "width": 1.4, "dash": "dot"},
                "hovertemplate": "%{y:,.1~f} units<extra>Model alone</extra>",
            }
        )
    few = 1 - 0.12 * len(found.weeks)  # one week is not a bar as wide as the page
    figure.update(showlegend=True, bargap=max(0.3, few), barmode="group")
    figure["xaxis"].update(type="category", nticks=13)
    return {"data": rows, "layout": figure}


def _save(found: OverridePreview, key: str, reasons: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reason = st.selectbox(
            "Why?",
            list(reasons),
            index=None,
            format_func=lambda one: reasons[one],
            placeholder="Choose a reason",
            key=f"{key}_reason",
            width=250,
        )
        st.text_input(
            "Note",
            max_chars=300,
            placeholder="needed with “Other”",
            key=f"{key}_note",
            width="stretch",
        )
        st.button(
            "Save",
            type="primary",
            icon=":material/check:",
            key=f"{key}_save",
            disabled=reason is None,
            on_click=_saved,
            args=(key,),
        )


def _saved(key: str) -> None:
    """Save what was on the screen when the button was pressed, not what is there a moment later."""
    from app.services.forecasting import overriding

    found: OverridePreview = st.session_state[SEEN]
    try:
        done = overriding.save(
            state.desk(),
            state.identity(),
            found.wanted,
            reason=str(st.session_state.get(f"{key}_reason") or ""),
            note=st.session_state.get(f"{key}_note"),
            seen=found.seen,
        )
    except Exception as error:  # shown by the run that follows; what was entered stays
        st.session_state[PROBLEM] = error
        return
    reversal.offer(done)
    st.session_state[SAVED] = True
    for name in ("units", "share", "note", "reason"):
        st.session_state.pop(f"{key}_{name}", None)


def listed(desk: Desk, person: Identity) -> None:
    """Overrides that reach weeks to come; one can be chosen and taken back."""
    from app.services.forecasting import overriding

    rows = overriding.list_open(desk, person)
    if not rows:
        feedback.empty(
            "Nothing is overridden",
            "The forecast is the model's alone. Choose a product or a category above and say what "
            "you know that the model does not.",
            icon=":material/edit_off:",
        )
        return
    frame = tables.rows(
        [
            {
                "id": str(row.override_id),
                "label": row.label,
                "level": row.level,
                "said": row.said,
                "first": row.first_week,
                "last": row.last_week,
                "reason": row.reason + (f": {row.note}" if row.note else ""),
                "by": row.by,
                "held": "replaced"
                if row.replaced == row.weeks
                else f"{row.weeks - row.replaced} of {row.weeks} weeks",
            }
            for row in rows
        ]
    )
    columns: dict[str, Any] = {
        "label": tables.text_column("What"),
        "level": tables.text_column("Level"),
        "said": tables.text_column("Says"),
        "first": tables.day_column("From the week of"),
        "last": tables.day_column("To the week of"),
        "reason": tables.text_column("Why", width="large"),
        "by": tables.text_column("Who"),
        "held": tables.text_column("Holds in", about="Later overrides replace earlier ones."),
    }
    with skeleton.card("Overrides that hold"):
        alt = "Overrides that reach weeks to come"
        if not person.may(Permission.decide_commerce):
            tables.show(frame, columns, alt=alt)
            return
        chosen = tables.selectable(frame, columns, alt=alt, key="overrides_held", id_column="id")
        row = next((one for one in rows if str(one.override_id) == chosen), None)
        if row is None:
            st.caption("Choose a row to take it back.")
        elif acts.pressed(
            f"Take back {words.plain(row.said)} for {words.plain(row.label)}",
            icon=":material/undo:",
            key="override_take_back",
        ):
            with feedback.explain_errors():
                done = overriding.take_back(
                    desk, state.identity(), override_id=row.override_id, version=row.version
                )
                reversal.offer(done)
                st.rerun()


def scoreboard(desk: Desk, person: Identity) -> None:
    """Was my override better than the machine?"""
    from app.services.forecasting import scoreboard as service

    found = service.scoreboard(desk, person)
    if not found.by_reason:
        feedback.empty(
            "No override has been put to the test yet",
            f"{words.counted(found.open_weeks, 'override week')} to come. Each is compared with "
            "what was sold as soon as its week is over; from "
            f"{service.FEWEST_WEEKS} weeks of {service.FEWEST_EDITS} edits on, the scoreboard says "
            "who was nearer.",
        )
        return
    scores = [*found.by_reason, found.together, *([found.own] if found.own else [])]
    frame = pd.DataFrame(
        [
            {
                "name": one.name,
                "edits": one.edits,
                "weeks": one.weeks,
                "model": _rounded(one.model_error),
                "own": _rounded(one.own_error),
                "won": about(one.won),
                "verdict": words.sentence(one.verdict)
                + (f"; {one.unknown} without stock" if one.unknown else ""),
            }
            for one in scores
        ]
    )
    with skeleton.card(
        "Edits against the model",
        about="On the weeks that are over: the sum of errors over the sum of sales (WAPE), of the "
        "model and of the edits. “Better” and “worse” are said only where 9 in 10 redrawings of "
        "whole edits agree.",
    ):
        tables.show(
            frame,
            {
                "name": tables.text_column("Reason"),
                "edits": tables.count_column("Edits"),
                "weeks": tables.count_column("Weeks over"),
                "model": tables.share_column("Model off by"),
                "own": tables.share_column("Edits off by"),
                "won": tables.change_column("Units of error won"),
                "verdict": tables.text_column("So the edits were", width="large"),
            },
            alt="Errors of edits and of the model by reason",
        )
    if found.edits:
        _own_edits(found.edits)


def _rounded(share: float | None) -> float | None:
    """To whole per cent: more is not known of a few weeks."""
    return None if share is None else round(share, 2)


def _own_edits(edits: tuple[Any, ...]) -> None:
    frame = tables.rows([{name: getattr(one, name) for name in one.__slots__} for one in edits])
    with skeleton.card("Your own edits", about="Nobody else sees these."):
        tables.show(
            frame.assign(beat=["yes" if one.won > 0 else "no" for one in edits]),
            {
                "label": tables.text_column("What"),
                "said": tables.text_column("You said"),
                "first_week": tables.day_column("From"),
                "weeks": tables.count_column("Weeks"),
                "model": tables.count_column("Model, units"),
                "own": tables.count_column("You, units"),
                "sold": tables.count_column("Sold, units"),
                "won": tables.change_column("Error won"),
                "beat": tables.text_column("Beat the model"),
                "reason": tables.text_column("Why"),
            },
            alt="Your own edits beside the model and what was sold",
            scroll=True,
        )
