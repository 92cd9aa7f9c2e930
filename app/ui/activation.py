"""The one activation flow: look what would change, check against the rule, activate, undo."""

from __future__ import annotations

import streamlit as st

from app import cached
from app.access import Identity
from app.context import Desk
from app.services import activation as service
from app.services.activation import ActivationPreview
from app.services.models import Comparison, Standing
from app.ui import feedback, skeleton, state, tables, words

SHOWN = 50  # changed entities in the preview
OTHER = "Another reason"


def show(
    desk: Desk, person: Identity, capability: str, comparison: Comparison, one: Standing
) -> None:
    """What is known of a version, and its activation by who may."""
    st.markdown(words.plain(one.verdict))
    st.caption(
        f"Snapshot {one.snapshot} · trained {words.instant(one.created_at, desk.zone)} by "
        f"{words.plain(one.asked_by)} in {words.duration(one.seconds)} · "
        + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in one.parameters.items())
    )
    may = person.may(service.promote_permission(capability))
    if one.decides:
        st.markdown(":green[:material/check_circle:] This version decides now.")
        if may and st.button("Let the rule of thumb decide", key="to_rule"):
            with feedback.explain_errors():
                row = comparison.champion.row_version
                service.activate(desk, state.identity(), capability, None, row)
                feedback.done("The rule of thumb decides now; Undo takes it back")
                st.rerun()
        return
    if not may:
        st.caption("Merchandisers and admins decide which version is used.")
        return
    if st.button("See what would change", key="preview", icon=":material/visibility:"):
        _preview(capability, one.number)


@st.dialog("What would change", width="large")
def _preview(capability: str, number: int) -> None:
    desk = state.desk()
    with feedback.explain_errors():
        with st.spinner("Computing both forecasts on the newest snapshot"):
            found = service.preview(desk, capability, number)
        _told(found)
        _decide(desk, capability, number, found)


def _told(found: ActivationPreview) -> None:
    """The sentence, the check, warnings, and the largest changes."""
    st.markdown(f"**{words.plain(found.changes.sentence)}**")
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
    if len(found.changes.rows):
        rows = found.changes.rows.head(SHOWN)
        if "product_id" in rows:
            rows = rows.assign(product_id=cached.product_names(tuple(rows["product_id"])))
        rows, columns = tables.described(rows, found.changes.columns)
        tables.show(rows, columns, alt="What would change most", scroll=True)


def _decide(desk: Desk, capability: str, number: int, found: ActivationPreview) -> None:
    reason: str | None = None
    if found.needs_reason:
        picked = st.selectbox("Why all the same?", [*service.REASONS, OTHER], key="reason")
        reason = st.text_input("Which?", max_chars=300) if picked == OTHER else picked
    if st.button(
        f"Activate version {number}", type="primary", key="activate", icon=":material/check:"
    ):
        service.activate(
            desk, state.identity(), capability, number, found.champion.row_version, reason
        )
        feedback.done(f"Version {number} decides now; Undo takes it back")
        st.rerun()


def time_line(desk: Desk, person: Identity, capability: str) -> None:
    """Who decided when; the newest entry can be taken back."""
    changes = service.time_line(desk, capability, limit=6)
    if not changes:
        return
    may = person.may(service.promote_permission(capability))
    with skeleton.card("Who decided, and when"):
        for place, change in enumerate(changes):
            with st.container(horizontal=True, vertical_alignment="center"):
                said = f"{words.sentence(change.sentence)} {change.reason or ''}".strip()
                when = words.instant(change.at, desk.zone)
                st.markdown(f"{when} · {words.plain(said)}", width="stretch")
                if place == 0 and may and st.button("Undo", key="undo", icon=":material/undo:"):
                    with feedback.explain_errors():
                        service.undo(desk, state.identity(), change.change_id)
                        feedback.done("Taken back")
                        st.rerun()
