"""Who decided from when to when: bars along time, and each change with its word and its grounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import activation as service
from app.services.activation.reigns import Reign, reigns
from app.services.switches import switch
from app.ui import acts, charts, feedback, skeleton, state, tables, words
from app.ui.theme import Json, Palette, layout, palette

LANES = 6  # versions that get a lane of their own; older ones stand in the table
LONG_DAYS = 400


def show(desk: Desk, person: Identity, capability: str) -> None:
    """The card; the newest change can be taken back with one click."""
    now = state.now()
    found = reigns(desk, capability, now=now)
    with skeleton.card(
        "Who decided, and when", about="Newest first. Every change is in the audit."
    ):
        if not found:
            st.caption(
                "Nobody has decided yet: the rule of thumb has been used from the beginning. The "
                "first activation will stand here with its name and reason."
            )
            return
        charts.show(
            figure(found, now, desk.zone),
            key="reigns",
            alt="Bars along time: which version decided from when to when",
        )
        _table(found, desk.zone)
        _undo(desk, person, capability, found[0])


def figure(
    found: list[Reign], now: datetime, zone: ZoneInfo, colours: Palette | None = None
) -> Json:
    """One lane a version, the one that decides now on top."""
    colours = colours or palette()
    lanes = list(dict.fromkeys(one.name for one in found))[:LANES]
    drawn = [one for one in found if one.name in lanes]
    first = min(one.first for one in drawn)
    # Wide enough to be seen, whatever the whole span.
    least = max((now - first).total_seconds() * 1000 * 0.004, 60_000.0)
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": [one.name for one in drawn],
        "base": [_local(one.first, zone) for one in drawn],
        "x": [max(one.seconds * 1000, least) for one in drawn],
        "customdata": [
            [words.instant(one.first, zone), words.duration(one.seconds), one.by] for one in drawn
        ],
        "hovertemplate": "%{y}, from %{customdata[0]} for %{customdata[1]}, by %{customdata[2]}"
        "<extra></extra>",
        "marker": {
            "color": [
                colours.primary if one.last is None else colours.muted
                if one.version is None else colours.categories[2]
                for one in drawn
            ],
            "cornerradius": 2,
        },
    }  # fmt: skip
    drawing = layout(colours, height=64 + 34 * len(lanes))
    drawing.update(hovermode="closest", bargap=0.4)
    drawing["margin"]["t"] = 6
    span = now - first
    drawing["xaxis"].update(
        type="date",
        range=[_local(first - span * 0.01, zone), _local(now + span * 0.02, zone)],
        nticks=5 if span.days < LONG_DAYS else 7,
        showgrid=True,
        tickformat=_ticks(span),
    )
    axis = drawing["yaxis"]
    for name in ("tickformat", "nticks", "rangemode"):
        axis.pop(name, None)
    axis.update(autorange="reversed", showgrid=False, categoryorder="array", categoryarray=lanes)
    return {"data": [trace], "layout": drawing}


def _ticks(span: timedelta) -> str:
    """Of the time axis, so that no two ticks read alike."""
    if span < timedelta(days=4):
        return "%-d %b, %H:%M"
    return "%-d %b" if span.days < LONG_DAYS else "%b %Y"


def _local(value: datetime, zone: ZoneInfo) -> str:
    local = value.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    return local.isoformat(timespec="seconds")


def _table(found: list[Reign], zone: ZoneInfo) -> None:
    frame = pd.DataFrame(
        [
            {
                "from": words.instant(one.first, zone),
                "who": one.name,
                "lasted": words.duration(one.seconds) + (" so far" if one.last is None else ""),
                "by": one.by,
                "why": one.how,
            }
            for one in found
        ]
    )
    tables.show(
        frame,
        {
            "from": tables.text_column("From", width=128),
            "who": tables.text_column("Who decided", width=128),
            "lasted": tables.text_column("For", width=104),
            "by": tables.text_column("On whose word", width=120),
            "why": tables.text_column("On what grounds"),
        },
        alt="Who decided from when on, on whose word and on what grounds",
        scroll=True,
    )


def _undo(desk: Desk, person: Identity, capability: str, newest: Reign) -> None:
    if not person.may(service.promote_permission(capability)):
        return
    if not switch(desk, capability).active:
        return  # switching it on again is what takes this back
    with st.container(horizontal=True, vertical_alignment="center"):
        before = service.time_line(desk, capability, limit=1)[0].from_version
        st.caption(
            f"Undo lets {words.plain(service.name_of(before).lower())} decide again, which decided "
            "before; that is written down too.",
            width="stretch",
        )
        if acts.pressed("Undo the newest change", key="undo_reign", icon=":material/undo:"):
            with feedback.explain_errors():
                done = service.undo(desk, state.identity(), newest.change_id)
                feedback.done(done.sentence)
                st.rerun()
