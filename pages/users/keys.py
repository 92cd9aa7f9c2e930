"""API keys: a role for a program."""

from __future__ import annotations

import streamlit as st

from app.access import Identity
from app.context import Desk
from app.services import keys as service
from app.ui import acts, controls, feedback, secret, skeleton, state, tables, words


def show(desk: Desk, person: Identity) -> None:
    """Keys as a table; the chosen one, or a new one, beside it."""
    secret.show_once()
    found = service.list_keys(desk, person)
    wide, narrow = st.columns([2, 1])
    with wide, skeleton.card("Keys"):
        chosen = _table(desk, found)
    with narrow:
        key = next((k for k in found if str(k.key_id) == chosen), None)
        if key is None or key.revoked_at is not None:
            with skeleton.card("A new key"):
                _new(desk)
        else:
            with skeleton.card(words.plain(key.name)):
                _revoke(desk, key)


def _table(desk: Desk, found: tuple[service.KeyRow, ...]) -> str | None:
    if not found:
        st.caption("No program has a key. A key opens the API under /api with the role it bears.")
        return None
    frame = tables.rows(
        [
            {
                "id": key.key_id,
                "name": key.name,
                "role": key.role.label,
                "prefix": f"{key.prefix}…",
                "by": key.created_by,
                "used": words.local(key.last_used_at, desk.zone),
                "state": "Revoked" if key.revoked_at else "Living",
            }
            for key in found
        ]
    )
    chosen = tables.selectable(
        frame,
        {
            "name": tables.text_column("Name"),
            "role": tables.text_column("Role"),
            "prefix": tables.text_column("Begins with"),
            "by": tables.text_column("Made by"),
            "used": st.column_config.DatetimeColumn("Last used", format="D MMM YYYY, HH:mm"),
            "state": tables.text_column("State"),
        },
        alt="API keys with role and last use",
        key="keys",
        id_column="id",
    )
    st.caption("Choose a row to revoke a key.")
    return chosen


def _new(desk: Desk) -> None:
    with st.form("new_key", border=False, clear_on_submit=True):
        name = st.text_input("Name of the program", max_chars=100, placeholder="stock system")
        role = controls.role()
        if acts.submitted("Create", key="new_key_create", type="primary", icon=":material/key:"):
            with feedback.explain_errors():
                made = service.create_key(desk, state.identity(), name=name, role=role)
                secret.keep(f"Key of {made.row.name}", made.key)
                st.rerun()


def _revoke(desk: Desk, key: service.KeyRow) -> None:
    st.caption("A revoked key is worthless for ever: what uses it stops at its next request.")
    with st.form("revoke", border=False):
        # Cannot be undone, so a reason is asked.
        reason = st.selectbox(
            "Reason", ["No longer used", "May have leaked", "Replaced by another"]
        )
        if acts.submitted("Revoke", key="key_revoke", icon=":material/key_off:"):
            with feedback.explain_errors():
                service.revoke_key(desk, state.identity(), key_id=key.key_id, reason=reason)
                feedback.done(f"{key.name} is revoked")
                st.rerun()
