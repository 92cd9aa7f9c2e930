"""Alerts about models: what stands, seen or put off by one click, and what is over."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import alerts
from app.services.alerts import SNOOZES, AlertView
from app.ui import acts, feedback, skeleton, state, tables, words

SIGNS = {
    "bad": (":red[:material/error:]", "Now"),
    "watch": (":orange[:material/warning:]", "To decide"),
    "info": (":blue[:material/info:]", "Good to know"),
}


def show(desk: Desk, person: Identity, standing: tuple[AlertView, ...], now: datetime) -> None:
    """What stands, what waits for somebody on top; nothing where nothing stands."""
    if not standing:
        return
    may = person.may(Permission.manage_models)
    with skeleton.card("Alerts"):
        for one in sorted(standing, key=lambda alert: not alert.waits(now)):
            _one(desk, one, now, may=may)
        if not may:
            st.caption("Admins acknowledge alerts and put them off.")


def _one(desk: Desk, one: AlertView, now: datetime, *, may: bool) -> None:
    sign, word = SIGNS[one.urgency]
    with st.container(horizontal=True, vertical_alignment="center", key=f"alert_{one.alert_id}"):
        with st.container(width="stretch", gap=None):
            st.markdown(f"{sign} **{words.plain(one.title)}**  \n{words.plain(one.text)}")
            st.caption(f"{word} · {_course(desk, one, now)}")
        if not may:
            return
        with st.container(horizontal=True, width="content", gap="small"):
            if one.waits(now):
                _acts(desk, one)
            elif acts.pressed("Undo", key=f"back_{one.alert_id}", icon=":material/undo:"):
                with feedback.explain_errors():
                    alerts.take_back(desk, state.identity(), one.alert_id, version=one.version)
                    feedback.done("It waits again")
                    st.rerun()


def _acts(desk: Desk, one: AlertView) -> None:
    if acts.pressed("Acknowledge", key=f"seen_{one.alert_id}", icon=":material/check:"):
        with feedback.explain_errors():
            alerts.acknowledge(desk, state.identity(), one.alert_id, version=one.version)
            feedback.done("Acknowledged")
            st.rerun()
    with st.popover("Put off", icon=":material/snooze:"):
        for label, hours in SNOOZES.items():
            if acts.pressed(f"For {label}", key=f"off_{one.alert_id}_{hours}", width="stretch"):
                with feedback.explain_errors():
                    alerts.snooze(
                        desk, state.identity(), one.alert_id, hours=hours, version=one.version
                    )
                    feedback.done(f"Put off for {label}")
                    st.rerun()


def _course(desk: Desk, one: AlertView, now: datetime) -> str:
    told = [f"since {words.instant(one.raised_at, desk.zone)}"]
    if one.acknowledged_by:
        told.append(f"acknowledged by {words.plain(one.acknowledged_by)}")
    if one.snoozed_until and one.snoozed_until > now:
        told.append(f"put off until {words.instant(one.snoozed_until, desk.zone)}")
    if one.mailed_at:
        told.append("mailed")
    if one.sent_at:
        told.append("sent to the webhook")
    return " · ".join(told)


def past(desk: Desk, capability: str) -> None:
    """What is over, the newest first."""
    with st.expander("Alerts that are over"):
        rows = alerts.ended_alerts(desk, capability)
        if not rows:
            st.caption("None so far.")
            return
        frame = pd.DataFrame(
            [
                {
                    "title": one.title,
                    "from": words.instant(one.raised_at, desk.zone),
                    "to": words.instant(one.ended_at, desk.zone) if one.ended_at else "–",
                    "by": one.acknowledged_by or "–",
                }
                for one in rows
            ]
        )
        tables.show(
            frame,
            {
                "title": tables.text_column("Alert", width="large"),
                "from": tables.text_column("From", width=150),
                "to": tables.text_column("To", width=150),
                "by": tables.text_column("Acknowledged by", width=120),
            },
            alt="Alerts that are over",
            scroll=True,
        )
