"""One version: what is said of it, its passport, and its deletion."""

from __future__ import annotations

import streamlit as st

from app.access import Identity, Permission
from app.context import Desk
from app.services import registry
from app.services.registry import STATUSES
from app.ui import (
    acts,
    dialogs,
    feedback,
    models_curve,
    models_passport,
    models_versions,
    reversal,
    skeleton,
    state,
    words,
)

CASES = "evaluation.parquet"  # without them nothing can be measured again
WAY = "Who decides"  # label of the view on which versions are activated


def show(desk: Desk, person: Identity, capability: str, number: int) -> None:
    """Facts, links, the note, and what only admins may."""
    row = registry.one(desk, capability, number)
    version = row.version
    with skeleton.card(f"Version {number}: {row.label}"):
        st.markdown(words.plain(version.verdict))
        if version.why:
            st.markdown(f"**Why it was trained:** {words.plain(version.why)}")
        st.caption(
            f"{STATUSES[row.standing.status]} · trained for {words.plain(row.scope_label)} · "
            f"snapshot {version.snapshot}, learned up to {words.day(version.as_of)} · asked for by "
            f"{words.plain(version.asked_by)} {words.instant(version.created_at, desk.zone)} · "
            f"{words.plain(models_versions.parameters(row))}"
        )
        for warning in version.summary.get("warnings", ()):
            feedback.watch(str(warning))
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Passport",
                key="open_passport",
                icon=":material/badge:",
                on_click=models_passport.open_,
                args=(number,),
            )
            st.button(
                "To its activation",
                key="open_deciding",
                icon=":material/swap_horiz:",
                on_click=skeleton.open_view,
                args=("view", WAY),
            )
            if person.may(Permission.manage_models) and acts.pressed(
                "Delete", key="delete_version", icon=":material/delete:"
            ):
                _delete(capability, number)
        _note(desk, person, capability, number)
    if row.version.files.get(CASES):
        with skeleton.card("Learning curve"):
            models_curve.show(desk, person, capability, number, row.measure)


def _note(desk: Desk, person: Identity, capability: str, number: int) -> None:
    told = registry.note_of(desk, capability, number)
    if told.changed_by and told.changed_at and told.note:
        st.caption(
            f"Note by {words.plain(told.changed_by)}, {words.instant(told.changed_at, desk.zone)}"
        )
    if not person.may(Permission.manage_models):
        st.markdown(words.plain(told.note) or "Nothing is noted of it.")
        return
    with st.form(f"note_{capability}_{number}_{told.row_version}", border=False):
        text = st.text_area(
            "Note",
            value=told.note,
            max_chars=2_000,
            height=90,
            placeholder="What should somebody know who meets this version in a year?",
        )
        if acts.submitted("Save the note", key=f"note_{capability}_{number}_save"):
            with feedback.explain_errors():
                reversal.offer(
                    registry.note(
                        desk, state.identity(), capability, number, text, expected=told.row_version
                    )
                )
                st.rerun()


@dialogs.dialog("Delete a version")
def _delete(capability: str, number: int) -> None:
    desk = state.desk()
    with feedback.explain_errors():
        found = registry.deletable(desk, capability, number)
        if not found.may_go:
            st.markdown(f"Version {number} is still needed:")
            st.markdown("\n".join(f"- {words.plain(why)}" for why in found.why_not))
            st.caption("Nothing can be deleted by which a past decision is explained or undone.")
            return
        st.markdown(
            f"Version {number} goes for good, with its files ({found.bytes / 2**20:.1f} MB) and "
            "what MLflow knows of it. That it was there, with its parameters, stays in the audit."
        )
        reason = st.text_input("Reason", max_chars=200, key="delete_reason")
        if acts.pressed("Delete for good", key="delete_for_good", type="primary"):
            if not reason.strip():
                st.warning("It cannot be undone: say in a few words why.")
                return
            feedback.done(
                registry.delete(desk, state.identity(), capability, number, reason.strip())
            )
            st.rerun()
