"""Triggers of a capability: what each waits for, what the last look found, changing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import capabilities, triggers
from app.services import jobs as service
from app.services.triggers import KINDS, TriggerKind, TriggerView
from app.ui import acts, feedback, judged, reversal, state, words


def may(person: Identity) -> bool:
    return person.may(Permission.manage_models)


def listed(desk: Desk, person: Identity, found: list[TriggerView], capability: str) -> None:
    """One row a trigger, with its buttons for those who may."""
    if not found:
        st.caption(
            f"{capabilities.name_of(capability)} learns anew only when somebody asks for it at "
            "Training."
        )
    for one in found:
        with st.container(border=True):
            _row(desk, person, one)
    if found and may(person):
        _look_now(desk)


def _row(desk: Desk, person: Identity, one: TriggerView) -> None:
    now = state.now()
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            paused = "" if one.active else " · :gray[paused]"
            st.markdown(f"**{words.plain(one.words)}**{paused}")
            st.caption(words.plain(_when(desk, one, now)))
            if one.said and one.active:
                st.caption(words.plain(one.said))
        if may(person):
            _buttons(desk, one)


def _when(desk: Desk, one: TriggerView, now: datetime) -> str:
    said = []
    if one.active and one.next_at is not None:
        due = one.next_at <= now
        at = words.instant(one.next_at, desk.zone)
        said.append("due, waits for new data" if due else f"next on {at}")
    if one.fired_at is not None:
        said.append(f"last asked {words.ago(one.fired_at, now)}, on snapshot {one.fired_on}")
    elif one.active:
        said.append("has not asked yet")
    if one.active:
        said.append(
            f"looked at {words.ago(one.looked_at, now)}"
            if one.looked_at
            else "not looked at yet: a worker does within the hour"
        )
    said.append(f"set by {one.changed_by}")
    return words.sentence(" · ".join(said))


def _buttons(desk: Desk, one: TriggerView) -> None:
    key = f"trigger_{one.trigger_id}"
    with feedback.explain_errors():
        if KINDS[one.kind].field is not None:
            with st.popover("Change", icon=":material/edit:", key=f"{key}_change"):
                _change(desk, one)
        label, icon = ("Pause", "pause") if one.active else ("Go on", "play_arrow")
        if acts.pressed(label, key=f"{key}_pause", icon=f":material/{icon}:"):
            reversal.offer(
                triggers.pause(
                    desk,
                    state.identity(),
                    one.trigger_id,
                    active=not one.active,
                    version=one.version,
                )
            )
            st.rerun()
        if acts.pressed("Remove", key=f"{key}_remove", icon=":material/delete:"):
            reversal.offer(
                triggers.remove(desk, state.identity(), one.trigger_id, version=one.version)
            )
            st.rerun()


def _change(desk: Desk, one: TriggerView) -> None:
    kind = KINDS[one.kind]
    value = _field(kind, one.value.get(kind.field or ""), key=f"trigger_{one.trigger_id}_value")
    if acts.pressed("Save", key=f"trigger_{one.trigger_id}_save", type="primary"):
        with feedback.explain_errors():
            reversal.offer(
                triggers.set_value(
                    desk,
                    state.identity(),
                    one.trigger_id,
                    {kind.field or "": value},
                    version=one.version,
                )
            )
            st.rerun()


def _look_now(desk: Desk) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if acts.pressed("Look now", key="triggers_look", icon=":material/visibility:"):
            with feedback.explain_errors():
                service.start(desk, state.identity(), "triggers")
                feedback.done("A worker looks at the triggers")
                st.rerun()
        st.caption(
            "A worker looks at them with each new snapshot and at least once an hour; what reads "
            "all data, once a day. The same data ask once.",
            width="stretch",
        )


def form(capability: str, person: Identity) -> None:
    """Another trigger, for those who may set one."""
    if may(person):
        _form(capability)
    else:
        st.caption(f"{judged.who_may(Permission.manage_models)} set triggers. You see them.")


@st.fragment
def _form(capability: str) -> None:
    """Drawn from the kind; renews itself alone."""
    desk = state.desk()
    with feedback.explain_errors():
        offered = [one for one in KINDS.values() if not one.of or capability in one.of]
        kind = st.selectbox(
            "When", offered, format_func=lambda one: one.label, key=f"{capability}_trigger_kind"
        )
        st.caption(words.plain(kind.about))
        value = None
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if kind.field is not None:
                with st.container(width=220):
                    value = _field(kind, kind.default, key=f"{capability}_trigger_{kind.key}")
            pressed = acts.pressed(
                "Add", type="primary", icon=":material/add:", key=f"{capability}_trigger_add"
            )
        if pressed:
            given = {kind.field: value} if kind.field else {}
            reversal.offer(triggers.add(desk, state.identity(), capability, kind.key, given))
            st.rerun()


def _field(kind: TriggerKind, value: Any, *, key: str) -> Any:
    if kind.kind == "cron":
        return st.text_input(
            kind.field_label, value=str(value or kind.default), max_chars=100, key=key
        )
    if kind.kind == "int":
        return int(
            st.number_input(
                kind.field_label,
                min_value=int(kind.minimum),
                max_value=int(kind.maximum),
                value=int(value or kind.default),
                step=1,
                key=key,
            )
        )
    scale = 100.0 if kind.kind == "share" else 1.0
    unit = ", %" if kind.kind == "share" else ""
    given = st.number_input(
        f"{kind.field_label}{unit}",
        min_value=kind.minimum * scale,
        max_value=kind.maximum * scale,
        value=round(float(value or kind.default) * scale, 6),
        step=kind.step * scale,
        format="%.0f" if kind.kind == "share" else "%.1f",
        key=key,
    )
    return round(float(given) / scale, 8)
