"""How long is kept what, what would go now, and the removal."""

from __future__ import annotations

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import jobs, retention
from app.services import settings as settings_service
from app.services.retention import Line, Plan
from app.services.retention_preferences import GROUP
from app.services.settings import Setting
from app.ui import acts, feedback, forms, state, tables, undo, words

_PLAN = "_retention_plan"

REASONS = (
    "The disk is filling up",
    "We do not keep it longer than we must",
    "After a change of the settings",
)
"""Offered where somebody removes by hand, since it cannot be undone; any sentence is taken."""


def settings(desk: Desk, person: Identity) -> None:
    """The settings: a form for those who may change them, a table for all others."""
    found = [one for one in settings_service.list_settings(desk, person) if _ours(one)]
    if not all(one.may_change for one in found):
        tables.show(
            tables.rows([_told(one) for one in found]),
            {"what": tables.text_column("What", width="large"), "kept": tables.text_column("Kept")},
            alt="How long is kept what",
        )
        return
    with st.form("retention_settings", border=False):
        columns = st.columns(4)
        wanted = {}
        for number, one in enumerate(found):
            with columns[number % 4]:
                wanted[one.definition.key] = forms.setting(one)
        if acts.submitted("Save", key="retention_save", icon=":material/check:"):
            with feedback.explain_errors():
                changes = [
                    settings_service.change_setting(
                        desk,
                        state.identity(),
                        key=one.definition.key,
                        value=wanted[one.definition.key],
                        version=one.version,
                    )
                    for one in found
                    if forms.differs(one, wanted[one.definition.key])
                ]
                undo.offer(changes)
                st.session_state.pop(_PLAN, None)  # it told of the settings before
                feedback.done(f"{words.counted(len(changes), 'setting')} changed")
                st.rerun()


def last(desk: Desk) -> None:
    """What the newest removals did, and when the next one comes."""
    found = jobs.recent(desk, limit=5, kinds=["retain"])
    if not found:
        st.caption("Nothing has been removed yet.")
    for job in found:
        when = words.ago(job.ended_at or job.asked_at, state.now())
        told = job.outcome or job.step or "waits for a worker"
        st.markdown(f"**{words.plain(words.sentence(when))}** · {words.plain(told)}")
        if job.remedy:
            st.caption(words.plain(job.remedy))
    st.caption("By itself every night, by these settings.")


def dry_run(desk: Desk, person: Identity) -> None:
    """What would go now, looked at when it is asked for."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.caption(
            "A dry run removes nothing. What decides, decided before, is tried, waits as "
            "challenger or is cited by what stays is never removed, and neither is the audit.",
            width="stretch",
        )
        asked = acts.pressed(
            "Look what would go", key="retention_look", icon=":material/visibility:"
        )
    if asked:
        with st.spinner("Looking at everything that is kept"):
            st.session_state[_PLAN] = retention.plan(desk, person)
    plan: Plan | None = st.session_state.get(_PLAN)
    if plan is None:
        feedback.empty(
            "Nobody has looked yet",
            "The dry run tells what would go now, how much room that frees, and what stays because "
            "something needs it.",
            icon=":material/inventory_2:",
        )
        return
    _table(plan, desk)
    if not plan.going:
        feedback.sentence("Nothing is old enough to go.")
    elif person.may(Permission.manage_data):
        _act(desk, plan)


def _table(plan: Plan, desk: Desk) -> None:
    st.markdown(
        f"**{words.counted(plan.going, 'thing')}** would go, "
        f"**{retention.size(plan.bytes)}** of files; looked at "
        f"{words.instant(plan.made_at, desk.zone)}."
    )
    tables.show(
        tables.rows([_row(line, desk) for line in plan.lines]),
        {
            "what": tables.text_column("What", width="medium"),
            "there": tables.count_column("There"),
            "going": tables.count_column("Would go"),
            "frees": tables.text_column("Frees", width="small"),
            "oldest": tables.text_column("Oldest of it"),
            "held": tables.text_column("Old, but needed", width="large"),
            "rule": tables.text_column("Kept", width="large"),
        },
        alt="What retention would remove now",
    )


def _row(line: Line, desk: Desk) -> dict[str, object]:
    return {
        "what": line.label,
        "rule": line.rule,
        "there": line.there,
        "going": line.going,
        "frees": _frees(line),
        "oldest": _day(line, desk),
        "held": "; ".join(f"{count:,}: {why}" for why, count in line.held) or "none",
    }


def _day(line: Line, desk: Desk) -> str:
    at = words.local(line.oldest, desk.zone)
    return words.day(at.date()) if at is not None else ""


def _frees(line: Line) -> str:
    if not line.going:
        return ""
    return "used again" if line.bytes is None else retention.size(line.bytes)


def _act(desk: Desk, plan: Plan) -> None:
    with (
        st.form("retention_act", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        reason = st.selectbox(
            "Why now",
            REASONS,
            index=None,
            accept_new_options=True,
            placeholder="Say why",
            width=360,
        )
        pressed = acts.submitted(
            "Remove now", key="retention_remove", icon=":material/delete_sweep:"
        )
        st.caption("This cannot be taken back; a worker does it.", width="stretch")
    if pressed:
        with feedback.explain_errors():
            retention.ask(desk, state.identity(), reason or "")
            st.session_state.pop(_PLAN, None)
            feedback.done("A worker removes it now; see the last removals")
            st.rerun()


def _ours(one: Setting) -> bool:
    return one.definition.group == GROUP


def _told(one: Setting) -> dict[str, object]:
    unit = f" {one.definition.unit}" if one.definition.unit else ""
    return {"what": one.definition.label, "kept": f"{one.value}{unit}"}
