"""The one activation flow: look what would change, check against the rule, activate, undo."""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Identity
from app.context import Desk
from app.services import activation as service
from app.services.activation import ActivationPreview
from app.services.models import Comparison, Standing
from app.ui import acts, dialogs, feedback, judged, skeleton, state, tables, words
from data_access.scope import Scope, split
from ml.contract import Preview

SHOWN = 50  # changed entities in the preview
OTHER = "Another reason"
FORECASTING = {"orders": "Order list", "forecast": "Forecast"}
OTHERS = {"orders": "What staff decide", "forecast": "What is predicted"}
EVERY = 1.0  # seconds between two looks at a preview that is being worked out


def show(desk: Desk, person: Identity, comparison: Comparison, one: Standing) -> None:
    """What is known of a version, and its activation by who may."""
    st.markdown(words.plain(one.verdict))
    for warning in one.warnings:
        feedback.watch(warning)
    st.caption(
        f"Snapshot {one.snapshot} · trained {words.instant(one.created_at, desk.zone)} by "
        f"{words.plain(one.asked_by)} in {words.duration(one.seconds)} · {_parameters(one)}"
    )
    key = comparison.champion.capability
    may = person.may(service.promote_permission(key))
    if one.decides:
        st.markdown(":green[:material/check_circle:] This version decides now.")
        instead = "the rule of thumb" if one.scope.whole else "the model of the whole shop"
        if may and acts.pressed(f"Let {instead} decide", key="to_rule"):
            with feedback.explain_errors():
                row = comparison.champion.row_version
                service.activate(desk, state.identity(), key, None, row)
                feedback.done(f"{words.sentence(instead)} decides now; Undo takes it back")
                st.rerun()
        return
    if not may:
        st.caption(
            f"{judged.who_may(service.promote_permission(key))} decide which version is used."
        )
        return
    if acts.pressed("See what would change", key="preview", icon=":material/visibility:"):
        preview_dialog(split(key)[0], one.number)


def _parameters(one: Standing) -> str:
    """ "horizon weeks 26, trees 120, with theta"; what was switched off is left out."""
    told = [
        name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {value}"
        for name, value in one.parameters.items()
        if value is not False
    ]
    return words.plain(", ".join(told))


@dialogs.dialog("What would change", width="large")
def preview_dialog(capability: str, number: int) -> None:
    """The dialog of the flow: what would change, the check, what relies on it, the button."""
    with feedback.explain_errors():
        missing = service.preview(state.desk(), capability, number).changes is None
        look = st.fragment(_looked_at, run_every=EVERY if missing else None)
        look(capability, number)


def _looked_at(capability: str, number: int) -> None:
    """The preview, once a worker has worked it out; the decision waits for it."""
    desk = state.desk()
    with feedback.explain_errors():
        found = service.preview(desk, capability, number)
        if found.changes is None:
            _worked_out(desk, capability, number)
            return
        _told(found)
        _decide(desk, number, found)


def _worked_out(desk: Desk, capability: str, number: int) -> None:
    """How far the small job is that asks both models; it is asked for once."""
    place = f"_preview_{capability}_{number}"
    job = desk.jobs.get(st.session_state[place]) if place in st.session_state else None
    if job is not None and job.state in ("failed", "cancelled"):
        st.error(job.remedy or "", title=job.outcome or "It was not worked out")
        st.button(
            "Try again",
            key="preview_again",
            icon=":material/replay:",
            on_click=st.session_state.pop,
            args=(place, None),
        )
        return
    if job is None or job.state == "done":  # done: for whoever decided before that
        asked = service.ask_for_preview(desk, state.identity(), capability, number)
        st.session_state[place] = asked
        job = desk.jobs.get(asked)
    like = ", which takes as long as a forecast" if split(capability)[0] == "forecasting" else ""
    st.markdown(f"A worker asks both models what they expect{like}.")
    share = min(max(job.share, 0.0), 1.0) if job else 0.0
    st.progress(share, text=words.sentence((job.step if job else None) or "Waiting for a worker"))


def _told(found: ActivationPreview) -> None:
    """What changes in the order list and in the forecast, the check, and warnings."""
    changes, decisions = found.changes, found.decisions
    if changes is None:
        return
    st.markdown(f"**{words.plain((decisions or changes).sentence)}**")
    if decisions is not None:
        st.markdown(words.plain(changes.sentence))
    if found.check.passed:
        st.success(words.plain(found.check.sentence), icon=":material/check:")
    else:
        st.warning(
            words.plain(found.check.sentence),
            title="It does not beat the rule of thumb",
            icon=":material/warning:",
        )
    for warning in found.warnings:
        st.caption(f":material/info: {words.plain(warning)}")
    if found.relies:
        told = "\n".join(f"- {words.plain(one)}" for one in found.relies)
        st.markdown(f"**What relies on it**\n{told}")
    forecasting = split(found.capability)[0] == "forecasting"
    names = FORECASTING if forecasting else OTHERS
    shown = {"orders": decisions, "forecast": changes}
    offered = [name for name, one in shown.items() if one is not None and len(one.rows)]
    if not offered:
        return
    kind = offered[0]
    if len(offered) > 1:
        kind = st.segmented_control(
            "What changes",
            offered,
            format_func=lambda name: names[name],
            default=offered[0],
            required=True,
            key="preview_kind",
            label_visibility="collapsed",
        )
    chosen = shown[kind]
    if chosen is not None:
        _rows(chosen)


def _rows(changes: Preview) -> None:
    rows = changes.rows.head(SHOWN)
    if "product_id" in rows:
        rows = rows.assign(product_id=cached.product_names(tuple(rows["product_id"])))
    rows, columns = tables.described(rows, changes.columns)
    tables.show(rows, columns, alt="What would change most", scroll=True)


def _decide(desk: Desk, number: int, found: ActivationPreview) -> None:
    reason: str | None = None
    if found.needs_reason:
        picked = st.selectbox("Why all the same?", [*service.REASONS, OTHER], key="reason")
        reason = st.text_input("Which?", max_chars=300) if picked == OTHER else picked
    acts.button(
        f"Activate version {number}",
        lambda: _activate(desk, number, found, reason),
        key="activate",
        type="primary",
        icon=":material/check:",
    )


def _activate(desk: Desk, number: int, found: ActivationPreview, reason: str | None) -> None:
    service.activate(
        desk, state.identity(), found.capability, number, found.champion.row_version, reason
    )
    feedback.done(f"Version {number} decides now; Undo takes it back")


def time_line(desk: Desk, person: Identity, capability: str) -> None:
    """Who decided when, for the whole or a part; the newest entry of each can be taken back."""
    changes = service.time_line(desk, capability, limit=6, with_scopes=True)
    if not changes:
        return
    may = person.may(service.promote_permission(capability))
    newest: set[str] = set()
    with skeleton.card("Who decided, and when"):
        for change in changes:
            first = change.capability not in newest
            newest.add(change.capability)
            with st.container(horizontal=True, vertical_alignment="center"):
                told = words.sentence(change.told(_name(change.scope)))
                said = f"{told} {change.reason or ''}".strip()
                when = words.instant(change.at, desk.zone)
                st.markdown(f"{when} · {words.plain(said)}", width="stretch")
                key = "undo" if change is changes[0] else f"undo_{change.change_id}"
                if first and may and acts.pressed("Undo", key=key, icon=":material/undo:"):
                    with feedback.explain_errors():
                        service.undo(desk, state.identity(), change.change_id)
                        feedback.done("Taken back")
                        st.rerun()


def _name(scope: Scope) -> str | None:
    """Of a scope's series, as staff know it."""
    newest = cached.manifest()
    if scope.level == "all" or scope.series_id is None or newest is None:
        return None
    return cached.series_label(cached.dated(newest.number), scope.level, scope.series_id)
